"""Draw the pictures of docs/gallery again, from the bundled games.

    python docs/make_gallery.py [FOLDER]
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from negotiation.cli import main

#: file → what 'negotiation plot' is asked, and what the picture shows
PICTURES: dict[str, tuple[str, str]] = {
    "nrnap-network.svg": ("nrnap network", "Who sits at which front, and what is linked."),
    "nrnap-lattice.svg": ("nrnap lattice --most 12 --width page",
                          "The course of play: the likeliest sequences of events."),
    "nrnap-timeline.svg": ("nrnap timeline", "The likeliest sequences, with mean dates."),
    "nrnap-chances.svg": ("nrnap chances --by 15", "How likely each status and outcome is, by "
                          "when."),
    "nrnap-cascade.svg": ("nrnap cascade", "What each settled front does to the others."),
    "central-bargain.svg": ("central bargain", "A bargain of four under six notions of a fair "
                            "deal."),
    "rubinstein-bargain.svg": ("rubinstein bargain", "A bargain of two: the Pareto frontier."),
    "nrnap-terms.svg": ("nrnap terms --move settle_central", "The terms of the central deal, by "
                        "what has happened before."),
    "fearon-commitment-branches.svg": (
        "fearon-commitment branches --along shift=0:0.65 --outcome war",
        "A chance on every branch of equilibria, and where it jumps."),
    "central-tornado.svg": ("central tornado", "Which parameter moves an outcome most."),
    "central-pivots.svg": ("central pivots", "Whose consent decides an outcome."),
    "issue-linkage-sobol.svg": ("issue-linkage sobol", "What decides an outcome over all draws."),
    "fearon-commitment-region.png": (
        "fearon-commitment region --along shift=0:0.6 --across power_now=0.66:0.95 --outcome war",
        "Where in the plane of two parameters a chance is which."),
    "nrnap-compare.svg": ("nrnap compare --other nrnap-deterrence",
                          "Two readings of one case, side by side."),
}


def draw(folder: Path) -> None:
    """Write every picture, and the page that shows them."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["# Gallery", "", "Made by `python docs/make_gallery.py` from the bundled games.", ""]
    for name, (asked, says) in PICTURES.items():
        status = main(["plot", *asked.split(), "-o", str(folder / name)])
        if status:
            raise SystemExit(status)
        lines += [f"**{says}** `negotiation plot {asked} -o {name}`", "", f"![{says}]({name})", ""]
    (folder / "README.md").write_text("\n".join(lines), encoding="utf-8")


def run(arguments: Sequence[str]) -> None:
    draw(Path(arguments[0]) if arguments else Path(__file__).resolve().parent / "gallery")


if __name__ == "__main__":
    run(sys.argv[1:])
