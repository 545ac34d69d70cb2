"""The journal: what was seen, decided, refused and confirmed, and why; append-only and hash-chained."""

from signalctl.journal.chain import ChainBreak, Record, chain_hash
from signalctl.journal.store import Journal, JournalError, read_records, verify_journal

__all__ = ["ChainBreak", "Journal", "JournalError", "Record", "chain_hash", "read_records", "verify_journal"]
