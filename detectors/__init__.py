"""From detector messages to the picture: decode, judge health, estimate queues and arrivals."""
