"""Plan sets that were made apart, brought together in one site."""

from dataclasses import replace

from plans.site import Site


def with_plan_set(site: Site, other: Site, plan_set: str) -> Site:
    """The site with the other's plans of this set, proved by simulation where the other says so.

    Raises:
        ValueError: The other has no such set, or is not of the same junctions: plans are safe for their junction only.
    """
    if not any(plan_set in plans for plans in other.plans.values()):
        known = sorted({name for plans in other.plans.values() for name in plans})
        raise ValueError(f"expected a plan set of {', '.join(known) or 'none'}, got {plan_set!r}")
    for name, plans in other.plans.items():
        if plan_set in plans and site.junctions.get(name) != other.junctions[name]:
            raise ValueError(f"expected junction {name} as in site {site.id}, got another")
    taken = {name: plans[plan_set] for name, plans in other.plans.items() if plan_set in plans}
    merged = {name: {**site.plans.get(name, {}), plan_set: plan} for name, plan in taken.items()}
    proved = {plan_set} if plan_set in other.refined else set()
    return replace(site, plans={**site.plans, **merged}, refined=(site.refined - {plan_set}) | proved)
