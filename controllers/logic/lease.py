"""Who may give central values, for how long, and up to which level."""

from controllers.codec import Lease
from controllers.refusals import Refusal, RefusalCode

MAX_LEASE_S = 120
LOCAL_PLAN, PLAN_LEVEL, STAGE_LEVEL = 0, 1, 2


class LeaseKeeper:
    """The lease, counted in the controller's own seconds so that no clock jump prolongs it."""

    def __init__(self) -> None:
        self.master = 0
        self.epoch = 0
        self.level = LOCAL_PLAN
        self.heartbeat = 0
        self._holder_of_epoch = 0
        self._until = 0

    def held(self) -> bool:
        """Whether somebody holds it."""
        return self.master != 0

    def left_s(self, now: int) -> int:
        """Seconds until it ends."""
        return self._until - now if self.master else 0

    def write(self, lease: Lease, now: int) -> Refusal | None:
        """Take, renew or give back the lease.

        A higher epoch takes over from whoever holds it; within one epoch there is only one master.
        """
        refusal = self._judge(lease)
        if refusal is not None:
            return refusal
        self.epoch = lease.epoch
        self._holder_of_epoch = lease.master
        self.heartbeat = lease.heartbeat
        self.level = lease.level
        self.master = lease.master if lease.lease else 0
        self._until = now + lease.lease
        return None

    def _judge(self, lease: Lease) -> Refusal | None:
        if not 0 <= lease.lease <= MAX_LEASE_S or lease.master == 0 or lease.level > STAGE_LEVEL:
            return Refusal(RefusalCode.LEASE_RANGE)
        if lease.epoch < self.epoch:
            return Refusal(RefusalCode.OLDER_EPOCH)
        if lease.epoch == self.epoch and self._holder_of_epoch not in (0, lease.master):
            return Refusal(RefusalCode.OTHER_MASTER)
        return None

    def may(self, epoch: int, level: int) -> Refusal | None:
        """Whether a value of this epoch and level may be given now."""
        if not self.held():
            return Refusal(RefusalCode.NO_LEASE)
        if epoch < self.epoch:
            return Refusal(RefusalCode.OLDER_EPOCH)
        if epoch > self.epoch:
            return Refusal(RefusalCode.OTHER_MASTER)
        if self.level < level:
            return Refusal(RefusalCode.LEVEL_NOT_REQUESTED)
        return None

    def ended(self, now: int) -> bool:
        """Whether the lease ran out this second; it is dropped with that."""
        if self.master and now >= self._until:
            self.drop()
            return True
        return False

    def drop(self) -> None:
        """Nobody holds it any more; the epoch stays."""
        self.master = 0
        self.level = LOCAL_PLAN
