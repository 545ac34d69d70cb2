"""How long a tick of the whole loop takes on a large site."""
