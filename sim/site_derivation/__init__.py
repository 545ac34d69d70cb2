"""A site from a SUMO network: what its signals, lanes and right of way say, each derived number marked as such."""

from sim.site_derivation.junction import DerivationError, derive_junction
from sim.site_derivation.site import derive_site, signals_left_out
from sim.site_derivation.stops import with_transit_stops

__all__ = ["DerivationError", "derive_junction", "derive_site", "signals_left_out", "with_transit_stops"]
