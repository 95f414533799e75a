"""Definition files become games, and games become definition files again."""

import datetime
import os
import stat
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from negotiation.errors import DefinitionError, InputError
from negotiation.expressions import Expression, parse
from negotiation.formats.definition import check, dumps, from_dict, load_path, loads, save
from negotiation.formats.template import new_definition
from negotiation.frozen import FrozenMap
from negotiation.model import Cascade, Parameter
from negotiation.settings import Setting

GAMES = sorted((Path(__file__).resolve().parent.parent / "games").glob("*.toml"))

RICH = '''
format = "negotiation/1"
title = "Everything \\"quoted\\" – and \\\\ more"
summary = """
Two lines with "quotes", ""two in a row"",
and a tab\\there."""
source = "A source"
theme = "tests"
horizon = 7
time_unit = "month"
noise = { east = 0.2, west = "trust/4" }
indifferent = "all"

[parameters]
trust = { value = 0.4, low = 0.1, high = 0.9, unit = "share", doc = "How \\u007f far.", source = "P1" }
constant = 2
tiny = 1e-12
half = { value = "trust/constant", doc = "Half." }

[actors.east]
name = "The East"
discount_rate = "0.05 + tiny"
doc = "An actor."
[actors.west]
discount_rate = 0.1
[actors.lambda]
discount_rate = 0.1

[fronts.core]
name = "Core – the front"
statuses = ["tense", "settled", "broken"]
start = "broken"
doc = "A front."
flow.tense = { east = -1, west = "-0.6*(1 - trust)" }
flow.settled = {}
[fronts.rim]
statuses = ["tense", "settled"]

[moves.mend]
front = "core"
from = ["broken", "tense"]
to = "settled"
by = ["east", "west"]
rate = "half"
when = { rim = ["tense", "settled"], core = "broken" }
payoff = { lambda = -0.2 }
weights = { east = 2.0, west = "1 + half" }
solution = "kalai-smorodinsky"
noise = 0.0
sets = { rim = "tense" }
doc = "A move."
[moves.mend.issues.access]
name = "Access to the sea"
value = { east = 1.2, west = -0.5, lambda = 0.1 }
curvature = { west = 0.2 }
unit = "share"
doc = "An issue."
[moves.mend.issues.aid]
value = {}

[moves.rim_settles]
name = "The rim settles"
front = "rim"
from = "tense"
to = "settled"
by = []
rate = 0
noise = {}

[[linkages]]
when = { core = "settled", rim = ["tense"] }
flow = { lambda = -0.1 }
rate = { rim_settles = 1.5 }
payoff = { rim_settles = { lambda = 0.2 } }
value = { mend = { access = { lambda = "0.1*trust" } } }
weights = { mend = { west = 0.5 } }
doc = "A linkage."
[[linkages]]
name = "always"
when = {}

[outcomes.peace]
name = "Peace"
when = { core = ["settled", "tense"], rim = "settled" }
doc = "An outcome."

[cascade]
center = "core"
status = { core = "broken", rim = "settled" }
periphery = ["rim"]
min_effect = 0.05

[[claims]]
id = "one"
says = "It helps."
source = "P2"
outcome = "peace"
under = { parameters = { trust = 0.9 }, start = { core = "tense" }, hold = { rim = "settled" }, block = ["mend"], consents = { east = true, west = { mend = false } } }
than = {}
expect = "no more likely"
[[claims]]
id = "two"
says = "It is unlikely."
source = "P3"
outcome = "peace"
below = 0.2
[[claims]]
id = "three"
says = "East decides."
source = "P4"
outcome = "peace"
pivot = "east"
among = ["east", "west"]
[[claims]]
id = "four"
says = "It spreads."
source = "P5"
cascade = "every"

[answers]
share = [0.5, 1, { "odd key" = true }]
when = 2020-01-31
none = {}
'''  # noqa: E501


