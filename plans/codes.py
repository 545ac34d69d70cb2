"""The stable names of every rule that a junction, a plan or a request can break."""

from enum import StrEnum


class Code(StrEnum):
    """What is wrong. The words are stable: they stand in metrics, journal and reports."""

    # the description of a junction
    UNKNOWN_REFERENCE = "unknown_reference"
    INTERGREEN_MISSING = "intergreen_missing"
    INTERGREEN_OUT_OF_RANGE = "intergreen_out_of_range"
    INTERGREEN_BELOW_AMBER = "intergreen_below_amber"
    CLEARANCE_SHORT = "clearance_short"
    MIN_GREEN_SHORT = "min_green_short"
    AMBER_SHORT = "amber_short"
    AMBER_LONG = "amber_long"
    AMBER_ON_FOOT = "amber_on_foot"
    RED_AMBER_OUT_OF_RANGE = "red_amber_out_of_range"
    MAX_RED_OUT_OF_RANGE = "max_red_out_of_range"
    CYCLE_RANGE = "cycle_range"
    STAGE_CONFLICT = "stage_conflict"
    GROUP_IN_NO_STAGE = "group_in_no_stage"
    TRANSITION_INCOMPLETE = "transition_incomplete"
    TRANSITION_FOREIGN_GROUP = "transition_foreign_group"
    TRANSITION_TIME = "transition_time"
    TRANSITION_INTERGREEN = "transition_intergreen"
    TRANSITION_RED_AMBER = "transition_red_amber"

    # a timing plan
    WRONG_JUNCTION = "wrong_junction"
    UNKNOWN_STAGE = "unknown_stage"
    STAGE_REPEATED = "stage_repeated"
    STAGE_GREEN = "stage_green"
    CYCLE_OUT_OF_RANGE = "cycle_out_of_range"
    CYCLE_SUM = "cycle_sum"
    OFFSET_OUT_OF_RANGE = "offset_out_of_range"
    FRAME_WINDOW = "frame_window"
    FRAME_NOMINAL = "frame_nominal"
    GREEN_SHORT = "green_short"
    RED_SHORT = "red_short"
    INTERGREEN_SHORT = "intergreen_short"
    CONFLICTING_GREENS = "conflicting_greens"
    GROUP_NEVER_GREEN = "group_never_green"
    RED_LONG = "red_long"
    PEDESTRIAN_WAIT = "pedestrian_wait"
    STEP_TOO_LARGE = "step_too_large"
    NO_LEGAL_CHANGE = "no_legal_change"

    # a whole site
    PLAN_MISSING = "plan_missing"
    CONTROLLER_MISSING = "controller_missing"
    REPORTING_POINT_RANGE = "reporting_point_range"
    REPORTING_POINT_REPEATED = "reporting_point_repeated"

    # a request, or the state of the controller that it is for
    UNKNOWN_JUNCTION = "unknown_junction"
    MODE_FORBIDS = "mode_forbids"
    STATUS_STALE = "status_stale"
    STATUS_UNCLEAR = "status_unclear"
    CLOCK_NOT_SYNCHRONISED = "clock_not_synchronised"
    LEASE_LOST = "lease_lost"
    NO_ACTIVE_PLAN = "no_active_plan"
    STAGE_NOT_IN_PLAN = "stage_not_in_plan"
    NOT_THE_CURRENT_STAGE = "not_the_current_stage"
    IN_TRANSITION = "in_transition"
    FRAME_EARLY = "frame_early"
    FRAME_LATE = "frame_late"
    PEDESTRIANS_SKIPPED_TWICE = "pedestrians_skipped_twice"
