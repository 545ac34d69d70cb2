"""What a run can write besides its figures: detectors, queues and signals as SUMO writes them, and trajectories."""
