"""Numbers, lists and tables as a person reads them."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 90
#: probabilities and shares nearer to 0 or 1 than this are 0 or 1
EXACT = 1e-9


def number(value: float) -> str:
    """Three significant digits, without an exponent for ordinary sizes.

    >>> number(-0.12345), number(1234.5), number(-0.0), number(2.0)
    ('-0.123', '1,234', '0', '2')
    """
    if value is None or not math.isfinite(value):
        return "–"
    size = abs(value)
    if size < 1e-12:
        return "0"
    if size >= 1e7 or size < 1e-4:
        return f"{value:.2e}"
    if size >= 1000:
        return f"{value:,.0f}"
    return f"{float(f'{value:.3g}'):.10f}".rstrip("0").rstrip(".")


def signed(value: float) -> str:
    """A number with its sign, 0 without one.

    >>> signed(0.25), signed(-0.25), signed(0.0)
    ('+0.25', '-0.25', '0')
    """
    text = number(value)
    return text if text == "0" or text.startswith("-") or text == "–" else f"+{text}"


def percent(share: float) -> str:
    """A probability in per cent; the ends are said as bounds.

    >>> percent(0.314), percent(0.002), percent(0.0), percent(0.9999), percent(1.0)
    ('31 %', '<1 %', '0 %', '>99 %', '100 %')
    """
    if share is None or not math.isfinite(share):
        return "–"
    if share <= EXACT:
        return "0 %"
    if share >= 1.0 - EXACT:
        return "100 %"
    if share < 0.01:
        return "<1 %"
    if share > 0.99:
        return ">99 %"
    return f"{math.floor(100.0 * share + 0.5)} %"


def percent_range(low: float, high: float) -> str:
    """Both ends of a range of probabilities, or one when they read alike.

    >>> percent_range(0.1, 0.3), percent_range(0.101, 0.102)
    ('10 % to 30 %', '10 %')
    """
    ends = percent(low), percent(high)
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def points(value: float) -> str:
    """A difference of probabilities, in percentage points.

    >>> points(0.25), points(-0.004), points(0.0)
    ('+25', '-0.4', '0')
    """
    if abs(value) <= EXACT:
        return "0"
    scaled = 100.0 * value
    return f"{scaled:+.0f}" if abs(scaled) >= 1 else f"{scaled:+.1g}"


def points_range(low: float, high: float) -> str:
    """Both ends of a range of differences, or one when they read alike."""
    ends = points(low), points(high)
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def time(value: float, unit: str) -> str:
    """A length of time.

    >>> time(1.0, "year"), time(2.345, "year"), time(1e9, "day")
    ('1 year', '2.3 years', '1.00e+09 days')
    """
    if value is None or not math.isfinite(value):
        return "–"
    shown = f"{value:,.0f}" if 100 <= value < 1e7 else number(float(f"{value:.2g}"))
    return f"{shown} {unit if shown == '1' else plural(unit)}"


def often(rate: float, unit: str) -> str:
    """How often something comes.

    >>> often(1.0, "year"), often(0.3, "year")
    ('once a year', '0.3 times a year')
    """
    count = {"1": "once", "2": "twice"}.get(number(rate), f"{number(rate)} times")
    return f"{count} {article(unit)} {unit}"


def article(noun: str) -> str:
    """*a* or *an*."""
    return "an" if noun[:1] in tuple("aeiou") else "a"


def plural(noun: str) -> str:
    """The plural of a noun.

    >>> plural("year"), plural("century"), plural("day"), plural("equilibrium")
    ('years', 'centuries', 'days', 'equilibria')
    """
    if noun.endswith("ium"):
        return noun[:-2] + "a"
    if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def counted(count: int, noun: str) -> str:
    """How many of something.

    >>> counted(1, "actor"), counted(3, "linkage"), counted(0, "claim")
    ('1 actor', '3 linkages', 'no claims')
    """
    how_many = "no" if count == 0 else f"{count:,}"
    return f"{how_many} {noun if count == 1 else plural(noun)}"


def likeliest(count: int) -> str:
    """So many sequences of events.

    >>> likeliest(1), likeliest(6)
    ('likeliest sequence', '6 likeliest sequences')
    """
    return "likeliest sequence" if count == 1 else counted(count, "likeliest sequence")


def listed(words: Iterable[str], joint: str = "and") -> str:
    """A list in words.

    >>> listed(["a", "b", "c"]), listed(["a", "b"], "or"), listed([])
    ('a, b and c', 'a or b', 'nobody')
    """
    items = list(words)
    if not items:
        return "nobody"
    if len(items) == 1:
        return items[0]
    return f"{', '.join(items[:-1])} {joint} {items[-1]}"


def spaced(identifier: str) -> str:
    """An identifier as words."""
    return identifier.replace("_", " ")


def sentence(text: str) -> str:
    """With a capital at the front."""
    return text[:1].upper() + text[1:]


def wrapped(text: str, indent: int = 0, hanging: int = 0) -> str:
    """A paragraph at the page's width; lines after the first are indented by ``hanging`` more.

    A number stays on the line of its per cent sign.
    """
    filled = textwrap.fill(text.replace(" %", "\0%"), WIDTH, initial_indent=" " * indent,
                           subsequent_indent=" " * (indent + hanging),
                           break_long_words=False, break_on_hyphens=False)
    return filled.replace("\0%", " %")


def table(rows: Sequence[Sequence[str]], head: Sequence[str] = (), right: Iterable[int] = (),
          indent: int = 2) -> str:
    """Columns aligned by blanks; ``right`` names the columns that are flush right."""
    body = [[*head], *rows] if head else [*rows]
    if not body:
        return ""
    widths = [max(len(row[column]) for row in body) for column in range(len(body[0]))]
    flush = set(right)
    lines = []
    for row in body:
        cells = [cell.rjust(width) if column in flush else cell.ljust(width)
                 for column, (cell, width) in enumerate(zip(row, widths, strict=True))]
        lines.append((" " * indent + "  ".join(cells)).rstrip())
    return "\n".join(lines)
