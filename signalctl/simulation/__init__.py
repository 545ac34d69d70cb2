"""Scenarios under control in lock-step: plant, sensors, loop, field controllers, and the figures that come out."""
