"""The road: SUMO networks and demand, the embedded engine, SUMO as a plant, sensors and indicators."""