def test_every_part_of_a_definition_arrives_in_the_game():
    game = loads(RICH)
    assert game.title == 'Everything "quoted" – and \\ more'
    assert game.horizon == 7.0 and type(game.horizon) is float
    assert game.noise == {"east": 0.2, "west": parse("trust/4")}
    assert game.indifferent == "all"
    assert game.parameters["trust"] == Parameter(
        name="trust", value=0.4, low=0.1, high=0.9, unit="share", doc="How \x7f far.", source="P1")
    assert game.parameters["constant"] == Parameter(name="constant", value=2.0)
    assert game.parameter_values()["half"] == 0.2
    assert game.actors["east"].label == "The East"
    core = game.fronts["core"]
    assert (core.statuses, core.start) == (("tense", "settled", "broken"), "broken")
    assert core.flow["tense"]["west"] == parse("-0.6*(1 - trust)")
    assert game.fronts["rim"].start == "tense"
    mend = game.moves["mend"]
    assert (mend.front, mend.sources, mend.target) == ("core", ("broken", "tense"), "settled")
    assert mend.by == ("east", "west") and mend.sets == {"rim": "tense"}
    assert mend.when == {"rim": ("tense", "settled"), "core": ("broken",)}
    assert mend.solution == "kalai-smorodinsky" and mend.noise == 0.0
    assert mend.issues["access"].curvature == {"west": 0.2}
    assert game.moves["rim_settles"].by == () and game.moves["rim_settles"].noise == {}
    assert game.linkages[0].name == "linkage 1"
    assert game.linkages[0].value["mend"]["access"]["lambda"] == parse("0.1*trust")
    assert game.outcomes["peace"].when == {"core": ("settled", "tense"), "rim": ("settled",)}
    assert game.cascade == Cascade(center="core", periphery=("rim",), min_effect=0.05,
                                   status=FrozenMap({"core": "broken", "rim": "settled"}))
    under = game.claims[0].under
    assert under.parameters == {"trust": 0.9} and under.block == ("mend",)
    assert under.consents == {"east": True, "west": {"mend": False}}
    assert game.claims[0].than == Setting() and game.claims[1].than is None
    assert game.claims[2].among == ("east", "west") and game.claims[3].cascade == "every"
    assert game.answers == {"share": (0.5, 1, {"odd key": True}), "none": {},
                            "when": datetime.date(2020, 1, 31)}


def test_labels_default_to_the_identifier_with_blanks():
    game = loads(RICH)
    assert game.moves["rim_settles"].label == "The rim settles"
    assert game.moves["mend"].label == "mend"
    assert loads(RICH.replace('name = "The rim settles"', "")).moves["rim_settles"].label == \
        "rim settles"


def test_a_cascade_status_given_once_counts_on_every_front_of_it():
    game = loads(RICH.replace('status = { core = "broken", rim = "settled" }',
                              'status = "settled"'))
    assert game.cascade.status == {"core": "settled", "rim": "settled"}


def test_games_of_one_text_are_equal_and_hash_alike():
    assert loads(RICH) == loads(RICH)
    assert hash(loads(RICH)) == hash(loads(RICH))
    assert loads(RICH) != loads(RICH.replace("horizon = 7", "horizon = 8"))


def test_a_text_and_its_tables_give_the_same_game():
    assert from_dict(tomllib.loads(RICH)) == loads(RICH)


def test_tables_may_hold_tuples_and_numbers_of_other_kinds():
    import numpy as np

    data = tomllib.loads(RICH)
    data["horizon"] = np.float64(7)
    data["moves"]["mend"]["by"] = ("east", "west")
    data["moves"]["mend"]["payoff"] = FrozenMap({"lambda": np.float32(-0.5)})
    data["moves"]["rim_settles"]["rate"] = np.int64(0)
    game = from_dict(data)
    assert game.moves["mend"].payoff == {"lambda": -0.5}
    assert type(game.moves["rim_settles"].rate) is float
    assert loads(dumps(game)) == game


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(tmp_path):
    path = tmp_path / "windows.toml"
    path.write_bytes(("\ufeff" + RICH.replace("\n", "\r\n")).encode("utf-8"))
    assert load_path(path) == loads(RICH)
    assert loads("\ufeff" + RICH) == loads(RICH)


def test_a_game_is_called_what_its_file_is(tmp_path):
    path = tmp_path / "far_north.toml"
    path.write_text(RICH, encoding="utf-8")
    assert load_path(path).name == "far_north"
    assert load_path(str(path)) == load_path(path)
    assert loads(RICH).name == "game"


