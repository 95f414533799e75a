"""The page of a report: what was found, laid out by the template, with its policy."""

from __future__ import annotations

import base64
import hashlib
import json
import platform
from collections.abc import Iterable
from importlib import import_module, resources
from typing import Any

from .. import __version__
from ..claims import ClaimResult
from ..errors import MissingLibraryError
from ..findings import Findings
from ..formats.definition import dumps
from ..model import Game
from ..text.claims import numbers
from ..text.describe import game_page, one_line
from ..text.summary import summary
from ..text.words import number, spaced, time
from . import analyses
from .library import library
from .picture import Data, Picture, Table
from .views import FOLLOW, views

#: paths of play that can be chosen at a value of a slider, and dates on their curves
SLID, DATES = 4, 31


def require_libraries() -> None:
    """See that what makes a page is there.

    Raises:
        MissingLibraryError: with what to install.
    """
    for name, called in (("jinja2", "Jinja2"), ("plotly", "plotly")):
        try:
            import_module(name)
        except ImportError as error:
            raise MissingLibraryError(
                f"reports need {called}, which is not installed: pip install "
                "'negotiation[report]' (or pip install jinja2 plotly)") from error


def page(found: Findings, *, definition: str | None = None, command: str | None = None,
         changed: str = "") -> str:
    """The report as one HTML document.

    Args:
        found: what to tell.
        definition: the text of the definition file; written from the game when left out.
        command: how to make the report again.
        changed: what was changed about the definition, in words.
    """
    require_libraries()
    game = found.game
    base = views(found.solution, found.by)
    whole = _whole(found)
    sliders = [{"name": one.parameter, "label": spaced(one.parameter), "own": one.own,
                "values": [round(value, 9) for value in one.values],
                "said": [_said(game, one.parameter, value) for value in one.values],
                "picture": f"slider-{at}",
                "views": [[view.record() for view in views(solution, found.by, DATES, SLID)]
                          for solution in one.solutions]} for at, one in enumerate(found.sweeps)]
    data = {"follow": FOLLOW, "base": [view.record() for view in base], "sliders": sliders,
            "pictures": {name: one.record() for name, one in whole.items()}}
    follow = {name: base[0].pictures.get(name, _NOTHING) for name in FOLLOW}
    written = definition is None
    text = dumps(game) if definition is None else definition
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    return render(
        "page.html", ("pictures.js", "page.js"), data, title=game.title, game=game,
        about=_about(found), changed=changed, summary=summary(found), sliders=sliders,
        choices=[view.label for view in base], shown=base[0].says, verdict=base[0].outcomes,
        worth=base[0].worth, follow=follow, whole=whole, parameters=parameters(game),
        claims=_claims(found), claims_command=f"negotiation claims {game.name}",
        words=game_page(game, formulas=True), missing=_missing(found), definition=text,
        definition_note=("Written from the game as it was solved." if written else
                         "The file as it was read.") + f" SHA-256: {digest}",
        command=command or command_of(found), versions=_versions(found))


_NOTHING = Picture("Nothing to draw", "", "", (), {"height": 0}, Table((), ()))


def render(template: str, scripts: Iterable[str], data: Data, **values: Any) -> str:
    """A page from its template, with plotly's script and ours, and the policy that allows them."""
    jinja: Any = import_module("jinja2")
    safe: Any = import_module("markupsafe").Markup
    script = "\n".join(_file(name) for name in scripts)
    hashes = " ".join(_hash(text) for text in (library(), script))
    connect = values.pop("connect", "'none'")
    policy = (f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
              f"img-src data: blob:; connect-src {connect}; "
              "base-uri 'none'; form-action 'none'")
    environment = jinja.Environment(autoescape=True, undefined=jinja.StrictUndefined,
                                    trim_blocks=True, loader=jinja.FunctionLoader(_file))
    made: str = environment.get_template(template).render(
        version=__version__, policy=policy, style=safe(_file("page.css")), data=safe(inert(data)),
        library=safe(library()), script=safe(script), **values)
    return made


