"""Draw the pictures of docs/gallery again, from the bundled games.

    python docs/make_gallery.py [FOLDER]
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from negotiation.cli import main

#: what is left of the pixels' number in a row, and colours: small files that look alike on a screen
SHARE, COLOURS = 2 / 3, 256

#: file → what 'negotiation plot' is asked, and what the picture shows
PICTURES: dict[str, tuple[str, str]] = {
    "nrnap-network.png": ("nrnap network", "Who sits at which front, and what is linked."),
    "nrnap-lattice.png": ("nrnap lattice --most 12 --width page",
                          "The course of play: the likeliest sequences of events."),
    "nrnap-timeline.png": ("nrnap timeline", "The likeliest sequences, with mean dates."),
    "nrnap-chances.png": ("nrnap chances --by 15", "How likely each status and outcome is, by "
                          "when."),
    "nrnap-cascade.png": ("nrnap cascade", "What each settled front does to the others."),
    "central-bargain.png": ("central bargain", "A bargain of four under six notions of a fair "
                            "deal."),
    "rubinstein-bargain.png": ("rubinstein bargain", "A bargain of two: the Pareto frontier."),
    "nrnap-terms.png": ("nrnap terms --move settle_central", "The terms of the central deal, by "
                        "what has happened before."),
    "fearon-commitment-branches.png": (
        "fearon-commitment branches --along shift=0:0.65 --outcome war",
        "A chance on every branch of equilibria, and where it jumps."),
    "central-tornado.png": ("central tornado", "Which parameter moves an outcome most."),
    "central-pivots.png": ("central pivots", "Whose consent decides an outcome."),
    "issue-linkage-sobol.png": ("issue-linkage sobol", "What decides an outcome over all draws."),
    "fearon-commitment-region.png": (
        "fearon-commitment region --along shift=0:0.6 --across power_now=0.66:0.95 --outcome war",
        "Where in the plane of two parameters a chance is which."),
    "nrnap-compare.png": ("nrnap compare --other nrnap-deterrence",
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
        shrink(folder / name)
        lines += [f"**{says}** `negotiation plot {asked} -o {name}`", "", f"![{says}]({name})", ""]
    (folder / "README.md").write_text("\n".join(lines), encoding="utf-8")


def shrink(path: Path) -> None:
    """Make a picture as large as a screen shows it, of few colours."""
    with Image.open(path) as image:
        size = [round(SHARE * length) for length in image.size]
        small = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    small.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        path, optimize=True)


def run(arguments: Sequence[str]) -> None:
    draw(Path(arguments[0]) if arguments else Path(__file__).resolve().parent / "gallery")


if __name__ == "__main__":
    run(sys.argv[1:])
