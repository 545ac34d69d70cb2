"""What signal programmes that react to traffic (SUMO 1.28's `actuated` and `delay_based`) say and look at.

`parameters.py`, `phases.py` and `targets.py` read a programme; `signal_links.py`, `loop_places.py`, `loop_phases.py`,
`area_places.py` and `layouts.py` say where it looks. Expressions become instructions in `rule_compiler.py` and
`rule_layout.py`. Whoever simulates the road sees and decides.
"""
