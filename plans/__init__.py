"""What a junction and a timing plan are, and which of them are allowed. Pure: no I/O, no clock."""
