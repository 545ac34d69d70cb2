"""Builds a scenario from hand-written sources: streets, signals and demand become files that SUMO runs unchanged."""