# ---- writing ---------------------------------------------------------------------------------

def test_what_is_written_reads_back_as_the_same_game():
    game = loads(RICH)
    assert loads(dumps(game)) == game


def test_writing_twice_changes_nothing():
    assert dumps(loads(dumps(loads(RICH)))) == dumps(loads(RICH))


@pytest.mark.parametrize("path", GAMES, ids=lambda path: path.stem)
def test_bundled_games_survive_writing_and_reading(path):
    game = load_path(path)
    assert loads(dumps(game)) == game


def test_the_order_of_everything_is_kept():
    game, again = loads(RICH), loads(dumps(loads(RICH)))
    for part in ("parameters", "actors", "fronts", "moves", "outcomes"):
        assert list(getattr(again, part)) == list(getattr(game, part))


def test_a_game_at_other_parameters_can_be_written():
    game = loads(RICH).with_parameters(trust=0.25)
    assert loads(dumps(game)).parameters["trust"].value == 0.25


_NUMBERS = st.one_of(st.floats(-1e6, 1e6), st.sampled_from(["trust", "1 - trust", "2*trust**2"]))
_POSITIVE = st.one_of(st.floats(1e-6, 1e6), st.just("trust"))
_TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


@st.composite
def _definitions(draw):
    """Definitions with random names, texts, numbers and conditions."""
    names = draw(st.lists(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,6}", fullmatch=True),
                          min_size=4, max_size=7, unique=True))
    actors, fronts = names[:2], names[2:]
    statuses = {front: draw(st.lists(st.sampled_from(["a", "b", "c", "if", "_"]), min_size=2,
                                     max_size=4, unique=True)) for front in fronts}
    some = st.dictionaries(st.sampled_from(actors), _NUMBERS, max_size=2)

    def condition(exclude=""):
        chosen = draw(st.lists(st.sampled_from(fronts), unique=True, max_size=2))
        return {front: draw(st.lists(st.sampled_from(statuses[front]), min_size=1, unique=True))
                for front in chosen if front != exclude}

    moves = {}
    for number, front in enumerate(fronts):
        source, target = statuses[front][:2]
        by = draw(st.lists(st.sampled_from(actors), unique=True))
        move = {"front": front, "from": source, "to": target, "by": by, "rate": draw(_POSITIVE),
                "payoff": draw(some), "when": condition(front), "doc": draw(_TEXTS),
                "weights": {actor: draw(_POSITIVE) for actor in by}, "name": draw(_TEXTS)}
        if by:
            move["issues"] = {"x": {"value": draw(some), "unit": draw(_TEXTS)}}
        moves[f"m{number}"] = move
    return {
        "format": "negotiation/1", "title": draw(_TEXTS), "summary": draw(_TEXTS),
        "time_unit": draw(_TEXTS), "noise": draw(st.floats(0, 10)),
        "parameters": {"trust": {"value": 0.5, "low": 0.0, "high": 1.0, "doc": draw(_TEXTS)}},
        "actors": {actor: {"discount_rate": draw(_POSITIVE)} for actor in actors},
        "fronts": {front: {"statuses": statuses[front], "start": draw(
            st.sampled_from(statuses[front])), "flow": {statuses[front][0]: draw(some)}}
            for front in fronts},
        "moves": moves,
        "linkages": [{"when": condition(), "name": draw(_TEXTS), "rate": {"m0": draw(_POSITIVE)},
                      "payoff": {"m1": draw(some)}} for _ in range(draw(st.integers(0, 2)))],
        "outcomes": {"o": {"when": condition()}},
        "answers": draw(st.dictionaries(_TEXTS, st.one_of(
            _TEXTS, st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
            st.lists(st.integers(), max_size=2), st.dictionaries(_TEXTS, _TEXTS, max_size=2)),
            max_size=2))}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_definitions())
def test_random_games_survive_writing_and_reading(definition):
    game = from_dict(definition)
    assert loads(dumps(game)) == game
    check(game)


def test_a_saved_game_loads_and_leaves_nothing_else_behind(tmp_path):
    path = tmp_path / "game.toml"
    save(loads(RICH), path)
    assert load_path(path) == loads(RICH)
    assert os.listdir(tmp_path) == ["game.toml"]


