"""Reading values out of plain tables, with every problem kept instead of raised.

A :class:`Reader` holds what one definition says about names and parameters, and the problems found
so far. A :class:`Section` is one table of it, with its key path. After a problem reading goes on
with a stand-in value; nothing is built from it, since a definition with problems is never built.
"""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import ExpressionError, Problem, nearest, unknown_name
from ..expressions import Expression, parse
from ..frozen import FrozenMap
from ..model import Condition, Number, Payments

Path = tuple[str | int, ...]
Names = Collection[str] | None

#: rule → when a number obeys it, and what the message then expects
ANY = ("any", "a number")
NOT_NEGATIVE = ("not negative", "a number that is not negative")
POSITIVE = ("positive", "a number greater than 0")
Rule = tuple[str, str]

MAX_NESTING = 20

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def path_text(path: Path) -> str:
    """``moves.settle.by[1]``; a key that is no bare TOML key is quoted."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            shown = part if re.fullmatch(r"[A-Za-z0-9_-]+", part, re.ASCII) else repr(part)
            text += f".{shown}" if text else shown
    return text


def describe(value: object) -> str:
    """What a value is, in the words of the file: ``text 'yes'``, ``true``, ``a list``."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f"the text {value if len(value) <= 40 else value[:39] + '…'!r}"
        case numbers.Real():
            return f"the number {value}" if _small(value) else "a very large number"
        case Mapping():
            return "a table" if value else "an empty table"
        case list() | tuple():
            return "a list" if value else "an empty list"
        case None:
            return "nothing"
    return f"a {type(value).__name__}"


def _small(value: numbers.Real) -> bool:
    try:
        return abs(float(value)) < 1e300 or not isinstance(value, int)
    except OverflowError:
        return False


def is_list(value: object) -> bool:
    """Whether a value is a list as TOML means it (text is not one)."""
    return isinstance(value, (list, tuple))


def is_name(value: object) -> bool:
    """Whether a value can name something: letters, digits, underscores, no digit first."""
    return isinstance(value, str) and _IDENTIFIER.fullmatch(value) is not None


def obeys(rule: Rule, number: float) -> bool:
    """Whether a number obeys a sign rule."""
    return rule is ANY or number > 0 or (rule is NOT_NEGATIVE and number == 0)


@dataclass
class Reader:
    """The problems of one definition, and what its values may refer to.

    A collection of names is None where the table that should hold them cannot be read; what refers
    to it is then not judged, so that one fault gives one problem.
    """

    problems: list[tuple[Path, str]] = field(default_factory=list)
    actors: Names = None
    fronts: Mapping[str, Names] | None = None
    moves: Mapping[str, Names] | None = None
    coalitions: Mapping[str, Names] = field(default_factory=dict)
    outcomes: Names = None
    encounters: Names = ()
    #: the moves and the encounters
    steps: Names = None
    #: posture → player → the names of its actions
    postures: Mapping[str, Mapping[str, Names] | None] | None = None
    parameters: Names = None
    #: the parameters' own values; one that has a problem is left out
    nominal: dict[str, float] = field(default_factory=dict)

    def fail(self, path: Path, message: str) -> None:
        """Keep a problem."""
        self.problems.append((path, message))

    def found(self, line_of: Mapping[Path, int]) -> tuple[Problem, ...]:
        """The problems in the order of the file, as far as lines are known."""
        problems = [Problem(path_text(path), message, line_of.get(path))
                    for path, message in self.problems]
        return tuple(sorted(problems, key=lambda problem: problem.line or 10**9))

    def name(self, kind: str, value: object, path: Path, known: Names, of: str = "") -> str:
        """A reference to something that has a name; ``of`` is what it belongs to."""
        if not isinstance(value, str):
            self.fail(path, f"expected the name of {_article(kind)}{_of(of)}, found "
                            f"{describe(value)}")
            return ""
        if known is not None and value not in known:
            self.fail(path, unknown_name(kind, value, known, of))
        return value

    def identifier(self, kind: str, value: object, path: Path) -> str:
        """A name that is given here: letters, digits and underscores, no digit first."""
        if isinstance(value, str) and _IDENTIFIER.fullmatch(value):
            return value
        self.fail(path, f"the name of {_article(kind)} must be ASCII letters, digits and "
                        f"underscores and not start with a digit, found {describe(value)}")
        return str(value)

    def status(self, front: str, value: object, path: Path) -> str:
        """The name of a status of a front."""
        known = (self.fronts or {}).get(front)
        return self.name("status", value, path, known, f"front {front!r}")

    def plain(self, value: object, path: Path, rule: Rule = ANY) -> float:
        """A finite number, not an expression."""
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            self.fail(path, f"expected a number, found {describe(value)}")
            return 1.0
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            self.fail(path, f"expected a finite number, found {describe(value)}")
            return 1.0
        if not obeys(rule, number):
            self.fail(path, f"expected {rule[1]}, found {describe(value)}")
            return 1.0
        return number

    def number(self, value: object, path: Path, rule: Rule = ANY) -> Number:
        """A finite number, or an expression over the parameters."""
        if isinstance(value, Expression):
            value = value.text
        if isinstance(value, str):
            return self._expression(value, path, rule)
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            self.fail(path, "expected a number or an expression of parameters, "
                            f"found {describe(value)}")
            return 1.0
        return self.plain(value, path, rule)

    def _expression(self, text: str, path: Path, rule: Rule) -> Number:
        expression = self.parsed(text, path)
        if expression is None or any(name not in self.nominal for name in expression.names):
            return 1.0
        try:
            number = expression.evaluate(self.nominal)
        except ExpressionError as error:
            self.fail(path, str(error))
            return expression
        if not obeys(rule, number):
            self.fail(path, f"expression {text!r} is {number:g} at the parameters' own values: "
                            f"expected {rule[1]}")
        return expression

    def parsed(self, text: str, path: Path) -> Expression | None:
        """An expression whose names are all parameters, or None."""
        try:
            expression = parse(text)
        except ExpressionError as error:
            self.fail(path, str(error))
            return None
        unknown = [name for name in expression.names
                   if self.parameters is not None and name not in self.parameters]
        for name in unknown:
            self.fail(path, f"expression {text!r}: "
                            + unknown_name("parameter", name, self.parameters or ()))
        return None if unknown else expression


