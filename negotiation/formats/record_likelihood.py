"""A likelihood as plain data: what ``negotiation likelihood --json`` prints."""

from __future__ import annotations

from typing import Any

from ..likelihood import Likelihood
from ..likelihood.result import Chance
from ..likelihood.scenario import Box


def likelihood_record(found: Likelihood) -> dict[str, Any]:
    """The result as JSON data; nothing in it is not a number."""
    what = found.uncertainty
    indices = None if found.indices is None else {
        name: {"first": one.first, "total": one.total, "first_interval": list(one.first_interval),
               "total_interval": list(one.total_interval), "together_with": list(one.group)}
        for name, one in found.indices.items()}
    return {
        "game": found.game.name, "outcome": found.outcome, "by": found.by, "draws": found.draws,
        "failed": found.failed, "seed": found.seed, "nominal": _chance(found.nominal),
        "mean": _chance(found.mean), "monte_carlo_error": found.monte_carlo_error,
        "interval90": list(found.interval90), "words": found.words, "scale": found.scale,
        "uncertainty": {
            "sampling": what.sampling, "parameters": list(what.parameters),
            "equilibria": list(what.equilibria),
            "concepts": None if what.concepts is None else {
                "mpe": what.concepts[0], "logit": what.concepts[1], "draws": what.concept_draws}},
        "indices": indices, "indices_because": found.indices_because,
        "tornado": [{"parameter": one.parameter, "values": list(one.values),
                     "at_low": _chance(one.at_low), "at_high": _chance(one.at_high)}
                    for one in found.tornado],
        "scenario": None if found.scenario is None else {
            "threshold": found.threshold, **_box(found.scenario.box),
            "path": [_box(box) for box in found.scenario.path]},
        "share_complete": found.share_complete, "share_multiple": found.share_multiple,
        "share_capped": found.share_capped,
        "failures": [{"segment": one.segment, "row": one.row, "parameters": dict(one.parameters),
                      "why": one.why} for one in found.failures],
        "seconds": found.seconds, "solved": found.solved}


def _chance(chance: Chance | None) -> dict[str, float] | None:
    return None if chance is None else {
        "low": chance.low, "high": chance.high, "selected": chance.selected}


def _box(box: Box) -> dict[str, Any]:
    return {"limits": {name: list(ends) for name, ends in box.limits.items()},
            "coverage": box.coverage, "density": box.density, "mass": box.mass}