def test_a_save_that_fails_leaves_the_old_file_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "game.toml"
    path.write_text("old", encoding="utf-8")

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(InputError) as caught:
        save(loads(RICH), path)
    assert str(caught.value) == f"{path}: the file cannot be written: No space left on device"
    assert path.read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path) == ["game.toml"]


def test_a_game_cannot_be_saved_where_no_folder_is(tmp_path):
    path = tmp_path / "nowhere" / "game.toml"
    with pytest.raises(InputError, match="cannot be written: No such file or directory"):
        save(loads(RICH), path)
    with pytest.raises(InputError, match="cannot be written"):
        save(loads(RICH), tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="needs permissions and links")
def test_saving_over_a_link_keeps_the_link_and_the_permissions(tmp_path):
    target, link = tmp_path / "target.toml", tmp_path / "link.toml"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o640)
    link.symlink_to(target)
    save(loads(RICH), link)
    assert link.is_symlink() and load_path(target) == loads(RICH)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_game_that_breaks_the_format_is_told_when_it_is_loaded_again():
    game = loads(RICH)
    broken = replace(game, parameters=game.parameters.updated(
        {"trust": replace(game.parameters["trust"], value=5.0)}))
    with pytest.raises(DefinitionError, match="the value 5 lies outside its range"):
        loads(dumps(broken))


# ---- warnings --------------------------------------------------------------------------------

def _warnings(text):
    return [str(problem) for problem in check(loads(text))]


def _changed(*changes):
    text = new_definition("odd")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


