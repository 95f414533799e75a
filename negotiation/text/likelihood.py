"""A likelihood in words and tables."""

from __future__ import annotations

from collections.abc import Iterator

from ..likelihood import Likelihood
from ..likelihood.result import Swing
from ..likelihood.scenario import Box
from .words import number, percent, percent_range, points, table, wrapped

#: rows of a table of drivers, and failed draws that are shown
MOST_DRIVERS, MOST_SHOWN = 12, 5
SCALES = {"icd203": "ICD 203", "phia": "PHIA", "ipcc": "IPCC"}


def likelihood_page(found: Likelihood) -> str:
    """The answer, the four kinds of uncertainty apart, what decides it, and what went wrong."""
    blocks = [_answer(found), _four(found), _confidence(found), _drivers(found), _tornado(found),
              _scenario(found), _trouble(found), _cost(found)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _answer(found: Likelihood) -> str:
    game, outcome = found.game, found.game.outcomes[found.outcome]
    when = f"{number(found.by)} {game.time_unit}{'s' if found.by != 1.0 else ''}"
    lines = [f"{outcome.label}: how likely by {when}", ""]
    text = (f"Over what is not known of the parameters the chance is {found.words} "
            f"({SCALES[found.scale]} terms for every band that the middle 90 % of the draws "
            f"touch, {percent_range(*found.interval90)}); its mean is "
            f"{percent(found.mean.selected)}.")
    if found.nominal is not None:
        text += f" At the file's own values it is {percent(found.nominal.selected)}."
    else:
        text += " At the file's own values it could not be worked out."
    return "\n".join([*lines, wrapped(text)])


def _four(found: Likelihood) -> str:
    what = found.uncertainty
    if what.concepts is None:
        concepts = "not asked for (--logit N)"
    else:
        concepts = (f"{percent(what.concepts[0])} in Markov perfect equilibrium, "
                    f"{percent(what.concepts[1])} under ratification noise "
                    f"(means of the same {what.concept_draws} draws)")
    rows = [["sampling error", f"{points(what.sampling)} (standard error of the mean, an upper "
                               "bound)"],
            ["parameters", f"{percent_range(*what.parameters)} (90 % of the draws)"],
            ["equilibria", f"{percent_range(*what.equilibria)} (mean of the lowest and of the "
                           "highest)"],
            ["solution concepts", concepts]]
    return "What is not known, four kinds that do not add up:\n" + table(rows)


def _confidence(found: Likelihood) -> str:
    return "Confidence in the model is another matter:\n" + wrapped(
        f"the numbers say what follows from the file's actors, moves and ranges, not whether these "
        f"are right. The list of equilibria is proved complete at {percent(found.share_complete)} "
        f"of the draws; {percent(found.share_multiple)} have several equilibria, and "
        f"{percent(found.share_capped)} more than are listed. Other parameters than those with a "
        "range, other ranges and another structure would give other numbers; 'negotiation check' "
        "and the file's notes say what each number rests on.")


def _drivers(found: Likelihood) -> str:
    if found.indices is None:
        return f"Sobol indices are not given: {found.indices_because}."
    ranked = sorted(found.indices.items(), key=lambda item: -item[1].total)[:MOST_DRIVERS]
    rows = [[name + ("*" if one.group else ""), number(one.first), _interval(one.first_interval),
             number(one.total), _interval(one.total_interval)] for name, one in ranked]
    text = table(rows, ("parameter", "alone", "90 %", "in all", "90 %"), right=(1, 3))
    tied = [" and ".join(one.group) for _, one in ranked if one.group]
    note = "".join(f"\n* correlated, together: {names}" for names in dict.fromkeys(tied))
    left = len(found.indices) - len(ranked)
    more = f"\n({left} more have less)" if left else ""
    return ("What decides it (shares of the variance, Sobol indices; intervals are "
            f"bootstrapped):\n{text}{more}{note}")


def _interval(ends: tuple[float, float]) -> str:
    return f"{number(ends[0])} to {number(ends[1])}"


def _tornado(found: Likelihood) -> str:
    bars = [swing for swing in found.tornado if swing.width > 1e-9][:MOST_DRIVERS]
    if not found.tornado:
        return ""
    if not bars:
        return "No parameter alone, set to either end of its range, moves the chance."
    rows = [[bar.parameter, *_ends(bar)] for bar in bars]
    return ("One at a time, the others at the file's values:\n"
            + table(rows, ("parameter", "from", "to", "chance at from", "at to"),
                    right=(1, 2, 3, 4)))


def _ends(bar: Swing) -> Iterator[str]:
    yield from map(number, bar.values)
    for chance in (bar.at_low, bar.at_high):
        yield "failed" if chance is None else percent(chance.selected)


def _scenario(found: Likelihood) -> str:
    bound = percent(found.threshold)
    if found.scenario is None:
        good = found.mean.selected >= found.threshold
        return (f"The chance is {'never' if good else 'always'} below {bound} in the draws: there "
                "is no scenario to find.")
    box: Box = found.scenario.box
    if not box.limits:
        return f"No limits on the parameters make a chance below {bound} clearly likelier."
    rows = []
    for name, (low, high) in box.limits.items():
        ends = [str(number(low)), "to", str(number(high))]
        rows.append([name, *ends])
    return (f"It fails (a chance below {bound}) when\n{table(rows)}\n"
            + wrapped(f"which holds {percent(box.coverage)} of the failing draws (coverage); "
                      f"{percent(box.density)} of the draws inside fail (density), against "
                      f"{percent(found.scenario.path[0].density)} of all."))


def _trouble(found: Likelihood) -> str:
    if not found.failures:
        return ""
    lines = [f"{found.failed} of {found.draws} draws failed, and are in no summary." if found.failed
             else "Some rows beside the draws failed."]
    for one in found.failures[:MOST_SHOWN]:
        values = ", ".join(f"{name} = {number(value)}"
                           for name, value in list(one.parameters.items())[:8])
        more = ", …" if len(one.parameters) > 8 else ""
        lines.append(wrapped(f"{one.segment} {one.row}: {one.why} (at {values}{more})", 2, 4))
    left = len(found.failures) - MOST_SHOWN
    return "\n".join([*lines, *([f"  and {left} more (--json lists them)"] if left > 0 else [])])


def _cost(found: Likelihood) -> str:
    if not found.solved:
        return ""
    pace = found.solved / max(found.seconds, 1e-9)
    return f"{found.solved:,} solves in {found.seconds:.1f} s, {pace:,.0f} a second."
