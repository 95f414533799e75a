"""The explorer: a page on this machine with a slider for every parameter and a switch for every
setting; moving one solves the game again and draws it.

It is served by Flask (the extra ``explore``) at a loopback address only, unless asked otherwise,
below a path that nobody can guess. It serves one page and answers one kind of question, and reads
no file.
"""

from __future__ import annotations

from .question import Question, question
from .server import Explorer

__all__ = ["Explorer", "Question", "question"]