ODD = {
    "a status that nothing reaches": (
        [('statuses = ["tense", "settled"]', 'statuses = ["tense", "settled", "lost"]')],
        ["fronts.center.statuses[2]: nothing leads to the status 'lost'"]),
    "a front without moves": (
        [("[fronts.rim]", '[fronts.still]\nstatuses = ["quiet", "loud"]\n\n[fronts.rim]')],
        ["fronts.still: no move changes this front: it stays 'quiet'"]),
    "a parameter that nothing uses": (
        [('rate = { settle_rim = "pace" }', "rate = { settle_rim = 2.0 }")],
        ["parameters.pace: no expression uses this parameter"]),
    "a parameter without doc": (
        [('doc = "How far commitments are believed."\n', "")],
        ["parameters.trust: this parameter has no 'doc': say what it means and what its value "
         "rests on"]),
    "an actor nothing pays": (
        [("[actors.north]", "[actors.nobody]\ndiscount_rate = 0.1\n\n[actors.north]")],
        ["actors.nobody: nothing pays this actor, and no move needs its consent"]),
    "a rate of 0": (
        [("rate = 0.3", "rate = 0.0")],
        ["moves.settle_rim.rate: the rate is 0: opportunities for this move never come"]),
    "a mediator with no stake": (
        [("[actors.north]", "[actors.mediator]\ndiscount_rate = 0.1\n\n[actors.north]"),
         ('by = ["north", "south"]', 'by = ["north", "mediator", "south"]')],
        ["moves.settle_center.by[1]: this move can change nothing for 'mediator': its consent is "
         "a tie, which 'indifferent' decides"]),
    "an outcome out of reach": (
        [('when = { center = "settled", rim = "settled" }',
          'when = { center = "settled", rim = "lost" }'),
         ('[fronts.rim]\nname = "The rim"\nstatuses = ["tense", "settled"]',
          '[fronts.rim]\nname = "The rim"\nstatuses = ["tense", "settled", "lost"]')],
        ["fronts.rim.statuses[2]: nothing leads to the status 'lost'",
         "outcomes.peace: this outcome can never be true: play never reaches a status that it "
         "asks for"]),
    "an outcome without condition": (
        [('when = { center = "settled", rim = "settled" }', "when = {}")],
        ["outcomes.peace: this outcome has no condition: it is always true"]),
    "a linkage that can never hold": (
        [('when = { center = "settled", rim = "tense" }', 'when = { center = "lost" }'),
         ('statuses = ["tense", "settled"]', 'statuses = ["tense", "settled", "lost"]')],
        ["fronts.center.statuses[2]: nothing leads to the status 'lost'",
         "linkages[0]: the linkage 'momentum' can never hold: play never reaches its 'when'"]),
    "a linkage that changes nothing": (
        [('rate = { settle_rim = "pace" }', 'rate = { settle_rim = "1" }\nflow = { north = 0 }'),
         ('payoff = { settle_rim = { south = "0.3*trust" } }',
          'payoff = { settle_rim = { south = "0*2" } }'),
         ('payoff = { north = -0.1, south = "-0.4*(1 - trust)" }',
          'payoff = { north = -0.1, south = "-0.4*pace" }')],
        ["linkages[0]: the linkage 'momentum' changes nothing"]),
    "an issue that pays nobody": (
        [("value = { north = -0.2, south = 0.4 }", "value = { north = 0.0 }")],
        ["moves.settle_rim.issues.access: this issue pays nobody"]),
    "a move out of reach": (
        [('[moves.settle_rim]\nname = "The rim settles"\nfront = "rim"\nfrom = "tense"',
          '[moves.settle_rim]\nname = "The rim settles"\nfront = "rim"\nfrom = "lost"'),
         ('[fronts.rim]\nname = "The rim"\nstatuses = ["tense", "settled"]',
          '[fronts.rim]\nname = "The rim"\nstatuses = ["tense", "settled", "lost"]')],
        ["fronts.rim.statuses[1]: nothing leads to the status 'settled'",
         "fronts.rim.statuses[2]: nothing leads to the status 'lost'",
         "moves.settle_rim: this move can never be made: play never reaches a state in which it "
         "is available",
         "outcomes.peace: this outcome can never be true: play never reaches a status that it "
         "asks for"]),
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_is_warned_of(name):
    changes, expected = ODD[name]
    assert _warnings(_changed(*changes)) == expected


def test_a_new_definition_loads_without_problems_or_warnings():
    assert _warnings(new_definition("my_game")) == []
    assert loads(new_definition("my_game")).title == "my game"


@pytest.mark.parametrize("name", ['a "quoted" name', "back\\slash", "", "\x7f", "line\nend",
                                  "\udcff"])
def test_a_new_definition_loads_whatever_its_name(name):
    assert loads(new_definition(name)).title


@pytest.mark.parametrize("path", GAMES, ids=lambda path: path.stem)
def test_bundled_games_have_no_warnings(path):
    assert check(load_path(path)) == []


def test_a_mediator_who_is_paid_elsewhere_on_the_same_front_is_no_tie():
    changes = [("[actors.north]", "[actors.mediator]\ndiscount_rate = 0.1\n\n[actors.north]"),
               ('by = ["north", "south"]', 'by = ["north", "mediator", "south"]'),
               ("[fronts.center.flow.tense]", "[fronts.center.flow.settled]\nmediator = 0.1\n"
                                              "[fronts.center.flow.tense]")]
    assert _warnings(_changed(*changes)) == []


def test_a_mediator_paid_on_a_front_that_the_move_speeds_up_is_no_tie():
    changes = [("[actors.north]", "[actors.mediator]\ndiscount_rate = 0.1\n\n[actors.north]"),
               ('by = ["north", "south"]', 'by = ["north", "mediator", "south"]'),
               ("[fronts.rim.flow.tense]", "[fronts.rim.flow.settled]\nmediator = 0.1\n"
                                           "[fronts.rim.flow.tense]")]
    assert _warnings(_changed(*changes)) == []


def test_a_rate_that_a_range_can_lift_from_0_is_not_warned_of():
    changes = [("rate = 0.3", 'rate = "trust - 0.1"'), ("value = 0.4\nlow", "value = 0.1\nlow")]
    assert _warnings(_changed(*changes)) == []


def test_a_status_that_only_a_claim_starts_in_is_not_warned_of():
    changes = [('statuses = ["tense", "settled"]', 'statuses = ["tense", "settled", "lost"]'),
               ('under = { block = ["settle_center"] }', 'under = { start = { center = "lost" } }')]
    assert _warnings(_changed(*changes)) == []


def test_a_round_trip_keeps_the_kind_of_every_number():
    game = loads(dumps(loads(RICH)))
    assert isinstance(game.parameters["half"].value, Expression)
    assert type(game.parameters["constant"].value) is float
