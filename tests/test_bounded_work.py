"""A solve can be bounded in time, watched and asked to stop; it returns what it has and says so."""

from __future__ import annotations

import os
import signal

import pytest

import negotiation as ng
from negotiation.cli import main
from negotiation.cli.terminal import Progress
from negotiation.equilibrium.certificate import REGRET_TOLERANCE, regret_of
from negotiation.equilibrium.traversal import Ending


@pytest.fixture(scope="module")
def game():
    return ng.load("central")


def test_a_time_limit_leaves_one_certified_equilibrium_and_says_so(game):
    solution = ng.solve(game, time_limit=1e-6)
    assert len(solution.equilibria) == 1
    assert regret_of(solution.equilibria[0]) <= REGRET_TOLERANCE
    assert not solution.complete and solution.count is None
    assert solution.status is Ending.TIME
    assert "time limit" in solution.incomplete_because


def test_a_limit_that_is_not_reached_changes_nothing(game):
    free, bounded = ng.solve(game), ng.solve(game, time_limit=1e6)
    assert bounded.status is free.status and bounded.count == free.count
    for one, other in zip(free.equilibria, bounded.equilibria, strict=True):
        assert (one.values == other.values).all()


def test_whoever_watches_may_end_the_work(game):
    seen = []

    def watch(done, whole):
        seen.append((done, whole))
        return len(seen) > 2

    solution = ng.solve(game, progress=watch)
    assert solution.status is Ending.INTERRUPTED
    assert "interrupted" in solution.incomplete_because
    assert regret_of(solution.equilibria[0]) <= REGRET_TOLERANCE
    assert seen[-1][1] == len(solution.lattice.states)


@pytest.mark.parametrize("options", [{"equilibria": "selected"}, {"concept": "logit"}])
def test_nothing_stands_for_an_equilibrium_that_was_asked_for_by_name(options):
    solution = ng.solve(ng.load("nrnap"), time_limit=1e-6, **options)
    assert solution.equilibria == ()
    assert solution.status is Ending.TIME and not solution.complete
    assert "none was found" in solution.incomplete_because


@pytest.mark.parametrize("limit", [0, -1.0, "1", float("nan")])
def test_a_time_limit_is_seconds_above_zero(game, limit):
    with pytest.raises(ng.InputError, match="time_limit"):
        ng.solve(game, time_limit=limit)


def test_the_command_line_shows_what_was_found_in_the_time(capsys):
    assert main(["solve", "central", "--seconds", "0.000001"]) == 0
    out = capsys.readouterr().out
    assert "1 equilibrium is listed" in out
    assert "the time limit ended the search for further equilibria" in " ".join(out.split())


def test_seconds_that_are_no_number_are_wrong_input(capsys):
    assert main(["solve", "central", "--seconds", "soon"]) == 2
    assert "expected a positive number, found 'soon'" in capsys.readouterr().err


def test_the_first_interrupt_asks_for_what_there_is_and_the_second_stops(capsys):
    with Progress("work", graceful=True) as progress:
        assert progress.count(1, 2) is False
        os.kill(os.getpid(), signal.SIGINT)
        assert progress.count(1, 2) is True
        assert progress.status == 130
        assert "Ctrl-C again" in capsys.readouterr().err
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            signal.sigtimedwait([], 1)  # give the signal time to arrive
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        signal.sigtimedwait([], 1)
