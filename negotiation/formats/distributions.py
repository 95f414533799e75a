"""``distribution`` of a parameter, and ``[[correlations]]``: what draws of parameters follow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from ..distributions import KINDS, Correlation, Distribution, clusters, mixing
from ..errors import nearest
from ..frozen import FrozenMap
from ..model import Number, Parameter
from .reader import NOT_NEGATIVE, POSITIVE, Section, describe, is_list

#: a range has to hold at least this share of the distribution that it cuts
LEAST_SHARE = 1e-6


def read_distribution(section: Section, value: Number, low: float | None, high: float | None,
                      ) -> Distribution | None:
    """The distribution of the parameter that a section describes, if it names one."""
    if "distribution" not in section:
        return None
    found, path = section.data["distribution"], section.at("distribution")
    reader = section.reader
    if not isinstance(found, (str, Mapping)):
        reader.fail(path, "expected the kind of a distribution or a table with 'kind', found "
                          f"{describe(found)}")
        return None
    part = Section(reader, {"kind": found} if isinstance(found, str) else found, path)
    if "kind" not in part:
        reader.fail(path, "the key 'kind' is missing")
        return None
    kind = part.data["kind"]
    if kind not in KINDS if isinstance(kind, str) else True:
        close = nearest(kind, KINDS) if isinstance(kind, str) else None
        hint = f"did you mean {close!r}?" if close else f"expected one of {', '.join(KINDS)}"
        at = path if isinstance(found, str) else part.at("kind")
        reader.fail(at, f"unknown distribution {describe(kind).removeprefix('the text ')}: {hint}")
        return None
    keys, ranged = KINDS[kind]
    before = len(reader.problems)
    part.keys(("kind",), keys)
    if ranged and low is None:
        reader.fail(path, f"a {kind} distribution needs a range: expected 'low' and 'high'")
    if kind == "discrete" and low is not None:
        reader.fail(path, "a discrete distribution has its own values: expected neither 'low' nor "
                          "'high'")
    if len(reader.problems) > before:
        return None
    nominal = float(value) if isinstance(value, (int, float)) else None
    made = _made(part, kind, nominal, low, high)
    return made if len(reader.problems) == before else None


def _made(part: Section, kind: str, nominal: float | None, low: float | None,
          high: float | None) -> Distribution:
    ends = Distribution(kind=kind)
    if low is not None and high is not None:
        ends = replace(ends, low=low, high=high)
    if kind == "uniform":
        return ends
    if kind == "triangular":
        mode = _place(part, "mode", nominal)
        if low is not None and high is not None and low < high and not low <= mode <= high:
            part.reader.fail(part.path, f"the mode {mode:g} lies outside the range: expected a "
                                        f"number from {low:g} to {high:g}")
        return replace(ends, place=mode)
    if kind == "beta":
        return replace(ends, shapes=(_needed(part, "a"), _needed(part, "b")))
    if kind == "discrete":
        return _discrete(part)
    place, spread = ("mean", "sd") if kind == "normal" else ("median", "sigma")
    centre = _place(part, place, nominal)
    if kind == "lognormal" and centre <= 0.0:
        part.reader.fail(part.path, f"the median {centre:g} of a lognormal distribution: expected "
                                    "a number greater than 0")
        centre = 1.0
    made = replace(ends, place=centre, spread=_needed(part, spread))
    if low is not None and made.low < made.high and _share(made) < LEAST_SHARE:
        part.reader.fail(part.path, f"the range from {made.low:g} to {made.high:g} holds less than "
                                    "a millionth of the distribution: expected a wider one")
    return made


def _share(made: Distribution) -> float:
    def below(value: float) -> float:
        if made.kind == "lognormal":
            value = math.log(value) - math.log(made.place) if value > 0.0 else -math.inf
        else:
            value -= made.place
        return 0.5 * math.erfc(-value / made.spread / math.sqrt(2.0))

    return below(made.high) - below(made.low)


def _place(part: Section, key: str, nominal: float | None) -> float:
    if key in part:
        return part.plain(key, 1.0)
    if nominal is None:
        part.reader.fail(part.path, f"the key {key!r} is missing (it is the parameter's value "
                                    "only where that is a number)")
    return 1.0 if nominal is None else nominal


def _needed(part: Section, key: str) -> float:
    if key not in part:
        part.reader.fail(part.path, f"the key {key!r} is missing")
    return part.plain(key, 1.0, POSITIVE)


def _discrete(part: Section) -> Distribution:
    reader = part.reader
    lists: dict[str, list[float]] = {}
    for key in ("values", "weights"):
        given = part.data.get(key)
        if given is None and key == "weights":
            lists[key] = [1.0] * len(lists["values"])
        elif given is None:
            reader.fail(part.path, "the key 'values' is missing")
            lists[key] = []
        elif not is_list(given):
            reader.fail(part.at(key), f"expected a list of numbers, found {describe(given)}")
            lists[key] = []
        else:
            rule = (NOT_NEGATIVE,) if key == "weights" else ()
            lists[key] = [reader.plain(item, (*part.at(key), k), *rule)
                          for k, item in enumerate(given)]
    values, weights = lists["values"], lists["weights"]
    if any(path[:len(part.path)] == part.path for path, _ in reader.problems):
        return Distribution(kind="discrete", values=(0.0,), weights=(1.0,))
    if len(values) < 2 or len(set(values)) < len(values):
        reader.fail(part.at("values"), "expected at least two different numbers")
    elif len(weights) != len(values):
        reader.fail(part.at("weights"), f"expected as many weights as values, {len(values)}, found "
                                        f"{len(weights)}")
    elif sum(weights) <= 0.0:
        reader.fail(part.at("weights"), "expected a weight greater than 0, found none")
    else:
        order = sorted(range(len(values)), key=values.__getitem__)
        total = sum(weights)
        return Distribution(kind="discrete", low=values[order[0]], high=values[order[-1]],
                            values=tuple(values[k] for k in order),
                            weights=tuple(weights[k] / total for k in order))
    return Distribution(kind="discrete", values=(0.0,), weights=(1.0,))


def read_correlations(root: Section, parameters: FrozenMap[str, Parameter],
                      ) -> tuple[Correlation, ...]:
    """The rank correlations between parameters' draws."""
    reader, before = root.reader, len(root.reader.problems)
    found: list[Correlation] = []
    for part in root.listed("correlations"):
        if not part.keys(("between", "rank")) or part.broken:
            continue
        names = part.names("between", "parameter", reader.parameters)
        rank = part.plain("rank", 0.0)
        if not -1.0 < rank < 1.0:
            reader.fail(part.at("rank"), f"expected a number between -1 and 1, found {rank:g}")
        if len(names) != 2:
            if is_list(part.data["between"]) and part.data["between"]:
                reader.fail(part.at("between"), f"expected two parameters, found {len(names)}")
            continue
        for k, name in enumerate(names):
            if name in parameters:
                _check_drawn(part, k, parameters[name])
        if any(set(other.between) == set(names) for other in found):
            reader.fail(part.at("between"), f"the correlation of {names[0]!r} and {names[1]!r} is "
                                            "given twice")
            continue
        found.append(Correlation(between=(names[0], names[1]), rank=rank))
    if len(reader.problems) == before:
        for group in clusters(tuple(found)):
            inside = tuple(pair for pair in found if pair.between[0] in group)
            if mixing(group, inside) is None:
                reader.fail(root.at("correlations"), "no draws have all of these rank correlations "
                            f"at once: {', '.join(group)}: expected weaker ones")
    return tuple(found)


def _check_drawn(part: Section, k: int, parameter: Parameter) -> None:
    path = (*part.at("between"), k)
    if parameter.low is None and parameter.distribution is None:
        part.reader.fail(path, f"the parameter {parameter.name!r} is a constant: expected one with "
                               "a range or a distribution")
    elif parameter.distribution is not None and parameter.distribution.kind == "discrete":
        part.reader.fail(path, f"the parameter {parameter.name!r} is discrete: expected one whose "
                               "distribution has no steps")


def distribution_table(parameter: Parameter) -> object:
    """A parameter's distribution as a definition writes it; None where it is left out."""
    made = parameter.distribution
    if made is None:
        return None
    table: dict[str, object] = {"kind": made.kind}
    if made.kind == "triangular":
        table["mode"] = made.place
    elif made.kind == "normal":
        table.update(mean=made.place, sd=made.spread)
    elif made.kind == "lognormal":
        table.update(median=made.place, sigma=made.spread)
    elif made.kind == "beta":
        table.update(a=made.shapes[0], b=made.shapes[1])
    elif made.kind == "discrete":
        table.update(values=made.values, weights=made.weights)
    return made.kind if len(table) == 1 else table
