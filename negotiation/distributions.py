"""What is believed of a parameter: the distribution that its draws follow, and rank correlations.

Every distribution is given by its quantile function, increasing in u, so that draws are made by
inversion from points of the unit cube. A normal or lognormal distribution is cut to the parameter's
range where it has one (the cut probability is spread over what is left).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: kind → (keys that it may have besides ``kind``, whether it needs a range ``low`` to ``high``)
KINDS = {
    "uniform": ((), True),
    "triangular": (("mode",), True),
    "normal": (("mean", "sd"), False),
    "lognormal": (("median", "sigma"), False),
    "beta": (("a", "b"), True),
    "discrete": (("values", "weights"), False),
}
#: where a range ends that the definition does not give: these quantiles
TAILS = (0.05, 0.95)


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """The distribution of one parameter.

    Attributes:
        kind: ``uniform``; ``triangular`` (with ``mode``); ``normal`` (``mean``, ``sd``);
            ``lognormal`` (``median``, and ``sigma``, the standard deviation of the logarithm);
            ``beta`` (shapes ``a`` and ``b``, stretched over the range); ``discrete`` (``values``,
            ascending, with ``weights`` that sum to 1).
        low, high: the range; infinite where there is none.
        place: mode, mean or median; ``spread``: sd or sigma; ``shapes``: a and b.
    """

    kind: str
    low: float = float("-inf")
    high: float = float("inf")
    place: float = 0.0
    spread: float = 1.0
    shapes: tuple[float, float] = (1.0, 1.0)
    values: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()

    def quantile(self, u: Floats) -> Floats:
        """The values below which a share u in [0, 1] lies, at an array of shares."""
        import numpy as np

        out: Floats
        if self.kind == "uniform":
            out = self.low + (self.high - self.low) * u
        elif self.kind == "triangular":
            out = self._triangular(u)
        elif self.kind == "discrete":
            steps = np.cumsum(self.weights)[:-1]
            out = np.asarray(self.values)[np.searchsorted(steps, u, side="right")]
        else:
            out = self._special(u)
        # rounding may lead past an end
        return np.clip(out, self.low, self.high)

    def _triangular(self, u: Floats) -> Floats:
        import numpy as np

        wide = self.high - self.low
        rise, fall = self.place - self.low, self.high - self.place
        up = self.low + np.sqrt(u * wide * rise)
        down = self.high - np.sqrt((1.0 - u) * wide * fall)
        return np.where(u * wide <= rise, up, down)

    def _special(self, u: Floats) -> Floats:
        import numpy as np
        from scipy import special

        if self.kind == "beta":
            out = self.low + (self.high - self.low) * special.betaincinv(*self.shapes, u)
            return np.asarray(out, dtype=np.float64)
        log = self.kind == "lognormal"
        centre = np.log(self.place) if log else self.place
        with np.errstate(divide="ignore", invalid="ignore"):
            ends = np.array([self.low, self.high])
            ends = np.log(np.maximum(ends, 0.0)) if log else ends
            below, above = special.ndtr((ends - centre) / self.spread)
            # half of the smallest step of a float keeps u = 0 and 1 of an open end finite
            share = np.clip(below + u * (above - below), 2.0**-54, 1.0 - 2.0**-53)
            out = centre + self.spread * special.ndtri(share)
        return np.exp(out) if log else np.asarray(out, dtype=np.float64)

    def ends(self) -> tuple[float, float]:
        """The range; where there is none on a side, the quantile 0.05 or 0.95."""
        import numpy as np

        if self.kind == "discrete":
            return self.values[0], self.values[-1]
        tails = self.quantile(np.array(TAILS))
        return (self.low if self.low > float("-inf") else float(tails[0]),
                self.high if self.high < float("inf") else float(tails[1]))


@dataclass(frozen=True, kw_only=True)
class Correlation:
    """Spearman's rank correlation, in (−1, 1), between the draws of two parameters."""

    between: tuple[str, str]
    rank: float


def mixing(names: tuple[str, ...], correlations: tuple[Correlation, ...],
           ) -> list[list[float]] | None:
    """The triangular matrix L that turns independent normal scores of parameters into correlated
    ones, or None where no distribution has these rank correlations.

    Normal scores with correlation 2·sin(πρ/6) have rank correlation ρ (Pearson 1907), and so have
    increasing functions of them.
    """
    place = {name: k for k, name in enumerate(names)}
    matrix = [[float(i == j) for j in range(len(names))] for i in range(len(names))]
    for pair in correlations:
        i, j = (place[name] for name in pair.between)
        matrix[i][j] = matrix[j][i] = 2.0 * math.sin(math.pi * pair.rank / 6.0)
    lower = [[0.0] * len(names) for _ in names]
    for i, row in enumerate(matrix):
        for j in range(i + 1):
            rest = row[j] - sum(lower[i][k] * lower[j][k] for k in range(j))
            if i == j:
                if rest <= 1e-9:
                    return None
                lower[i][i] = math.sqrt(rest)
            else:
                lower[i][j] = rest / lower[j][j]
    return lower


def clusters(correlations: tuple[Correlation, ...]) -> tuple[tuple[str, ...], ...]:
    """The sets of parameters that correlations tie together, each in the order of mention."""
    groups: list[list[str]] = []
    for pair in correlations:
        mine = [group for group in groups if set(group) & set(pair.between)]
        joined = list(dict.fromkeys([name for group in mine for name in group] + [*pair.between]))
        groups = [group for group in groups if group not in mine] + [joined]
    return tuple(tuple(group) for group in groups)
