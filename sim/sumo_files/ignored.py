"""What SUMO files may say that does not change how traffic moves here, so it is passed over knowingly.

Everything that is neither read nor listed is refused by name: a scenario never runs as something else than it says.
"""

GUI_AND_OUTPUT_ELEMENTS = frozenset(
    {
        "param", "poly", "poi", "edgeData", "laneData", "meandata", "timedEvent", "routeProbe", "vTypeProbe",
        "taz", "tazs", "location", "stopInfo", "tripinfo", "dataMode", "include-documentation",
    }
)  # fmt: skip
"""Elements of additionals that only draw, measure or group."""

DETECTORS = frozenset(
    {
        "inductionLoop", "e1Detector", "instantInductionLoop", "laneAreaDetector", "e2Detector", "entryExitDetector",
        "e3Detector",
    }
)  # fmt: skip
"""Elements that measure, and are read when somebody wants to know."""

IGNORED_VTYPE_ATTRIBUTES = frozenset(
    {
        "color", "guiShape", "height", "imgFile", "osgFile", "emissionClass", "mass", "personCapacity",
        "containerCapacity", "loadingDuration", "carriageLength", "carriageGap", "carriageDoors", "locomotiveLength",
        "latAlignment", "minGapLat", "maxSpeedLat", "collisionMinGapFactor", "scale", "probability", "apparentDecel",
        "manoeuverAngleTimes", "name", "boardingFactor",
        "lcSublane", "lcPushy", "lcPushyGap", "lcAssertive", "lcImpatience", "lcTimeToImpatience", "lcAccelLat",
        "lcTurnAlignmentDistance", "lcMaxSpeedLatStanding", "lcMaxSpeedLatFactor", "lcLaneDiscipline", "lcSigma",
    }
)  # fmt: skip
"""Drawing, emissions, sublane lateral behaviour (SUMO ignores it too without `--lateral-resolution`)."""

IGNORED_VEHICLE_ATTRIBUTES = frozenset({"color", "arrival", "personNumber", "containerNumber", "name", "parkingBadges"})

IGNORED_STOP_ATTRIBUTES = frozenset(
    {"name", "actType", "tripId", "line", "started", "ended", "arrival", "extension", "friendlyPos", "expected"}
    | {"expectedContainers", "permitted", "containerTriggered", "onDemand", "collision", "access"}
)  # fmt: skip

CONFIG_SECTIONS_IGNORED = frozenset({"output", "report", "gui_only", "random_number", "emissions", "communication"})
"""Sections of a `.sumocfg` that only write files, speak or draw; the seed is given to the plant instead."""

CONFIG_OPTIONS_IGNORED = frozenset(
    {
        "ignore-route-errors", "threads", "route-steps", "no-step-log", "no-warnings", "verbose", "duration-log",
        "collision.action", "collision.stoptime", "collision.check-junctions", "collision.mingap-factor",
        "max-num-teleports", "keep-after-arrival", "tls.actuated.jam-threshold", "xml-validation",
        "xml-validation.net", "xml-validation.routes", "device.emissions.probability", "routing-algorithm",
        "ignore-accidents", "human-readable-time", "pedestrian.model", "max-depart-delay-warn",
        "step-log.period", "tls.actuated.show-detectors", "gui-settings-file",
        "pedestrian.striping.stripe-width", "save-configuration", "time-to-teleport.ride", "lanechange.overtake-right",
        "time-to-teleport.highways", "time-to-teleport.disconnected", "device.rerouting.threads",
        "device.rerouting.output", "device.rerouting.synchronize",
        "waiting-time-memory", "precision", "seed", "random",
    }
)  # fmt: skip
"""Options with no influence on an urban street network under this engine."""
