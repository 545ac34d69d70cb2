"""Numbers of plans: which one is newer, and which one a plan gets; they go round (RFC 1982), and 0 is no plan's."""

SPAN = 1 << 32
HALF = SPAN >> 1
NO_PLAN = 0


def is_newer(number: int, last: int) -> bool:
    """Whether a plan of this number may follow the one activated last: by less than half of the way round ahead of it.

    Every number but 0 may follow 0, which says that nothing was activated since the controller started.
    """
    return number != NO_PLAN and (last == NO_PLAN or 0 < ahead(number, last) < HALF)


def ahead(number: int, last: int) -> int:
    """How many numbers on from `last` this one is, 0 to SPAN - 1."""
    return (number - last) % SPAN


def following(number: int) -> int:
    """The number after this one; after the highest comes 1."""
    return number % (SPAN - 1) + 1


def next_sequence(last: int, *used: int) -> int:
    """The number for a new plan: one that may follow `last`, and is none of `used`.

    It goes on from the newest of `used`, so that no two plans are taken for each other; not where that, read from a
    controller to which somebody wrote nonsense, leaves no newer number.

    Args:
        last: Activated last, 0 for none.
        used: Given to plans already, whatever became of them; 0 for none.
    """
    newer = sorted((one for one in used if is_newer(one, last)), key=lambda one: ahead(one, last), reverse=True)
    for number in map(following, newer):
        if is_newer(number, last) and number not in used:
            return number
    number = following(last)
    while number in used:
        number = following(number)
    return number
