"""Published games: the payoffs that the tests use against the files that Gambit ships.

    python benchmarks/published.py PATH-OF-A-CLONE-OF-GAMBIT

Every case with a file is read from there and compared number by number; then every other ``.nfg``
file of the clone is solved, so that the number of equilibria can be held against its title.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from negotiation.errors import NegotiationError
from negotiation.formats.nfg import load_nfg
from negotiation.normal_form import solve

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from normal_form_stored import ALL  # noqa: E402

#: files of more profiles take minutes and say nothing about how many equilibria there are
LARGEST = 32


def main(clone: Path) -> int:
    wrong = 0
    for case in ALL:
        if case.file:
            same = np.array_equal(load_nfg(clone / case.file).payoffs, np.array(case.payoffs))
            wrong += not same
            print(f"{'same' if same else 'DIFFERENT':10}{case.name}: {case.file}")
    known = {case.file for case in ALL}
    for path in sorted(clone.rglob("*.nfg")):
        name = path.relative_to(clone).as_posix()
        if name in known:
            continue
        try:
            game = load_nfg(path)
        except NegotiationError as error:
            print(f"not read  {error}")
            continue
        if game.n > 2 and game.payoffs[0].size >= LARGEST:
            continue
        solution = solve(game)
        how = "all" if solution.complete else "extreme" if solution.described else "not proved all"
        print(f"{len(solution.equilibria):4} {how:15}{game.title} ({name})", flush=True)
    print(f"{wrong} of {sum(bool(case.file) for case in ALL)} files differ")
    return int(wrong > 0)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
