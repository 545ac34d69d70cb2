"""Signal programmes that react to traffic, as SUMO 1.28 runs them: `actuated` and `delay_based`.

`programme.py` has what both share (phases, when they may end, when the next decision is due), `actuated.py` and
`delay_based.py` decide. `signal_links.py`, `loop_places.py`, `loop_phases.py` and `area_places.py` say what a programme
looks at; whoever simulates the road tells it what is seen there.
"""
