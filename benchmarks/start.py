"""How long a user waits (N8): whole processes, cold, beside an empty Python and one with numpy.

Run with the Python that has the package installed:

    python benchmarks/start.py [runs]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

COMMANDS = (
    ("python -c pass", ["-c", "pass"], None),
    ("python -c 'import numpy'", ["-c", "import numpy"], None),
    ("import negotiation", ["-c", "import negotiation"], 0.15),
    ("negotiation --help", ["-m", "negotiation", "--help"], 0.3),
    ("negotiation list", ["-m", "negotiation", "list"], None),
    ("negotiation solve rubinstein", ["-m", "negotiation", "solve", "rubinstein"], None),
    ("negotiation solve nrnap", ["-m", "negotiation", "solve", "nrnap"], 1.5),
    ("negotiation solve nrnap --concept logit",
     ["-m", "negotiation", "solve", "nrnap", "--concept", "logit"], None),
    ("negotiation cascade nrnap", ["-m", "negotiation", "cascade", "nrnap"], None),
)


def once(arguments: list[str]) -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    print(f"{'command':<44}{'median':>9}{'least':>9}{'reach':>9}")
    for name, arguments, reach in COMMANDS:
        once(arguments)
        seconds = [once(arguments) for _ in range(runs)]
        print(f"{name:<44}{statistics.median(seconds):>8.3f}s{min(seconds):>8.3f}s"
              f"{'' if reach is None else f'{reach:.2f}s':>9}")


if __name__ == "__main__":
    main()
