"""Claims of a definition, and the settings that they compare."""

from __future__ import annotations

from collections.abc import Iterator

from ..frozen import FrozenMap
from ..model import Claim
from ..settings import Setting
from .reader import Section, describe

FORMS = ("expect", "below", "above", "pivot", "cascade")
EXPECT = ("more likely", "less likely", "no more likely")
VERDICTS = ("every", "some", "none")
_OPTIONAL = ("outcome", "under", "than", *FORMS, "among")


def read_claims(root: Section) -> Iterator[Claim]:
    """The claims of a definition."""
    reader, ids = root.reader, set[str]()
    for section in root.listed("claims"):
        section.keys(("id", "says", "source"), _OPTIONAL)
        name = section.text("id")
        if name and name in ids:
            reader.fail(section.at("id"), f"claim {name!r} is given twice: expected different ids")
        ids.add(name)
        _check_form(section)
        yield Claim(
            id=name, says=section.text("says"), source=section.text("source"),
            outcome=_optional_name(section, "outcome", "outcome", reader.outcomes),
            under=_read_setting(section, "under"), than=_read_setting(section, "than"),
            expect=_optional_name(section, "expect", "expectation", EXPECT),
            below=_bound(section, "below"), above=_bound(section, "above"),
            pivot=_optional_name(section, "pivot", "actor", reader.actors),
            among=section.names("among", "actor", reader.actors),
            cascade=_optional_name(section, "cascade", "verdict", VERDICTS))
        _check_parts(section, root)


def _check_form(section: Section) -> None:
    forms = [key for key in FORMS if key in section]
    if len(forms) != 1:
        found = " and ".join(map(repr, forms)) if forms else "none of them"
        section.reader.fail(section.path, "expected exactly one of "
                            f"{', '.join(map(repr, FORMS))}, found {found}")


def _check_parts(section: Section, root: Section) -> None:
    """Parts that do not go with the claim's form, and parts that the form needs."""
    forms = [key for key in FORMS if key in section]
    if len(forms) != 1:
        return
    form, reader = forms[0], section.reader
    if form != "cascade" and "outcome" not in section:
        reader.fail(section.path, f"a claim with {form!r} needs the key 'outcome'")
    for key, belongs in (("outcome", FORMS[:4]), ("than", ("expect",)), ("among", ("pivot",))):
        if key in section and form not in belongs:
            reader.fail(section.at(key), f"{key!r} has no meaning in a claim with {form!r}")
    if form == "expect" and "under" not in section and "than" not in section:
        reader.fail(section.path, "a claim with 'expect' compares two settings: expected 'under', "
                                  "'than' or both")
    if form == "cascade" and "cascade" not in root:
        reader.fail(section.at("cascade"), "the definition has no [cascade] to judge")
    if form == "pivot" and "among" in section and isinstance(section.data["among"], (list, tuple)):
        among = list(section.data["among"])
        if among and section.data["pivot"] not in among:
            reader.fail(section.at("among"), f"expected the pivot {section.data['pivot']!r} in it")


def _optional_name(section: Section, key: str, kind: str,
                   known: tuple[str, ...] | object) -> str | None:
    if key not in section:
        return None
    return section.reader.name(kind, section.data[key], section.at(key), known)  # type: ignore[arg-type]


def _bound(section: Section, key: str) -> float | None:
    if key not in section:
        return None
    bound = section.plain(key, 0.0)
    if not 0 <= bound <= 1:
        section.reader.fail(section.at(key), "expected a probability from 0 to 1, "
                                             f"found {describe(section.data[key])}")
    return bound


def _read_setting(claim: Section, key: str) -> Setting | None:
    if key not in claim:
        return None
    section, reader = claim.section(key), claim.reader
    section.keys((), ("parameters", "start", "hold", "block", "consents"))
    parameters = section.section("parameters")
    for name in parameters.data:
        reader.name("parameter", name, parameters.at(name), reader.parameters)
    start, hold = section.assignment("start"), section.assignment("hold")
    for front in hold:
        if start.get(front, hold[front]) != hold[front]:
            reader.fail((*section.at("hold"), front), f"front {front!r} cannot start "
                        f"{start[front]!r} and be held {hold[front]!r}")
    return Setting(
        parameters=FrozenMap({name: reader.plain(value, parameters.at(name))
                              for name, value in parameters.data.items()}),
        start=start, hold=hold, block=section.names(
            "block", "move or encounter" if reader.encounters else "move", reader.steps,
            empty=True),
        consents=_read_consents(section.section("consents")))


def _read_consents(section: Section) -> FrozenMap[str, bool | FrozenMap[str, bool]]:
    reader = section.reader
    consents: dict[str, bool | FrozenMap[str, bool]] = {}
    for actor, value in section.data.items():
        reader.name("actor", actor, section.at(actor), reader.actors)
        if isinstance(value, bool):
            consents[actor] = value
            continue
        moves = section.section(actor)
        for move, consent in moves.data.items():
            reader.name("move", move, moves.at(move), reader.moves)
            if not isinstance(consent, bool):
                reader.fail(moves.at(move),
                            f"expected true or false, found {describe(consent)}")
        consents[actor] = FrozenMap({move: bool(consent) for move, consent in moves.data.items()})
    return FrozenMap(consents)
