"""Pictures of games and of what is computed about them, with matplotlib (the extra ``plot``).

    >>> import negotiation as ng
    >>> game = ng.load("central")
    >>> axes = ng.plot.lattice(ng.solve(game).equilibria[0])        # doctest: +SKIP
    >>> ng.plot.save(axes, "central.svg")                           # doctest: +SKIP

Every function takes values, draws in the axes ``ax`` (or in a new figure, 3.5 inches wide unless
``width`` says otherwise) and returns the axes; nothing is computed here. ``save`` writes a PNG, SVG
or PDF file, the same bytes for the same picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import attributes

if TYPE_CHECKING:
    from .bargains import bargain, terms
    from .effects import cascade
    from .maps import compare, region, sobol
    from .networks import network
    from .over_time import chances
    from .parameters import branches, likelihood, pivots, tornado
    from .states import lattice, timeline
    from .style import save, to_bytes

_HOMES = {"network": "networks", "lattice": "states", "timeline": "states", "chances": "over_time",
          "cascade": "effects", "bargain": "bargains", "terms": "bargains",
          **dict.fromkeys(("branches", "likelihood", "pivots", "tornado"), "parameters"),
          **dict.fromkeys(("compare", "region", "sobol"), "maps"),
          "save": "style", "to_bytes": "style"}

__all__ = ["bargain", "branches", "cascade", "chances", "compare", "lattice", "likelihood",
           "network", "pivots", "region", "save", "sobol", "terms", "timeline", "to_bytes",
           "tornado"]

__getattr__, __dir__ = attributes(globals(), _HOMES)
