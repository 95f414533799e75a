"""The command ``negotiation``: reads the arguments, runs one command, writes what it says.

Exit status: 0 done; 1 the question was answered with "no" where the command is a check; 2 the
input is wrong (one message on stderr, no traceback); 130 interrupted. Output whose reader has gone
away (``| head``) ends quietly with 0.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ..errors import DefinitionError, NegotiationError
from .arguments import UsageError, parse
from .terminal import DONE, INTERRUPTED, WRONG, complain, write


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    try:
        return _run(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED
    except UsageError as error:
        complain(f"{error}\nSee '{error.command} --help'.")
    except DefinitionError as error:
        complain(_all_problems(error))
    except NegotiationError as error:
        complain(str(error))
    except MemoryError:
        complain("there is not enough memory for a game of this size")
    except OSError as error:
        complain(f"the output cannot be written: {error.strerror or error}")
    return WRONG


def _run(argv: list[str]) -> int:
    try:
        arguments = parse(argv)
    except SystemExit:
        # --help and --version have printed; what is left is to see that it arrived.
        write("")
        return DONE
    from . import commands  # imports the model, which --help does not need

    answer = commands.run(arguments)
    write(answer.text)
    return answer.status


def _all_problems(error: DefinitionError) -> str:
    count = len(error.problems)
    if count == 1:
        return f"{error.file}: {error.problems[0]}"
    lines = "\n".join(f"  {problem}" for problem in error.problems)
    return f"{error.file} has {count} problems:\n{lines}"
