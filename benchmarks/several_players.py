"""Random games of three to five players: every solver of Gambit against ours.

    python benchmarks/several_players.py                         # all games, about half an hour
    python benchmarks/several_players.py --shapes 2x2x2 --games 0.1
    python benchmarks/several_players.py --write tests/gambit_equilibria.json

On each seeded game Gambit's enumpure and enumpoly, gnm and ipa from several perturbations, liap and
simpdiv from a start, and logit are run, each call with a limit of time. What they return is
polished by Newton's method on its support and counts where that leads, nearby, to a profile with a
regret below 1e-9 of the payoff ranges. *Lacking* is how many of these our solver neither lists nor
has between two ends of a tie that it lists: the claim is that there are none. ``--write`` stores
the union of what Gambit found, which ``tests/test_normal_form_gambit.py`` reads where Gambit is not
installed. Needs the extra ``[benchmark]``.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing as mp
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiation.kernels import multilinear
from negotiation.normal_form import NormalFormGame, solve
from negotiation.normal_form.supports import support_system, unit_payoffs

Floats = NDArray[np.float64]
Profile = list[Floats]

#: shape → how many games
GAMES = {(2, 2, 2): 160, (2, 2, 3): 60, (2, 2, 2, 2): 60, (3, 3, 3): 40, (2, 2, 2, 2, 2): 30}
#: perturbations of gnm and ipa, starts of the slower liap and simpdiv
STARTS, SLOW = 6, 1
#: seconds that one call may take
LIMIT = 5.0


def random_game(shape: Sequence[int], number: int) -> Floats:
    """(n, m_1, …) the payoffs of a game, in thousandths so that every solver reads the same."""
    rng = np.random.default_rng([*shape, number, 4])
    drawn: Floats = rng.integers(0, 1000, (len(shape), *shape)) / 1000
    return drawn


def calls(game: Any, seed: int) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Every solver, from every start."""
    import pygambit as gbt

    rng = np.random.default_rng(seed)
    yield "enumpure", lambda: gbt.nash.enumpure_solve(game)
    yield "enumpoly", lambda: gbt.nash.enumpoly_solve(game)
    yield "logit", lambda: gbt.nash.logit_solve(game)
    for turn in range(STARTS):
        ray, at = game.mixed_strategy_profile(), game.mixed_strategy_profile(rational=True)
        for player in game.players:
            weight = rng.integers(1, 6, len(player.strategies))
            for strategy, share in zip(player.strategies, weight.tolist(), strict=True):
                ray[strategy] = float(rng.random())
                at[strategy] = gbt.Rational(share, int(weight.sum()))
        yield "gnm", lambda ray=ray: gbt.nash.gnm_solve(ray)
        yield "ipa", lambda ray=ray: gbt.nash.ipa_solve(ray)
        if turn < SLOW:
            start = game.mixed_strategy_profile()
            for player in game.players:
                for strategy in player.strategies:
                    start[strategy] = float(at[strategy])
            yield "liap", lambda start=start: gbt.nash.liap_solve(start)
            yield "simpdiv", lambda at=at: gbt.nash.simpdiv_solve(
                at, maxregret=gbt.Rational(1, 200))


def worker(pipe: Connection) -> None:
    """Answer (payoffs, seed, number of the call) with the solver's name and profiles."""
    import pygambit as gbt

    while True:
        payoffs, seed, number = pipe.recv()
        game = gbt.Game.from_arrays(*[np.vectorize(lambda v: gbt.Rational(round(v * 1000), 1000),
                                                   otypes=[object])(table) for table in payoffs])
        name, call = list(calls(game, seed))[number]
        pipe.send(name)
        try:
            found = [[[float(profile[s]) for s in player.strategies] for player in game.players]
                     for profile in call().equilibria]
        except Exception as error:
            found = f"{type(error).__name__}: {error}"
        pipe.send(found)


class Gambit:
    """Gambit in a process of its own, which is ended when a call takes too long."""

    def __init__(self) -> None:
        self.process: Any = None

    def ask(self, payoffs: Floats, seed: int, number: int) -> tuple[str, Any]:
        """The solver's name, and its profiles, or in words why there are none."""
        if self.process is None:
            self.pipe, theirs = mp.Pipe()
            self.process = mp.get_context("fork").Process(target=worker, args=(theirs,),
                                                           daemon=True)
            self.process.start()
        self.pipe.send((payoffs, seed, number))
        name = self.pipe.recv()
        if not self.pipe.poll(LIMIT):
            self.process.kill()
            self.process.join()
            self.process = None
            return name, "out of time"
        try:
            return name, self.pipe.recv()
        except EOFError:
            self.process = None
            return name, "crashed"


