"""Builds a scenario from its hand-written sources: streets, signals and demand become files that SUMO runs unchanged."""
