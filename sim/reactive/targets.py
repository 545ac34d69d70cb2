"""Which phases a programme comes to from a phase, where `next` names several."""

from collections.abc import Mapping, Sequence

from sim.reactive.phases import is_green, milliseconds
from sim.signal_programme import Phase


def following(phases: Sequence[Phase]) -> tuple[tuple[int, ...], ...]:
    """The phases that may follow each phase."""
    return tuple(phase.next or ((number + 1) % len(phases),) for number, phase in enumerate(phases))


def green_ahead(phases: Sequence[Phase], number: int) -> tuple[int, int]:
    """The green phase that a phase leads to (itself, if it is one), and the milliseconds up to it.

    Phase 0 where the way goes round without a green one.
    """
    after = following(phases)
    first, passed_ms, seen = number, 0, 0
    while not is_green(phases[number]):
        seen += 1
        passed_ms += milliseconds(phases[number].duration_s)
        number = next((other for other in after[number] if other != number), number)
        if number == first or seen > len(phases):
            return 0, 0
    return number, passed_ms


def chosen_targets(phases: Sequence[Phase]) -> frozenset[int]:
    """Green phases among which the programme chooses; none where no phase names several."""
    after = following(phases)
    if all(len(numbers) == 1 for numbers in after):
        return frozenset()
    return frozenset(green_ahead(phases, number)[0] for numbers in after for number in numbers)


def served_by(phases: Sequence[Phase], number: int) -> Mapping[int, tuple[int, ...]]:
    """By next phase: the green phases that are reached soonest by going there from phase `number`."""
    after = following(phases)
    reached: dict[int, dict[int, int]] = {}
    for step in after[number]:
        found: dict[int, int] = {}
        waiting = [(step, 0)]
        while waiting:
            at, passed_ms = waiting.pop()
            target, more_ms = green_ahead(phases, at)
            passed_ms += more_ms
            if target == number or found.get(target, passed_ms + 1) <= passed_ms:
                continue
            found[target] = passed_ms
            waiting += [(other, passed_ms) for other in reversed(after[target])]
        reached[step] = found
    result: dict[int, list[int]] = {step: [] for step in after[number]}
    for target in range(len(phases)):
        ways = [(found[target], step) for step, found in sorted(reached.items()) if target in found]
        if ways:
            result[min(ways, key=lambda way: way[0])[1]].append(target)
    return {step: tuple(targets) for step, targets in result.items()}
