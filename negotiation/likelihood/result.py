"""What a likelihood says: numbers, each with its own uncertainty, and the draws behind it."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..frozen import FrozenMap
from ..model import Game
from .indices import Index
from .plan import CAPPED, COMPLETE, FAILED, Plan
from .scenario import Scenario
from .words import phrase

if TYPE_CHECKING:
    import pandas
    import xarray

Floats = NDArray[np.float64]

#: rows of the sample that are turned into a table at a time
BLOCK = 4096


@dataclass(frozen=True)
class Chance:
    """The probability of the outcome: lowest and highest over the equilibria found, and in the one
    that vanishing ratification noise selects."""

    low: float
    high: float
    selected: float


@dataclass(frozen=True)
class Uncertainty:
    """Four kinds of uncertainty, which are never blended.

    Attributes:
        sampling: standard error of the mean of ``selected``, as if draws were independent; those of
            a Sobol sequence do better.
        parameters: quantiles 0.05 and 0.95 of ``selected`` over the draws.
        equilibria: means of ``low`` and of ``high`` over the draws.
        concepts: means over the same ``concept_draws`` draws of ``selected`` (Markov perfect
            equilibrium) and of the logit solution; None where the latter was not asked for, or
            fails.
        concept_draws: how many draws both concepts were solved at.
    """

    sampling: float
    parameters: tuple[float, float]
    equilibria: tuple[float, float]
    concepts: tuple[float, float] | None
    concept_draws: int


#: chances that lie closer are the same
ROUNDING = 1e-12


@dataclass(frozen=True)
class Swing:
    """One parameter at the ends of its range, all others at their values: a bar of the tornado."""

    parameter: str
    values: tuple[float, float]
    at_low: Chance | None
    at_high: Chance | None

    @property
    def width(self) -> float:
        """How far the selected probability moves; no move is smaller than rounding."""
        if self.at_low is None or self.at_high is None:
            return 0.0
        moved = abs(self.at_high.selected - self.at_low.selected)
        return moved if moved > ROUNDING else 0.0


@dataclass(frozen=True)
class Failure:
    """A row that could not be solved: which, its parameters, and why."""

    segment: str
    row: int
    parameters: FrozenMap[str, float]
    why: str


@dataclass(frozen=True, eq=False)
class Likelihood:
    """How likely an outcome is over what is not known of a game's parameters.

    Attributes:
        game, outcome, by, seed, draws: what was asked.
        failed: draws of the sample that could not be solved; they are in no summary.
        failures: every row of any segment that could not be solved, and why.
        nominal: at the parameters' own values; None where that fails.
        mean: over the draws that were solved.
        uncertainty: four kinds of it.
        scale, words: the scale of words, and what it calls the interval.
        indices: parameter → variance-based indices of ``selected``; None where they are refused,
            and ``indices_because`` says why.
        indices_base: rows that the indices rest on.
        tornado: one bar for each parameter that is drawn, the widest first.
        scenario: the box of parameters in which the outcome fails; None where there is none.
        threshold: draws with ``selected`` below it count as failing.
        share_complete, share_multiple, share_capped: of the solved draws, those whose list of
            equilibria is proved complete, those with several equilibria, and those whose list
            stops at the cap.
        rows: (draws,) the sample, as ``plan.ROW``: 29 bytes a draw.
        seconds: how long it took; ``solved``: rows worked out in them.
    """

    plan: Plan = field(repr=False)
    failed: int
    failures: tuple[Failure, ...]
    nominal: Chance | None
    mean: Chance
    uncertainty: Uncertainty
    scale: str
    indices: FrozenMap[str, Index] | None
    indices_because: str | None
    tornado: tuple[Swing, ...]
    scenario: Scenario | None
    threshold: float
    share_complete: float
    share_multiple: float
    share_capped: float
    rows: NDArray[np.void] = field(repr=False)
    seconds: float = 0.0
    solved: int = 0

    @property
    def game(self) -> Game:
        return self.plan.game

    @property
    def outcome(self) -> str:
        return self.plan.question.outcome

    @property
    def by(self) -> float:
        return self.plan.question.by

    @property
    def draws(self) -> int:
        return self.plan.draws

    @property
    def seed(self) -> int:
        return self.plan.seed

    @property
    def monte_carlo_error(self) -> float:
        """The sampling error of the mean."""
        return self.uncertainty.sampling

    @property
    def interval90(self) -> tuple[float, float]:
        """What the draws' probabilities spread over: their quantiles 0.05 and 0.95."""
        return self.uncertainty.parameters

    @cached_property
    def words(self) -> str:
        """Every word of the scale that the interval touches."""
        return phrase(*self.interval90, self.scale)

    # ---- the draws ---------------------------------------------------------------------------

    def table(self) -> Iterator[dict[str, NDArray[Any]]]:
        """The sample a block at a time: parameters, then low, high, selected, equilibria, complete,
        capped and failed; numbers of failed draws are not a number."""
        for begin in range(0, self.draws, BLOCK):
            end = min(begin + BLOCK, self.draws)
            part, flags = self.rows[begin:end], self.rows["flags"][begin:end]
            yield {
                "draw": np.arange(begin, end), **self.plan.sampler.draws(begin, end),
                "low": part["low"], "high": part["high"], "selected": part["selected"],
                "equilibria": part["count"], "complete": (flags & COMPLETE) > 0,
                "capped": (flags & CAPPED) > 0, "failed": (flags & FAILED) > 0}

    def columns(self) -> dict[str, NDArray[Any]]:
        """The sample as one table of columns."""
        parts = list(self.table())
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def to_pandas(self) -> pandas.DataFrame:
        """The sample as a data frame, a row for each draw.

        Raises:
            InputError: where pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise InputError("to_pandas needs the package 'pandas'") from None
        return pandas.DataFrame(self.columns()).set_index("draw")

    def to_xarray(self) -> xarray.Dataset:
        """The sample as a dataset over the dimension ``draw``.

        Raises:
            InputError: where xarray is not installed.
        """
        try:
            import xarray
        except ImportError:
            raise InputError("to_xarray needs the package 'xarray'") from None
        columns = self.columns()
        draw = columns.pop("draw")
        return xarray.Dataset({name: ("draw", values) for name, values in columns.items()},
                              coords={"draw": draw},
                              attrs={"game": self.game.name, "outcome": self.outcome,
                                     "by": self.by, "seed": self.seed})

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the sample to a file, ``.csv`` or ``.parquet`` (through pandas and pyarrow).

        The file is written beside its place and moved there when it is whole.

        Raises:
            InputError: for another ending, a library that is missing, or a file that cannot be
                written.
        """
        place = Path(path)
        if place.suffix not in (".csv", ".parquet"):
            raise InputError(f"{path}: expected a name that ends in .csv or .parquet")
        beside = place.with_name(f".{place.name}.{os.getpid()}")
        try:
            if place.suffix == ".csv":
                self._write_csv(beside)
            else:
                self.to_pandas().to_parquet(beside)
            os.replace(beside, place)
        except ImportError as error:
            raise InputError(f"{path}: writing Parquet needs pandas and pyarrow: {error}") from None
        except OSError as error:
            raise InputError(f"{path} cannot be written: {error.strerror or error}") from None
        finally:
            beside.unlink(missing_ok=True)

    def _write_csv(self, path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as stream:
            for k, part in enumerate(self.table()):
                text = io.StringIO()
                writer = csv.writer(text, lineterminator="\n")
                if k == 0:
                    writer.writerow(part)
                columns = [values.tolist() for values in part.values()]
                writer.writerows([["" if cell != cell else cell for cell in row]
                                  for row in zip(*columns, strict=True)])
                stream.write(text.getvalue())
