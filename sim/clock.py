"""Where scenario time lies on the UTC axis that plans and controllers run on."""

SCENARIO_EPOCH_UTC_S = 1_736_121_600
"""UTC of scenario second 0: Monday 2025-01-06 00:00 UTC."""


def utc_of(scenario_s: float) -> float:
    """UTC seconds since 1970-01-01 of a scenario second."""
    return SCENARIO_EPOCH_UTC_S + scenario_s


def scenario_second(utc_s: float) -> float:
    """Scenario second of a UTC time."""
    return utc_s - SCENARIO_EPOCH_UTC_S
