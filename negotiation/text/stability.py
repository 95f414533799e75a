"""Stability in words: which states are stable by which concept, and who can do what about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..graph_model import Step
from ..stability import ALONE, CONCEPTS, Deviation, Sanction, StabilityResult
from .describe import title_line
from .words import counted, listed, sentence, table, wrapped

#: states that are listed, and that are spoken of one by one
MOST_ROWS, MOST_TOLD = 40, 12
#: deviations that are told of one state
MOST_DEVIATIONS = 5
EXPLAINED = {
    "Nash": "nobody can improve by a move of its own",
    "GMR": "whatever somebody improves by, the others can answer so that it is no better off",
    "SMR": "… and it cannot get out of that by another move",
    "SEQ": "… by moves that those who answer gain by",
    "CNash": "no coalition, a single one included, can bring about a state that all its members "
             "like more; CGMR, CSMR, CSEQ: likewise",
}


def stability_page(result: StabilityResult) -> str:
    """What ``negotiation stability`` prints."""
    order = _order(result)
    parts = [title_line(result.game), "\n".join(_reading(result)), "\n".join(_table(result, order)),
             "\n".join(_verdicts(result, order)), "\n".join(_origins(result, order))]
    return "\n\n".join(part for part in parts if part) + "\n"


def state_words(result: StabilityResult, state: int) -> str:
    """A state by the name of the linkage that holds in it alone; else by the statuses that are not
    those at the start, or by all of them where fronts are few."""
    game, lattice = result.game, result.model.lattice
    statuses = lattice.state(state)
    for link in game.linkages:
        if all(statuses[front] in wanted for front, wanted in link.when.items()) and (
                lattice.holds(link.when).sum() == 1):
            return link.name
    if len(statuses) == 1:
        return next(iter(statuses.values()))
    if len(statuses) > 3:
        statuses = {front: status for front, status in statuses.items()
                    if status != game.fronts[front].start}
    return ", ".join(f"{front} {status}" for front, status in statuses.items()) or "as at the start"


def _order(result: StabilityResult) -> list[int]:
    """The states to list: all of them where they are few, else those that are equilibria."""
    states = range(len(result.model.ranks))
    if len(states) <= MOST_ROWS:
        return list(states)
    score = {s: sum(bool(result.equilibrium[c][s]) for c in CONCEPTS) for s in states}
    return [s for s in sorted(states, key=lambda s: (-score[s], s)) if score[s]][:MOST_ROWS]


def _reading(result: StabilityResult) -> Iterator[str]:
    model = result.model
    worth = {"flow": f"what it pays each {result.game.time_unit}",
             "lumps": "its perpetual flow and the lumps paid on the way",
             "terms": "its perpetual flow, and the lumps and terms on the way"}[model.preferences]
    several = sum(step.owner.bit_count() > 1 for step in model.steps)
    yield "READ AS A GRAPH MODEL"
    yield wrapped(f"Decision makers: {_labels(result, model.makers)}. "
                  f"{sentence(counted(len(model.ranks), 'state'))}; "
                  f"{counted(len(model.steps) - several, 'move')} of one decision maker and "
                  f"{several or 'none'} of several together. A state is worth {worth}.", 2)
    if model.left_out:
        yield wrapped(f"Left out: {listed(model.left_out)}.", 2)


def _labels(result: StabilityResult, names: Sequence[str]) -> str:
    return listed(result.game.actors[name].label for name in names)


def _table(result: StabilityResult, order: Sequence[int]) -> Iterator[str]:
    yield "STATES"
    shown = {c: result.equilibrium[c] for c in CONCEPTS}
    rows = [[f"{s + 1}", *("E" if shown[c][s] else "·" for c in CONCEPTS)] for s in order]
    lines = table(rows, ["#", *CONCEPTS], [0]).splitlines()
    width = max(map(len, lines)) + 2
    yield f"{lines[0].ljust(width)}state"
    for line, s in zip(lines[1:], order, strict=True):
        told = wrapped(state_words(result, s), width, 2)
        yield line.ljust(width) + told[width:]
    count = len(result.model.ranks)
    if count > len(order):
        some = sum(any(shown[c][s] for c in CONCEPTS) for s in range(count))
        yield wrapped(f"{len(order)} of the {some} states that are an equilibrium by some concept, "
                      f"of {count} in all; --json has every state.", 2)
    yield ""
    yield wrapped("E: an equilibrium, stable for every decision maker (for every coalition).", 2)
    for name, words in EXPLAINED.items():
        yield wrapped(f"{name}: {words}.", 2, 2)


# ---- verdicts --------------------------------------------------------------------------------

def _verdicts(result: StabilityResult, order: Sequence[int]) -> Iterator[str]:
    told = sorted({0, *order[:MOST_TOLD]})
    yield "WHY"
    for state in told:
        words = "" if state else " (the status quo)"
        yield wrapped(f"{state + 1}. {sentence(state_words(result, state))}{words}: "
                      f"{_summary(result, state)}", 2, 3)
        said = list(_deviations(result, result.deviations(state)))
        for line in said[:MOST_DEVIATIONS]:
            yield wrapped(line, 5, 2)
        if len(said) > MOST_DEVIATIONS:
            yield f"     And {len(said) - MOST_DEVIATIONS} more like these."
    left = len(set(order) - set(told))
    if left:
        yield wrapped(f"{sentence(counted(left, 'state'))} more that {'is' if left == 1 else 'are'}"
                      " listed above: --json says why.", 2)


def _summary(result: StabilityResult, state: int) -> str:
    if all(result.equilibrium[c][state] for c in CONCEPTS):
        return "stable for everybody, alone and together, by every concept."
    if all(result.equilibrium[c][state] for c in ALONE):
        return "stable for every single decision maker by every concept."
    unstable = [name for i, name in enumerate(result.model.makers)
                if not result.alone["GMR"][state, i]]
    if unstable:
        verb = "wants" if len(unstable) == 1 else "want"
        return f"{_labels(result, unstable)} {verb} to leave it, and nothing can deter that."
    return f"an equilibrium by {listed(c for c in ALONE if result.equilibrium[c][state])}." if any(
        result.equilibrium[c][state] for c in ALONE) else "not an equilibrium."


def _deviations(result: StabilityResult, deviations: Sequence[Deviation]) -> Iterator[str]:
    """What can be improved by in a state: what nothing deters first, by who does it."""
    free: dict[tuple[str, ...], list[str]] = {}
    for deviation in deviations:
        if not any(deviation.sanctions.values()):
            free.setdefault(deviation.by, []).append(
                f"by {_path(result, deviation.steps)}, to {deviation.state + 1}")
    for by, ways in free.items():
        together = " together" if len(by) > 1 else ""
        yield (f"{_labels(result, by)} can improve{together}, and nobody can deter that: "
               f"{'; '.join(ways)}.")
    for deviation in deviations:
        if any(deviation.sanctions.values()):
            yield _deterred(result, deviation)


def _deterred(result: StabilityResult, deviation: Deviation) -> str:
    """One deviation that the others can answer, and how."""
    who = _labels(result, deviation.by)
    several = len(deviation.by) > 1
    begin = (f"{who} can improve{' together' if several else ''} by "
             f"{_path(result, deviation.steps)}, to {deviation.state + 1}")
    _, any_, final, credible = deviation.sanctions.values()
    assert any_ is not None
    better = "somebody among them" if several else who
    answer = (f"{begin}, but {_answer(result, any_)} can leave {better} no better off, by "
              f"{_path(result, any_.steps)}, to {any_.state + 1}")
    parts = []
    if final is None:
        parts.append(f"{who} can then do better again")
    elif final != any_:
        parts.append(f"finally so by {_path(result, final.steps)}")
    if credible is None:
        parts.append("those who answer would not gain by it")
    elif credible == any_:
        parts.append("which they gain by")
    else:
        parts.append(f"and gain by {_path(result, credible.steps)}, to {credible.state + 1}")
    return f"{answer}; {'; '.join(parts)}."


def _answer(result: StabilityResult, sanction: Sanction) -> str:
    owners = 0
    for step in sanction.steps:
        owners |= step.owner
    return _labels(result, result.model.names(owners))


def _path(result: StabilityResult, steps: Sequence[Step]) -> str:
    moves = list(result.game.moves.values())
    return ", then ".join(listed(f"“{moves[m].label}”" for m in step.moves) for step in steps)


# ---- tracing ---------------------------------------------------------------------------------

def _origins(result: StabilityResult, order: Sequence[int]) -> Iterator[str]:
    """How the equilibria can come about from the status quo."""
    kinds = {"alone": "one at a time, each improving",
             "together": "with moves that coalitions gain by",
             "any": "only by moves that somebody loses by"}
    found = [s for s in order if any(result.equilibrium[c][s] for c in CONCEPTS)][:MOST_TOLD]
    if not found:
        return
    yield "FROM THE STATUS QUO"
    for state in found:
        if state == 0:
            yield "  1: it is the status quo."
            continue
        evolution = result.evolution(state)
        yield wrapped(f"{state + 1}: " + (
            "not without chance." if evolution is None else
            f"{kinds[evolution.kind]}: {_path(result, evolution.steps)}."), 2, 2)