def polished(game: NormalFormGame, profile: Profile) -> Profile | None:
    """The equilibrium that a solver's profile stands for; None where there is none nearby."""
    scaled = unit_payoffs(game)
    for least in (1e-9, 1e-6, 1e-4, 1e-3):
        supports = [tuple(np.flatnonzero(part > least).tolist()) for part in profile]
        if not all(supports):
            continue
        mixing = [i for i, support in enumerate(supports) if len(support) > 1]
        parts = [np.zeros(m) for m in game.shape]
        for part, support in zip(parts, supports, strict=True):
            part[list(support)] = 1.0 / len(support)
        if mixing:
            start = [(profile[i][list(supports[i])] / profile[i][list(supports[i])].sum())[None]
                     for i in mixing]
            found, good = multilinear.polish(support_system(scaled, supports, mixing), start)
            if not good[0]:
                continue
            for i, solved in zip(mixing, found, strict=True):
                parts[i][list(supports[i])] = solved[0]
        if min(part.min() for part in parts) < -1e-12:
            continue
        parts = [np.maximum(part, 0.0) / np.maximum(part, 0.0).sum() for part in parts]
        near = max(float(np.abs(a - b).max()) for a, b in zip(parts, profile, strict=True))
        if near < 0.02 and game.relative_regret(parts) <= 1e-9:
            return parts
    return None


def same(profile: Sequence[Floats], other: Sequence[Floats]) -> bool:
    return all(bool(np.abs(a - b).max() < 1e-6) for a, b in zip(profile, other, strict=True))


def covered(profile: Sequence[Floats], ours: Sequence[Sequence[Floats]]) -> bool:
    """Whether a profile is in a list, or between two of it that differ in one player's mix only.

    Where one player has actions that tie, every mix between two equilibria may be one.
    """
    if any(same(profile, other) for other in ours):
        return True
    for one, other in combinations(ours, 2):
        apart = [i for i in range(len(one)) if np.abs(one[i] - other[i]).max() > 1e-9]
        if len(apart) != 1:
            continue
        i, = apart
        along = other[i] - one[i]
        share = float((profile[i] - one[i]) @ along / (along @ along))
        if 0 <= share <= 1 and same(profile, [one[i] + share * along if j == i else part
                                              for j, part in enumerate(one)]):
            return True
    return False


def compare(shape: tuple[int, ...], count: int, gambit: Gambit, stored: list[Any]) -> int:
    """Print one shape's table; how many equilibria of Gambit ours lacks."""
    found: dict[str, list[int]] = {}            # equilibria, out of time or errors, not certified
    complete = odd = one = total = lacking = union_total = 0
    seconds = 0.0
    for number in range(count):
        payoffs = random_game(shape, number)
        game = NormalFormGame(payoffs)
        begin = time.process_time()
        solution = solve(game)
        seconds += time.process_time() - begin
        ours = [equilibrium.profile for equilibrium in solution.equilibria]
        complete, odd = complete + solution.complete, odd + len(ours) % 2
        one, total = one + (solution.index_sum == 1), total + len(ours)
        union: list[Profile] = []
        by_name: dict[str, list[Profile]] = {}
        for k in range(3 + 2 * STARTS + 2 * SLOW):
            name, answer = gambit.ask(payoffs, number, k)
            tally = found.setdefault(name, [0, 0, 0])
            mine = by_name.setdefault(name, [])
            if isinstance(answer, str):
                tally[1] += 1
                continue
            for profile in answer:
                parts = polished(game, [np.array(part) for part in profile])
                if parts is None:
                    tally[2] += 1
                elif not any(same(parts, other) for other in mine):
                    mine.append(parts)
                    if not any(same(parts, other) for other in union):
                        union.append(parts)
        for name, mine in by_name.items():
            found[name][0] += len(mine)
        union_total += len(union)
        for parts in union:
            if not covered(parts, ours):
                lacking += 1
                print(f"  LACKING in game {number}: {[part.tolist() for part in parts]}")
        stored.append([list(shape), number,
                       [[[round(p, 7) for p in part.tolist()] for part in parts]
                        for parts in union]])
    print(f"\n{'×'.join(map(str, shape))}, {count} games")
    print(f"  {'':12}{'equilibria':>12}{'out of time':>14}{'not certified':>15}")
    print(f"  {'negotiation':12}{total:12}{0:14}{0:15}   proved complete {complete}, odd {odd}, "
          f"index sum +1 {one}; {1000 * seconds / count:.1f} ms a game")
    for name, (good, failed, wrong) in found.items():
        print(f"  {name:12}{good:12}{failed:14}{wrong:15}")
    print(f"  {'all Gambit':12}{union_total:12}   of which ours lacks {lacking}", flush=True)
    return lacking


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shapes", nargs="*", default=["x".join(map(str, s)) for s in GAMES])
    parser.add_argument("--games", type=float, default=1.0, help="share of the games")
    parser.add_argument("--write", type=Path, help="store what Gambit found in this file")
    chosen = parser.parse_args()
    stored: list[Any] = []
    lacking = 0
    import pygambit  # here, so that a new process has it at once

    print(f"pygambit {pygambit.__version__}, each call at most {LIMIT:g} s")
    gambit = Gambit()
    for text in chosen.shapes:
        shape = tuple(int(m) for m in text.split("x"))
        count = max(1, int(GAMES.get(shape, 20) * chosen.games))
        lacking += compare(shape, count, gambit, stored)
    print(f"\nequilibria of Gambit's solvers that ours lacks: {lacking}")
    if chosen.write:
        rows = ",\n".join(json.dumps(row, separators=(",", ":")) for row in stored)
        chosen.write.write_text(f"[\n{rows}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
