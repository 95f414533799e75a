"""Words of estimative probability: what a number is called, in three published scales.

ICD 203: US Intelligence Community Directive 203, Analytic Standards (2015), bands in per cent.
PHIA: the UK's Professional Head of Intelligence Assessment probability yardstick, which leaves gaps
between its bands on purpose. IPCC: guidance note on uncertainties (Mastrandrea et al. 2010), whose
terms overlap; the narrowest that fits is used. Outside 1 to 99 % every scale is left for "<1 %" and
">99 %".
"""

from __future__ import annotations

from ..errors import InputError, nearest

#: scale → (from, to, words), shares, from low to high
SCALES: dict[str, tuple[tuple[float, float, str], ...]] = {
    "icd203": (
        (0.01, 0.05, "almost no chance"), (0.05, 0.20, "very unlikely"), (0.20, 0.45, "unlikely"),
        (0.45, 0.55, "roughly even chance"), (0.55, 0.80, "likely"), (0.80, 0.95, "very likely"),
        (0.95, 0.99, "almost certain")),
    "phia": (
        (0.01, 0.05, "remote chance"), (0.10, 0.20, "highly unlikely"), (0.25, 0.35, "unlikely"),
        (0.40, 0.50, "realistic possibility"), (0.55, 0.75, "likely or probable"),
        (0.80, 0.90, "highly likely"), (0.95, 0.99, "almost certain")),
    "ipcc": (
        (0.01, 0.10, "very unlikely"), (0.10, 0.33, "unlikely"),
        (0.33, 0.66, "about as likely as not"), (0.66, 0.90, "likely"),
        (0.90, 0.99, "very likely")),
}
BELOW, ABOVE = "<1 %", ">99 %"


def bands(low: float, high: float, scale: str = "icd203") -> tuple[str, ...]:
    """The words of every band that an interval of probabilities touches, from low to high.

    An interval that lies wholly between two bands of a scale with gaps gets both neighbours.

    Raises:
        InputError: for a scale that does not exist, or numbers that are no interval in [0, 1].
    """
    if scale not in SCALES:
        close = nearest(scale, SCALES)
        hint = f" Did you mean {close!r}?" if close else ""
        raise InputError(f"the scale of words must be one of {', '.join(SCALES)}. Got {scale!r} "
                         f"instead.{hint}")
    if not 0.0 <= low <= high <= 1.0:
        raise InputError(f"expected an interval of probabilities, got {low!r} to {high!r}")
    found = [BELOW] if low < 0.01 else []
    steps = SCALES[scale]
    for k, (begin, end, words) in enumerate(steps):
        last = k + 1 == len(steps)
        inside = high >= begin and (low < end or (last and low <= end))
        if inside:
            found.append(words)
        elif not last and end <= low and high < steps[k + 1][0]:
            found += [words, steps[k + 1][2]]  # in the gap between two bands
    if high > 0.99:
        found.append(ABOVE)
    return tuple(found)


def phrase(low: float, high: float, scale: str = "icd203") -> str:
    """The words of an interval as one phrase: ``unlikely to likely`` names every band between."""
    found = bands(low, high, scale)
    if len(found) == 1:
        return found[0]
    return ", ".join(found[:-1]) + " or " + found[-1]
