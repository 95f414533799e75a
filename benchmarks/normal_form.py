"""N1 and N2: normal-form games side by side with nashpy, QuantEcon.py and Gambit.

    python benchmarks/normal_form.py                 # everything, a few minutes
    python benchmarks/normal_form.py --only n2 --sizes 2 3 6 --seconds 1

One process, one thread. Every solver gets the same seeded games as objects of its own, made
beforehand, and is warmed up. A time is the median over rounds, in µs of CPU time a game, so that a
machine with other work tells the same ratios. *Found* is how many of the extreme equilibria a
solver returned, of those that exact enumeration in whole numbers finds; *wrong* counts profiles
with a regret above 1e-6 of the payoff range. Peers come with the extra ``[benchmark]``; those that
are missing are left out.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiation.normal_form import NormalFormGame, solve, solve_batch, warm

Floats = NDArray[np.float64]
Profiles = list[tuple[Floats, ...]]


@dataclass(frozen=True)
class Contender:
    """A solver: how it takes a game, how it solves it, how its answer reads, and up to what size
    (n × n, or a number of players) it is asked.
    """

    name: str
    prepare: Callable[[Floats], Any]
    run: Callable[[Any], Any]
    profiles: Callable[[Any], Profiles]
    largest: int = 99


def ours() -> list[Contender]:
    def read(solution: Any) -> Profiles:
        return [equilibrium.profile for equilibrium in solution.equilibria]

    return [Contender("negotiation", NormalFormGame, lambda game: solve(game).equilibria,
                      lambda found: [e.profile for e in found]),
            Contender("negotiation, exact", NormalFormGame,
                      lambda game: solve(game, exact=True), read, 6)]


def quantecon() -> list[Contender]:
    import quantecon.game_theory as qe

    def prepare(payoffs: Floats) -> Any:
        first = qe.Player(np.ascontiguousarray(payoffs[0]))
        return qe.NormalFormGame((first, qe.Player(np.ascontiguousarray(payoffs[1].T))))

    return [Contender("quantecon support", prepare, qe.support_enumeration, list, 8),
            Contender("quantecon vertex", prepare, qe.vertex_enumeration, list)]


def nashpy() -> list[Contender]:
    import nashpy as nash

    def prepare(payoffs: Floats) -> Any:
        return nash.Game(*payoffs)

    return [Contender("nashpy support", prepare, lambda g: list(g.support_enumeration()), list, 4),
            Contender("nashpy vertex", prepare, lambda g: list(g.vertex_enumeration()), list, 5)]


def gambit_game(payoffs: Floats) -> Any:
    import pygambit as gbt

    return gbt.Game.from_arrays(*payoffs)


def gambit_profiles(answer: Any) -> Profiles:
    return [tuple(np.array([float(p) for _, p in part]) for _, part in profile.mixed_strategies())
            if hasattr(profile, "mixed_strategies") else
            tuple(np.array([float(profile[s]) for s in player.strategies])
                  for player in profile.game.players)
            for profile in answer.equilibria]


def gambit_two() -> list[Contender]:
    import pygambit as gbt

    return [Contender("gambit enummixed", gambit_game,
                      lambda g: gbt.nash.enummixed_solve(g, rational=False), gambit_profiles, 8),
            Contender("gambit enummixed exact", gambit_game,
                      lambda g: gbt.nash.enummixed_solve(g, rational=True), gambit_profiles, 4)]


def gambit_many() -> list[Contender]:
    import pygambit as gbt

    return [Contender("gambit enumpoly", gambit_game, gbt.nash.enumpoly_solve, gambit_profiles),
            Contender("gambit gnm", gambit_game, lambda g: gbt.nash.gnm_solve(g), gambit_profiles)]


def present(*groups: Callable[[], list[Contender]]) -> list[Contender]:
    found: list[Contender] = []
    for group in groups:
        try:
            found += group()
        except ImportError as error:
            print(f"({group.__name__}: {error.name} is not installed)")
    return found


def timed(contender: Contender, games: Sequence[Floats], seconds: float) -> tuple[float, list[Any]]:
    """µs a game (median over rounds of all games) and the answers; None where a solver raised."""
    def run(game: Any) -> Any:
        try:
            return contender.run(game)
        except Exception:
            return None

    prepared = [contender.prepare(game) for game in games]
    answers = [run(game) for game in prepared]
    rounds: list[float] = []
    stop = time.process_time() + seconds
    while len(rounds) < 3 or time.process_time() < stop:
        begin = time.process_time()
        for game in prepared:
            run(game)
        rounds.append((time.process_time() - begin) / len(games) * 1e6)
        if rounds[0] * len(games) > 3e6 * seconds:
            break
    return median(rounds), answers


def same(profile: Sequence[Floats], other: Sequence[Floats]) -> bool:
    return all(bool(np.abs(a - b).max() < 1e-6) for a, b in zip(profile, other, strict=True))


def judged(games: Sequence[Floats], answers: Iterable[Profiles],
           reference: Sequence[Profiles]) -> tuple[int, int]:
    """How many of the reference's equilibria were found, and how many answers are wrong."""
    found = wrong = 0
    for payoffs, answer, right in zip(games, answers, reference, strict=True):
        game = NormalFormGame(payoffs)
        scale = np.where(game.ranges > 0, game.ranges, 1)
        for profile in answer:
            parts = [np.maximum(part, 0) / max(np.maximum(part, 0).sum(), 1e-300)
                     for part in profile]
            try:
                wrong += bool((game.regret(parts) / scale).max() > 1e-6)
            except ValueError:
                wrong += 1
        found += sum(any(same(profile, other) for other in answer) for profile in right)
    return found, wrong


