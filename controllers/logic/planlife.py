"""The life of a central plan at the controller: EMPTY, STAGED, VERIFIED, ARMED, ACTIVE, EXPIRED, RELEASED, REJECTED."""

from collections.abc import Callable

from controllers.codec import CodecError, Command, StagingPage
from controllers.driver import PlanState
from controllers.logic.compiled import CompiledPlan
from controllers.refusals import Refusal, RefusalCode
from controllers.registers import MAGIC, MAP_VERSION
from controllers.sequence import is_newer
from controllers.wire import StagedPlan, pages_crc, plan_of_pages

VERIFY, ACTIVATE, ABORT, RELEASE = 1, 2, 3, 4
MAX_AHEAD_S = 24 * 3600
MAX_PAGES = 16


class PlanLife:
    """Takes pages and commands, and hands out the plan that is armed.

    `check` judges a complete plan (all rules but those of its life) and `compile_plan` makes it runnable.
    """

    def __init__(
        self, check: Callable[[StagedPlan], Refusal | None], compile_plan: Callable[[StagedPlan], CompiledPlan]
    ) -> None:
        self._check = check
        self._compile = compile_plan
        self.state = PlanState.EMPTY
        self.last_page: StagingPage | None = None
        self._pages: dict[int, StagingPage] = {}
        self.staged: StagedPlan | None = None
        self.staged_sequence = 0
        self.staged_crc = 0
        self.last_sequence = 0
        self.active: CompiledPlan | None = None
        self.active_crc = 0
        self.armed: CompiledPlan | None = None
        self._armed_at: int | None = None  # own seconds of the last activation
        self.refusal = Refusal(RefusalCode.NONE)

    def write_page(self, page: StagingPage) -> Refusal | None:
        """Take one page; the plan is STAGED when all pages of it are here and their CRC is right."""
        self.last_page = page
        if page.magic != MAGIC:
            return self._rejected(page, Refusal(RefusalCode.BAD_FORMAT))
        if page.map_version != MAP_VERSION:
            return self._rejected(page, Refusal(RefusalCode.MAP_VERSION))
        if not 1 <= page.pages <= MAX_PAGES or page.number >= page.pages:
            return self._rejected(page, Refusal(RefusalCode.BAD_FORMAT))
        if any(other.sequence != page.sequence or other.crc != page.crc for other in self._pages.values()):
            self._pages = {}
        self._pages[page.number] = page
        self.staged = None
        self.armed = None
        if len(self._pages) < page.pages:
            self._note(PlanState.EMPTY, page.sequence, page.crc)
            return None
        pages = [self._pages[number] for number in sorted(self._pages)]
        self._pages = {}
        if pages_crc(pages) != page.crc or len({(part.pages, part.counts) for part in pages}) != 1:
            return self._rejected(page, Refusal(RefusalCode.BAD_CRC))
        try:
            self.staged = plan_of_pages(pages)
        except CodecError:
            return self._rejected(page, Refusal(RefusalCode.BAD_FORMAT))
        self._note(PlanState.STAGED, page.sequence, page.crc)
        return None

    def command(self, command: Command, now: int, utc_s: int, running_cycle_s: int) -> Refusal | None:
        """Verify, activate or abort; any step can be repeated, none can be skipped."""
        if command.code == ABORT:
            return self._abort()
        if self.staged is None or command.code not in (VERIFY, ACTIVATE):
            return self._already(command)
        if command.sequence != self.staged_sequence or command.crc != self.staged_crc:
            return Refusal(RefusalCode.WRONG_STATE)
        if command.code == VERIFY:
            return self._verify(self.staged, utc_s)
        return self._activate(self.staged, now, utc_s, running_cycle_s)

    def _already(self, command: Command) -> Refusal | None:
        """A repeated activation of what is active is no fault."""
        same = command.sequence == self.staged_sequence and command.crc == self.staged_crc
        if command.code in (VERIFY, ACTIVATE) and self.state is PlanState.ACTIVE and same:
            return None
        return Refusal(RefusalCode.WRONG_STATE)

    def _verify(self, plan: StagedPlan, utc_s: int) -> Refusal | None:
        if self.state not in (PlanState.STAGED, PlanState.VERIFIED, PlanState.ARMED):
            return Refusal(RefusalCode.WRONG_STATE)
        refusal = self._times(plan, utc_s) or self._check(plan)
        if refusal is not None:
            return self._refuse_staged(refusal)
        if self.state is PlanState.STAGED:
            self.state = PlanState.VERIFIED
        return None

    def _times(self, plan: StagedPlan, utc_s: int) -> Refusal | None:
        if not is_newer(plan.sequence, self.last_sequence):
            return Refusal(RefusalCode.SEQUENCE_NOT_NEWER)
        if plan.expires <= max(utc_s, plan.activate_at):
            return Refusal(RefusalCode.EXPIRED)
        if plan.activate_at > utc_s + MAX_AHEAD_S:
            return Refusal(RefusalCode.TOO_FAR_AHEAD)
        return None

    def _activate(self, plan: StagedPlan, now: int, utc_s: int, running_cycle_s: int) -> Refusal | None:
        if self.state is PlanState.ARMED:
            return None
        if self.state is not PlanState.VERIFIED:
            return Refusal(RefusalCode.WRONG_STATE)
        if self._armed_at is not None and now - self._armed_at < running_cycle_s:
            return Refusal(RefusalCode.ACTIVATION_RATE)
        # the running plan may have changed since the verification
        refusal = self._times(plan, utc_s) or self._check(plan)
        if refusal is not None:
            return self._refuse_staged(refusal)
        self.armed = self._compile(plan)
        self._armed_at = now
        self.state = PlanState.ARMED
        return None

    def _abort(self) -> Refusal | None:
        if self.state not in (PlanState.STAGED, PlanState.VERIFIED, PlanState.ARMED, PlanState.REJECTED):
            return Refusal(RefusalCode.WRONG_STATE)
        self._forget_staged()
        return None

    def activated(self) -> CompiledPlan:
        """The switch point came: the armed plan is the active one."""
        if self.armed is None:
            raise RuntimeError("expected an armed plan, there is none")
        self.active, self.armed, self.staged = self.armed, None, None
        self.active_crc = self.staged_crc
        self.last_sequence = self.staged_sequence
        self.state = PlanState.ACTIVE
        return self.active

    def discard(self, state: PlanState) -> None:
        """Forget every central value; `state` says why."""
        had_one = self.active is not None
        self.active = self.armed = self.staged = None
        self.active_crc = 0
        self._pages = {}
        self.last_page = None
        self.state = state if had_one else PlanState.EMPTY

    def expired(self, utc_s: int) -> bool:
        """Whether the active plan has reached its expiry; an armed one that has is dropped."""
        if self.armed is not None and self.armed.wire.expires <= utc_s:
            self._refuse_staged(Refusal(RefusalCode.EXPIRED))
        return self.active is not None and self.active.wire.expires <= utc_s

    def _forget_staged(self) -> None:
        self.staged = self.armed = None
        self._pages = {}
        if self.active is None:
            self._note(PlanState.EMPTY, 0, 0)
        else:
            self._note(PlanState.ACTIVE, self.active.wire.sequence, self.active_crc)

    def _note(self, state: PlanState, sequence: int, crc: int) -> None:
        self.state = state
        self.staged_sequence = sequence
        self.staged_crc = crc

    def _rejected(self, page: StagingPage, refusal: Refusal) -> Refusal:
        self._pages = {}
        self._note(PlanState.REJECTED, page.sequence, page.crc)
        return self._refuse_staged(refusal)

    def _refuse_staged(self, refusal: Refusal) -> Refusal:
        self.staged = self.armed = None
        self.state = PlanState.REJECTED
        self.refusal = refusal
        return refusal
