"""Time-of-day plans refined by simulation: small changes are tried on the embedded engine and kept where they prove.

`moves` lists the changes, `search` decides which to keep, `trial` runs a period of a scenario under given plans, `runs`
spreads the runs over the cores, and `letters` knows what a field controller shows under a plan.
"""