def games_of(kind: str, shape: tuple[int, ...], count: int) -> list[Floats]:
    rng = np.random.default_rng([*shape, len(kind)])
    size = (len(shape), *shape)
    if kind == "generic":
        return [rng.random(size) for _ in range(count)]
    if kind == "tied":
        return [rng.integers(0, 10, size) * 1.0 for _ in range(count)]
    return [rng.integers(0, 3, size) * 1.0 for _ in range(count)]


def compare(title: str, contenders: Sequence[Contender], games: list[Floats], size: int,
            seconds: float, reference: list[Profiles] | None) -> None:
    print(f"\n{title}")
    print(f"  {'':24}{'µs a game':>12}{'ratio':>8}{'found':>14}{'wrong':>7}")
    base = None
    for contender in contenders:
        if size > contender.largest:
            continue
        micro, answers = timed(contender, games, seconds)
        base = base or micro
        profiles = [[] if answer is None else contender.profiles(answer) for answer in answers]
        if reference is None:
            reference = profiles
        found, wrong = judged(games, profiles, reference)
        of = sum(map(len, reference))
        print(f"  {contender.name:24}{micro:12,.1f}{micro / base:8.2f}{found:>8} / {of:<4}"
              f"{wrong:>6}", flush=True)


def n1(count: int) -> None:
    """All equilibria of a million random 2×2 games in one call."""
    games = np.random.default_rng(0).random((count, 2, 2, 2))
    side_by_side = np.moveaxis(np.ascontiguousarray(np.moveaxis(games, 0, -1)), -1, 0)
    print(f"\nN1: {count:,} random 2×2 games in one call, games a second")
    for name, array in (("game after game", games), ("payoff after payoff", side_by_side)):
        rates = []
        for _ in range(15):
            begin = time.process_time()
            solve_batch(array)
            rates.append(count / (time.process_time() - begin))
        print(f"  {name:24}{median(rates):12.3g}   (best {max(rates):.3g})")
    for size in (3, 4):
        for kind in ("generic", "tied"):
            array = np.array(games_of(kind, (size, size), 20_000))
            begin = time.process_time()
            solve_batch(array)
            print(f"  {kind + f' {size}×{size}':24}"
                  f"{len(array) / (time.process_time() - begin):12.3g}   (20,000 games)")


def n2(sizes: Sequence[int], seconds: float) -> None:
    contenders = present(ours, quantecon, gambit_two, nashpy)
    for size in sizes:
        count = {2: 200, 3: 100, 4: 50, 5: 20, 6: 20}.get(size, 5 if size <= 10 else 2)
        for kind in ("generic", "tied", "degenerate"):
            if kind != "generic" and size > 10:
                continue
            games = games_of(kind, (size, size), count)
            exact = None
            if size <= 8:
                exact = [[e.profile for e in solve(NormalFormGame(game), exact=True).equilibria]
                         for game in games]
            compare(f"N2: {kind} {size}×{size}, {count} games", contenders, games, size, seconds,
                    exact)


def several(seconds: float, counts: float) -> None:
    contenders = present(lambda: ours()[:1], gambit_many)
    for shape, count in (((2, 2, 2), 100), ((2, 2, 2, 2), 40), ((3, 3, 3), 20),
                         ((2, 2, 2, 2, 2), 15)):
        games = games_of("generic", shape, max(1, int(count * counts)))
        solutions = [solve(NormalFormGame(game)) for game in games]
        compare(f"N2: {'×'.join(map(str, shape))}, {len(games)} games", contenders, games, 2,
                seconds, None)
        extra = lost_to(contenders[1:], games, [[e.profile for e in s.equilibria]
                                                for s in solutions])
        print(f"  proved complete {sum(s.complete for s in solutions)}, odd "
              f"{sum(len(s.equilibria) % 2 for s in solutions)}, index sum +1 "
              f"{sum(s.index_sum == 1 for s in solutions)}; equilibria of others that ours lacks: "
              f"{extra}")


def lost_to(contenders: Sequence[Contender], games: list[Floats],
            reference: list[Profiles]) -> int:
    """How many equilibria of the others, regret up to 1e-6, are not among ours."""
    lost = 0
    for contender in contenders:
        for payoffs, right in zip(games, reference, strict=True):
            game = NormalFormGame(payoffs)
            for profile in contender.profiles(contender.run(contender.prepare(payoffs))):
                parts = [part / part.sum() for part in profile]
                if game.relative_regret(parts) <= 1e-6:
                    lost += not any(all(np.abs(a - b).max() < 1e-3 for a, b in
                                        zip(parts, other, strict=True)) for other in right)
    return lost


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=("n1", "n2", "several"))
    parser.add_argument("--sizes", type=int, nargs="*", default=[2, 3, 4, 6, 8, 10, 12, 15])
    parser.add_argument("--seconds", type=float, default=0.5, help="per solver and table row")
    parser.add_argument("--games", type=float, default=1.0, help="share of the games of 'several'")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    print("numba kernels:", "loaded" if warm() else "not installed, numpy and Python only")
    if chosen.only in (None, "n1"):
        n1(1_000_000)
    if chosen.only in (None, "n2"):
        n2(chosen.sizes, chosen.seconds)
    if chosen.only in (None, "several"):
        several(chosen.seconds, chosen.games)


if __name__ == "__main__":
    main()
