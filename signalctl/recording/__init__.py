"""The recording: what every second was decided from, so that it can be computed again bit for bit."""
