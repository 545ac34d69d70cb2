"""Readers of SUMO's own files: configuration, network, demand, additionals."""

from sim.sumo_files.xml import SumoFileError

__all__ = ["SumoFileError"]