def inert(data: Any) -> str:
    """JSON that cannot end the script element that holds it, nor be read as anything else."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in ("<", ">", "&", "\u2028", "\u2029"):
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _file(name: str) -> str:
    return resources.files("negotiation.report").joinpath(name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    # An HTML parser reads every end of line as "\n" before the script is hashed.
    seen = script.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8")
    return f"'sha256-{base64.b64encode(hashlib.sha256(seen).digest()).decode('ascii')}'"


# ---- parts -----------------------------------------------------------------------------------

def _about(found: Findings) -> str:
    game = found.game
    source = f" Source: {game.source}" if game.source else ""
    return (f"{one_line(game)}; moves can reach {len(found.solution.lattice.states)} states. "
            f"Chances refer to {time(found.by, game.time_unit)}. Made by negotiation "
            f"{__version__}.{source}")


def _whole(found: Findings) -> dict[str, Picture]:
    """The pictures that do not follow the choice of an equilibrium."""
    likely, effects = found.likelihood, found.cascade
    made = {
        "cascade-bars": effects and analyses.carried(effects),
        "cascade-matrix": effects and analyses.matrix(effects),
        "bargain": analyses.fair(found),
        "draws": likely and analyses.draws(likely), "tornado": likely and analyses.tornado(likely),
        "sobol": likely and analyses.sobol(likely), "deciding": analyses.deciding(found),
        **{f"slider-{at}": analyses.slider(found, one) for at, one in enumerate(found.sweeps)},
        "network": analyses.linked(found.game)}
    return {name: one for name, one in made.items() if one}


def _said(game: Game, parameter: str, value: float) -> str:
    unit = game.parameters[parameter].unit
    return f"{number(value)} {unit}" if unit else number(value)


def parameters(game: Game) -> Table:
    """Every parameter with its value, range, unit and note."""
    values = game.parameter_values()
    rows = []
    for name, one in game.parameters.items():
        span = "–" if one.low is None or one.high is None else (
            f"{number(one.low)} to {number(one.high)}")
        rows.append((name, number(values[name]), span, one.unit, " ".join(one.doc.split())))
    return Table(("Parameter", "Value", "Range", "Unit", "What it rests on"), tuple(rows), (1,))


def _claims(found: Findings) -> Table:
    """What the file claims, and what was found of it."""
    tested = {one.claim.id: one for one in found.claims}
    rows = []
    for claim in found.game.claims:
        one = tested.get(claim.id)
        rows.append((claim.says, claim.source, "not tested", "") if one is None else (
            claim.says, claim.source, _verdict(one), numbers(one)))
    return Table(("Claim", "Where it is said", "Does it hold?", "What was found"), tuple(rows))


def _verdict(one: ClaimResult) -> str:
    if one.equilibria == "some":
        return f"{'yes' if one.nominal else 'no'}, but not in every equilibrium"
    return "yes" if one.equilibria == "every" else "no"


def _missing(found: Findings) -> Table:
    return Table(("Part", "Why", "What works it out"), tuple(
        (left.part, left.why, left.command) for left in found.left_out))


def command_of(found: Findings) -> str:
    """The command that makes a report like this one, without a limit of time."""
    asked = f" --outcome {found.outcome.name}" if found.outcome else ""
    draws = found.likelihood.draws if found.likelihood else found.draws
    return (f"negotiation report {found.game.name} -o report.html{asked} --by {found.by:g} "
            f"--draws {draws} --seed {found.seed}")


def _versions(found: Findings) -> Table:
    rows = [("negotiation", __version__), ("Python", platform.python_version())]
    rows += [(name, str(import_module(name).__version__)) for name in ("numpy", "scipy", "plotly")]
    drawn = found.likelihood.draws if found.likelihood else 0
    return Table(("What", "Which"), (*rows, ("seed", str(found.seed)),
                                     ("draws asked for", str(found.draws)),
                                     ("draws made", str(drawn))))
