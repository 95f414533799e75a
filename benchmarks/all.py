"""Every benchmark, one after the other, in processes of their own.

    python benchmarks/all.py

The peers come with the extra ``benchmark`` (``pip install '.[benchmark]'``), except sgamesolver,
for which see ``stochastic.py``; what is not installed is said and left out.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
#: script → what of DESIGN §5 it measures
SCRIPTS = {"start.py": "N8", "lattice.py": "N3, N7", "stochastic.py": "N4, N5",
           "normal_form.py": "N1, N2", "likelihood.py": "N6, N7", "accuracy.py": "N9",
           "tracing.py": "an event of a trace"}


def main() -> int:
    """Run all scripts; the exit status is 1 if one of them failed."""
    print(f"Python {platform.python_version()} on {platform.machine()}, {platform.system()}")
    failed = []
    for name, numbers in SCRIPTS.items():
        print(f"\n== {name}: {numbers} ==\n", flush=True)
        if subprocess.run([sys.executable, str(FOLDER / name)], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"\nfailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
