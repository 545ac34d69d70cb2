"""Scenarios that ship with the product, each a folder of SUMO files with its sources."""