def _of(whole: str) -> str:
    return f" of {whole}" if whole else ""


def _article(kind: str) -> str:
    return ("an " if kind[0] in "aeio" else "a ") + kind


@dataclass(frozen=True)
class Section:
    """One table of a definition, with the path of keys that leads to it."""

    reader: Reader
    data: Mapping[str, Any]
    path: Path = ()
    #: what stands here is no table: that has been told, and no key is missed
    broken: bool = False

    @classmethod
    def of(cls, reader: Reader, value: object, path: Path) -> Section:
        """The section that a value is; a problem and an empty section when it is no table."""
        if not isinstance(value, Mapping):
            reader.fail(path, f"expected a table, found {describe(value)}")
            return cls(reader, FrozenMap(), path, broken=True)
        return cls(reader, value, path)

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def at(self, key: str) -> Path:
        """The path of a key of this section."""
        return (*self.path, key)

    def keys(self, required: Sequence[str], optional: Sequence[str] = (),
             not_yet: Sequence[str] = ()) -> bool:
        """Check that there are no unknown keys and no missing ones; whether all required are there.

        A missing key that an unknown one is a misspelling of is not told twice.
        """
        known, guessed = (*required, *optional), set()
        for key in self.data:
            if key in not_yet:
                self.reader.fail(self.at(key),
                                 f"the key {key!r} is not supported yet by this version")
            elif key not in known:
                self.reader.fail(self.at(key), unknown_name("key", key, known))
                guessed.add(nearest(key, known))
        missing = [key for key in required if key not in self.data]
        for key in missing:
            if key not in guessed and not self.broken:
                self.reader.fail(self.path, f"the key {key!r} is missing")
        return not missing

    def section(self, key: str) -> Section:
        """The table under a key (empty when the key is left out)."""
        if key not in self.data:
            return Section(self.reader, FrozenMap(), self.at(key))
        return Section.of(self.reader, self.data[key], self.at(key))

    def sections(self, key: str, kind: str) -> Iterator[tuple[str, Section]]:
        """The tables under a key by name, each name checked."""
        section = self.section(key)
        for name, value in section.data.items():
            path = section.at(name)
            self.reader.identifier(kind, name, path)
            yield name, Section.of(self.reader, value, path)

    def listed(self, key: str) -> list[Section]:
        """The tables of a list of tables (``[[linkages]]``)."""
        value = self.data.get(key, [])
        if not is_list(value):
            self.reader.fail(self.at(key), f"expected a list of tables, as [[{key}]] makes one, "
                                           f"found {describe(value)}")
            return []
        return [Section.of(self.reader, item, (*self.at(key), index))
                for index, item in enumerate(value)]

    def text(self, key: str, default: str = "") -> str:
        """The text under a key."""
        value = self.data.get(key, default)
        if not isinstance(value, str):
            self.reader.fail(self.at(key), f"expected text, found {describe(value)}")
            return default
        try:
            value.encode()
        except UnicodeEncodeError:
            self.reader.fail(self.at(key), "expected text, found characters that cannot be written")
        return value

    def label(self, name: str) -> str:
        """The human name of something: its ``name``, or its identifier with blanks."""
        return self.text("name") or default_label(name)

    def one_of(self, key: str, kind: str, known: Sequence[str], default: str) -> str:
        """A word of a short list."""
        if key not in self.data:
            return default
        return self.reader.name(kind, self.data[key], self.at(key), known)

    def plain(self, key: str, default: float, rule: Rule = ANY) -> float:
        """The number under a key; expressions have no place there."""
        if key not in self.data:
            return default
        return self.reader.plain(self.data[key], self.at(key), rule)

    def number(self, key: str, rule: Rule = ANY) -> Number:
        """The number or expression under a key (a stand-in when it is missing)."""
        if key not in self.data:
            return 1.0
        return self.reader.number(self.data[key], self.at(key), rule)

    def payments(self, key: str, rule: Rule = ANY, members: tuple[str, Names] | None = None
                 ) -> Payments:
        """A table actor → number; ``members`` is (move, its coalition) where only that may pay."""
        return self.section(key).as_payments(rule, members)

    def as_payments(self, rule: Rule = ANY, members: tuple[str, Names] | None = None) -> Payments:
        """This section as a table actor → number."""
        payments = {}
        for actor, value in self.data.items():
            path = self.at(actor)
            self.reader.name("actor", actor, path, self.reader.actors)
            known = self.reader.actors is None or actor in self.reader.actors
            if known and members and members[1] is not None and actor not in members[1]:
                self.reader.fail(path, f"{actor!r} is not in the coalition of move {members[0]!r}: "
                                       f"expected one of {', '.join(members[1]) or '(nobody)'}")
            payments[actor] = self.reader.number(value, path, rule)
        return FrozenMap(payments)

    def noise(self, members: tuple[str, Names] | None = None) -> Number | Payments:
        """Ratification noise: one number, or a table by actor."""
        if isinstance(self.data["noise"], Mapping):
            return self.payments("noise", NOT_NEGATIVE, members)
        return self.number("noise", NOT_NEGATIVE)

    def names(self, key: str, kind: str, known: Names, *, of: str = "",
              empty: bool = False) -> tuple[str, ...]:
        """A list of different names; an empty one only where that has a meaning."""
        value = self.data.get(key, [])
        if not is_list(value):
            self.reader.fail(self.at(key), f"expected a list of names, found {describe(value)}")
            return ()
        if not value and not empty and key in self.data:
            self.reader.fail(self.at(key), f"expected at least one {kind}{_of(of)}, found "
                                               "an empty list")
        names: list[str] = []
        for index, item in enumerate(value):
            path = (*self.at(key), index)
            name = self.reader.name(kind, item, path, known, of)
            if name and name in names:
                self.reader.fail(path, f"{kind} {name!r} is listed twice")
            names.append(name)
        return tuple(names)

    def statuses(self, key: str, front: str) -> tuple[str, ...]:
        """One status of a front, or a list of them."""
        value = self.data.get(key)
        if isinstance(value, str):
            return (self.reader.status(front, value, self.at(key)),)
        if not is_list(value):
            self.reader.fail(self.at(key), "expected a status or a list of statuses, "
                                           f"found {describe(value)}")
            return ()
        known = (self.reader.fronts or {}).get(front)
        return self.names(key, "status", known, of=f"front {front!r}")

    def condition(self, key: str) -> Condition:
        """A partial assignment: front → status, or a list of statuses any of which will do."""
        section = self.section(key)
        condition = {}
        for front in section.data:
            self.reader.name("front", front, section.at(front), self.reader.fronts)
            condition[front] = section.statuses(front, front)
        return FrozenMap(condition)

    def assignment(self, key: str) -> FrozenMap[str, str]:
        """A table front → one status of it."""
        section = self.section(key)
        for front in section.data:
            self.reader.name("front", front, section.at(front), self.reader.fronts)
        return FrozenMap({front: self.reader.status(front, value, section.at(front))
                          for front, value in section.data.items()})


def keys_that_are_not_text(value: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Problems with the keys of plain tables: a program may use keys that TOML cannot.

    Stops where a definition has no more levels, since such tables may hold themselves.
    """
    if len(path) > MAX_NESTING:
        return
    items: Any = enumerate(value) if is_list(value) else ()  # type: ignore[arg-type]
    for key, item in value.items() if isinstance(value, Mapping) else items:
        if isinstance(value, Mapping) and not isinstance(key, str):
            yield path, f"expected keys that are text, found the key {key!r}"
        else:
            yield from keys_that_are_not_text(item, (*path, key))


def default_label(name: str) -> str:
    """The label of something whose definition gives it no ``name``."""
    return name.replace("_", " ")
