"""The page, the API and the metrics endpoint of the service."""
