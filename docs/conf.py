"""How Sphinx builds the documentation: ``sphinx-build -W -b html docs FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_ext")]

import negotiation  # noqa: E402

project = "negotiation"
author = "The negotiation authors"
version = release = negotiation.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "generated"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_ext"]
# single backquotes are plain text in docstrings; code is in double ones
default_role = None
# attributes of several classes share names, which their docstrings mention unqualified
suppress_warnings = ["ref.python"]

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

napoleon_use_ivar = True
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True

html_theme = "alabaster"
html_theme_options = {"description": "linked bargaining games", "fixed_sidebar": True,
                      "page_width": "70rem", "sidebar_width": "16rem"}
html_show_sphinx = False
html_copy_source = False
