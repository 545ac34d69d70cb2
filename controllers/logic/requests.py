"""Stage requests: short-lived wishes inside the frame of the active central plan."""

from controllers.codec import StageRequest
from controllers.logic.compiled import CompiledJunction, CompiledPlan
from controllers.logic.display import SignalDisplay
from controllers.logic.redlimit import RedLimit
from controllers.refusals import Refusal, RefusalCode
from plans.sealed import RequestAction

MAX_VALID_S = 5


class RequestDesk:
    """Holds the newest accepted request and judges new ones for the second in which they would take effect."""

    def __init__(self, compiled: CompiledJunction, display: SignalDisplay, limit: RedLimit) -> None:
        self._compiled = compiled
        self._display = display
        self._limit = limit
        self.counter = 0
        self.stage = 0
        self.action = RequestAction.NONE
        self._until = 0

    def write(self, request: StageRequest, plan: CompiledPlan, now: int, second: int) -> Refusal | None:
        """Accept or refuse; `now` and `second` are those of the coming second. A refused one changes nothing."""
        refusal = self._shape(request)
        if refusal is not None:
            return refusal
        action = RequestAction(request.action >> 8)
        stage = request.stage - 1
        if action is not RequestAction.NONE:
            refusal = self.judge(action, stage, plan, now, second)
            if refusal is not None:
                # a refused request is used up as well: its like must not come back
                self.counter = request.counter
                return refusal
        self.counter = request.counter
        self.action = action
        self.stage = stage
        self._until = now + request.valid
        return None

    def _shape(self, request: StageRequest) -> Refusal | None:
        if request.counter <= self.counter:
            return Refusal(RefusalCode.COUNTER_NOT_NEWER)
        action = request.action >> 8
        if not 1 <= request.valid <= MAX_VALID_S or action > RequestAction.GO:
            return Refusal(RefusalCode.REQUEST_RANGE)
        if action != RequestAction.NONE and not 1 <= request.stage <= len(self._compiled.stages):
            return Refusal(RefusalCode.UNKNOWN_ELEMENT, request.stage)
        return None

    def judge(self, action: RequestAction, stage: int, plan: CompiledPlan, now: int, second: int) -> Refusal | None:
        """Whether the stage may be held or gone to in this second."""
        display = self._display
        if display.running is not None:
            if display.running.target == stage:
                return None
            return Refusal(RefusalCode.IN_TRANSITION, stage + 1)
        if stage == display.stage:
            return None if plan.room_s[stage][second] else Refusal(RefusalCode.OUTSIDE_FRAME, stage + 1)
        if action is RequestAction.HOLD:
            return Refusal(RefusalCode.OUTSIDE_FRAME, stage + 1)
        change = self._compiled.transitions[display.stage][stage]
        if change is None:
            return Refusal(RefusalCode.NO_LEGAL_MOVE, stage + 1)
        arrival = (second + change.duration_s) % plan.cycle_s
        if plan.room_s[stage][arrival] < max(plan.stage_need_s[stage], 1):
            return Refusal(RefusalCode.OUTSIDE_FRAME, stage + 1)
        return display.blocked(change, now) or self._limit.forbids(display.stage, stage, now)

    def wish(self, now: int) -> RequestAction:
        """What is asked for now, NONE when nothing valid is."""
        if self.action is not RequestAction.NONE and now >= self._until:
            self.action = RequestAction.NONE
        return self.action

    def clear(self) -> None:
        """Forget the request in force."""
        self.action = RequestAction.NONE

    def new_epoch(self) -> None:
        """Another master begins to count anew."""
        self.counter = 0
        self.clear()
