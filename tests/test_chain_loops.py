"""Chains at a date in loops: the Erlang distribution, and the arrays' answers. The loops run as
they stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import gamma

from negotiation.kernels import chain_loops, compiled, markov


def in_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    def plain(module: str, name: str, large: bool = False) -> Callable[..., Any] | None:
        return chain_loops.invert_rows if module == "chain_loops" else None

    monkeypatch.setattr(compiled, "compiled", plain)
    monkeypatch.setattr(markov, "MANY", 1)


def test_a_line_of_equal_steps_takes_an_erlang_time(monkeypatch: pytest.MonkeyPatch) -> None:
    in_loops(monkeypatch)
    steps = np.arange(6)
    line = markov.build_chain(steps, steps + 1, np.arange(6, -1, -1))
    rates, dates = np.array([[0.3] * 6, [2.0] * 6, [50.0] * 6]), np.array([0.5, 3.0])
    found = markov.transient(line, rates, dates, np.eye(7)[-1:])
    right = gamma.cdf(dates, 6, scale=1 / rates[:, :1])
    assert found[:, :, 0] == pytest.approx(right, abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_loops_and_arrays_agree(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random chains, forward edges in any order, some of them dead; rewards of any sign."""
    rng = np.random.default_rng(seed)
    size, batch = 9, 5
    pairs = [(s, t) for s in range(size) for t in range(s + 1, size) if rng.random() < 0.4]
    rng.shuffle(pairs)
    source, target = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
    chain = markov.build_chain(source, target, size - 1 - np.arange(size))
    hazard = np.exp(rng.normal(0.0, 2.0, (batch, len(pairs)))) * (
        rng.random((batch, len(pairs))) < 0.7)
    reward, dates = rng.normal(size=(2, size)), np.array([0.1, 1.0, 30.0])
    right = markov.transient(chain, hazard, dates, reward), markov.average(
        chain, hazard, dates, reward)
    in_loops(monkeypatch)
    found = markov.transient(chain, hazard, dates, reward), markov.average(
        chain, hazard, dates, reward)
    assert found[0] == pytest.approx(right[0], abs=1e-12)
    assert found[1] == pytest.approx(right[1], abs=1e-12)
