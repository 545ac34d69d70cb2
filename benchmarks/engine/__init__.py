"""The embedded engine against SUMO's command line: how fast, and whether it says the same."""
