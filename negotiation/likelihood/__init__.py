"""How likely an outcome is over what is not known, and what decides it.

Four things are not known, and are never blended: what another sample of draws would say, the
parameters, which equilibrium is played, and which solution concept describes play. DESIGN §2.6.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from concurrent.futures import Executor
from os import PathLike

import numpy as np
from numpy.typing import NDArray

from ..equilibrium.solve import need_noise
from ..errors import InputError, NumericalError, UnknownNameError
from ..frozen import FrozenMap
from ..lattice import build_lattice
from ..model import INDIFFERENT, POSTURE_RULES, Game
from ..process import check_date
from ..sampling import MOST_DRAWS, drawn
from .batch import Question
from .driver import Progress, run
from .indices import Index, indices
from .plan import CAPPED, COMPLETE, FAILED, SEGMENTS, Chunk, Plan, Solved, chunk_size
from .result import Chance, Failure, Likelihood, Swing, Uncertainty
from .scenario import Scenario, prim
from .store import Results
from .words import SCALES, bands

Floats = NDArray[np.float64]
Rows = NDArray[np.void]

#: draws that both solution concepts are solved at, where the game has noise and nothing is said
LOGIT_DRAWS = 16
#: failures that are kept with their parameters; all are counted
MOST_FAILURES = 100


def likelihood(game: Game, outcome: str, *, by: float | None = None, draws: int = 1024,
               seed: int = 0, fixed: Collection[str] = (), executor: Executor | None = None,
               workers: int = 1, indices: int | None = None, logit: int | None = None,
               tornado: bool = True, threshold: float = 0.5, cap: int = 64,
               indifferent: str | None = None, conventions: str | None = None,
               words: str = "icd203", results: str | PathLike[str] | None = None,
               resume: bool = False, progress: Progress | None = None) -> Likelihood:
    """How likely an outcome is by a date, its range over what is not known, and what drives it.

    Args:
        game: whose parameters with a range or a distribution are drawn.
        outcome: an outcome that the game names.
        by: a date ≥ 0; None: the game's horizon.
        draws: points of a scrambled Sobol sequence; powers of 2 are balanced.
        seed: of the sequence; the same seed gives the same numbers.
        fixed: parameters that are held at their value although they have a range.
        executor: any ``concurrent.futures.Executor``; for a cluster,
            ``distributed.Client(address).get_executor()``. The numbers do not depend on it.
        workers: processes to start where there is no executor.
        indices: rows N of the sample that Sobol indices rest on, which cost N·(d + 1) more solves
            for d parameters. None: the largest power of 2 that costs at most as many solves as
            there are draws, twice over, 0 where that is below 16. 0: none.
        logit: draws that are solved under the logit concept too, which is slow. None: 16 where the
            game has ratification noise, else none.
        tornado: also set each parameter to the ends of its range, alone.
        threshold: draws with a probability below it are "failing" for the scenario.
        cap: the most equilibria listed for a draw.
        indifferent, conventions: as in ``solve``.
        words: the scale of words: ``"icd203"``, ``"phia"`` or ``"ipcc"``.
        results: a file that finished chunks are appended to; with ``resume`` it is gone on with.
        progress: called with (rows solved, rows in all).

    Raises:
        InputError: for an argument, or a results file, that cannot be used.
        UnknownNameError: for an outcome or parameter that the game does not have.
        NumericalError: when no draw could be solved.

    Sources: Sobol 1967; Saltelli et al. 2010; Friedman & Fisher 1999; ICD 203.
    """
    plan = plan_of(game, outcome, by=by, draws=draws, seed=seed, fixed=fixed, indices=indices,
                   logit=logit, tornado=tornado, cap=cap, indifferent=indifferent,
                   conventions=conventions)
    bands(0.0, 1.0, words)
    if not 0.0 < threshold <= 1.0:
        raise InputError("the 'threshold' parameter must be a probability above 0. Got "
                         f"{threshold!r} instead.")
    if resume and results is None:
        raise InputError("'resume' needs the name of a results file")
    begin = time.perf_counter()
    if results is None:
        found, kept = run(plan, executor=executor, workers=workers, progress=progress), 0
    else:
        with Results(results, plan, resume) as store:
            kept = sum(one.chunk.end - one.chunk.begin for one in store.kept())
            found = run(plan, executor=executor, workers=workers, results=store, progress=progress)
    return summary(plan, found, words, threshold, time.perf_counter() - begin, plan.rows - kept)


def plan_of(game: Game, outcome: str, *, by: float | None = None, draws: int = 1024, seed: int = 0,
            fixed: Collection[str] = (), indices: int | None = None, logit: int | None = None,
            tornado: bool = True, cap: int = 64, indifferent: str | None = None,
            conventions: str | None = None) -> Plan:
    """The plan of a likelihood; arguments as there."""
    if outcome not in game.outcomes:
        raise UnknownNameError("outcome", outcome, game.outcomes)
    _whole("draws", draws, 2, MOST_DRAWS)
    _whole("cap", cap, 1, 1 << 20)
    logit = _logit_draws(game, logit, draws)
    for name, value, known in (("indifferent", indifferent, INDIFFERENT),
                               ("conventions", conventions, POSTURE_RULES)):
        if value is not None and value not in known:
            raise InputError(f"the {name!r} parameter must be one of {', '.join(known)}. Got "
                             f"{value!r} instead.")
    question = Question(outcome, game.horizon if by is None else check_date(by), cap, indifferent,
                        conventions)
    plan = Plan(game, question, seed, tuple(fixed), draws, 0, logit, tornado, chunk_size(game))
    groups = len(plan.sampler.groups)
    if indices is None:
        base = 1 << max(int(np.log2(max(2 * draws / (groups + 1), 1.0))), 0)
        base = min(base, draws) if base >= 16 else 0
    else:
        _whole("indices", indices, 0, draws)
        base = indices
    return Plan(game, question, seed, tuple(fixed), draws, base, logit, tornado, plan.chunk)


def _logit_draws(game: Game, asked: int | None, draws: int) -> int:
    """How many draws the logit concept is solved at; an error where it cannot be."""
    if asked == 0:
        return 0
    try:
        need_noise(build_lattice(game))
    except InputError:
        if asked is None:
            return 0
        raise
    if asked is not None:
        _whole("logit", asked, 0, draws)
    return min(LOGIT_DRAWS, draws) if asked is None else asked


def summary(plan: Plan, found: dict[str, list[Solved]], words: str = "icd203",
            threshold: float = 0.5, seconds: float = 0.0, solved: int = 0) -> Likelihood:
    """Sum up a plan's chunks.

    Raises:
        NumericalError: when no draw could be solved.
    """
    rows = {name: np.concatenate([one.rows for one in found[name]]) if name in found
            else np.zeros(0, dtype=found["sample"][0].rows.dtype) for name in SEGMENTS}
    failures = _failures(plan, found)
    sample = rows["sample"]
    good = (sample["flags"] & FAILED) == 0
    if not good.any():
        raise NumericalError(f"{plan.game.name}: none of the {plan.draws} draws could be solved; "
                             f"the first: {failures[0].why}")
    fine = sample[good]
    if not all(np.isfinite(fine[name]).all() for name in ("low", "high", "selected")):
        raise NumericalError(f"{plan.game.name}: a draw that was solved has no probability")
    table, why = _indices(plan, rows)
    selected = fine["selected"]
    return Likelihood(
        plan=plan, failed=int((~good).sum()), failures=failures,
        nominal=_chance(rows["nominal"], 0),
        mean=Chance(*(float(fine[name].mean()) for name in ("low", "high", "selected"))),
        uncertainty=_uncertainty(fine, sample, rows["logit"]), scale=words, indices=table,
        indices_because=why, tornado=_tornado(plan, rows["tornado"]),
        scenario=_scenario(plan, good, selected < threshold), threshold=threshold,
        share_complete=float(((fine["flags"] & COMPLETE) > 0).mean()),
        share_multiple=float((fine["count"] > 1).mean()),
        share_capped=float(((fine["flags"] & CAPPED) > 0).mean()), rows=sample,
        seconds=seconds, solved=solved)


def _uncertainty(fine: Rows, sample: Rows, logit: Rows) -> Uncertainty:
    selected = fine["selected"]
    low, high = np.quantile(selected, [0.05, 0.95])
    error = float(selected.std(ddof=1) / np.sqrt(len(selected))) if len(selected) > 1 else 0.0
    both = ((logit["flags"] | sample["flags"][:len(logit)]) & FAILED) == 0
    concepts = None
    if both.any():
        concepts = (float(sample["selected"][:len(logit)][both].mean()),
                    float(logit["selected"][both].mean()))
    return Uncertainty(error, (float(low), float(high)),
                       (float(fine["low"].mean()), float(fine["high"].mean())), concepts,
                       int(both.sum()))


def _indices(plan: Plan, rows: dict[str, Rows]) -> tuple[FrozenMap[str, Index] | None, str | None]:
    if not plan.base:
        return None, "they were not asked for, or too few draws were to carry them"
    sample, design = rows["sample"][:plan.base], rows["design"]
    failed = int(((rows["sample"]["flags"] & FAILED) > 0).sum()
                 + ((design["flags"] & FAILED) > 0).sum())
    if failed:
        return None, f"{failed} draw{'s' if failed > 1 else ''} failed: indices would be wrong"
    values = design["selected"].reshape(len(plan.sampler.groups) + 1, plan.base)
    found = indices(sample["selected"], values[-1], values[:-1], plan.seed)
    if found is None:
        return None, "the probability is the same at every draw: there is nothing to explain"
    table = {}
    for group, one in zip(plan.sampler.groups, found, strict=True):
        for name in group:
            table[name] = Index(*one, group=group if len(group) > 1 else ())
    return FrozenMap({name: table[name] for name in plan.sampler.names}), None


def _tornado(plan: Plan, rows: Rows) -> tuple[Swing, ...]:
    if not len(rows):
        return ()
    ends = plan.draws_of(Chunk("tornado", 0, len(rows)))
    swings = [Swing(name, (float(ends[name][2 * k]), float(ends[name][2 * k + 1])),
                    _chance(rows, 2 * k), _chance(rows, 2 * k + 1))
              for k, name in enumerate(plan.sampler.names)]
    return tuple(sorted(swings, key=lambda swing: -swing.width))


def _scenario(plan: Plan, good: NDArray[np.bool_], fails: NDArray[np.bool_]) -> Scenario | None:
    if fails.all() or not fails.any():
        return None
    cases = plan.sampler.draws(0, plan.draws)
    return prim({name: values[good] for name, values in cases.items()}, fails)


def _chance(rows: Rows, at: int) -> Chance | None:
    row = rows[at]
    if row["flags"] & FAILED:
        return None
    return Chance(float(row["low"]), float(row["high"]), float(row["selected"]))


def _failures(plan: Plan, found: dict[str, list[Solved]]) -> tuple[Failure, ...]:
    out: list[Failure] = []
    for segment in SEGMENTS:
        for one in found.get(segment, ()):
            for row, why in sorted(one.why.items()):
                if len(out) >= MOST_FAILURES:
                    return tuple(out)
                values = plan.draws_of(Chunk(segment, row, row + 1))
                out.append(Failure(segment, row, FrozenMap(
                    {name: float(value[0]) for name, value in values.items()}), why))
    return tuple(out)


def _whole(name: str, value: object, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InputError(f"the {name!r} parameter of likelihood must be a whole number from "
                         f"{least} to {most}. Got {value!r} instead.")


__all__ = ["SCALES", "Likelihood", "drawn", "likelihood", "plan_of", "summary"]
