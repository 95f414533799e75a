"""The documentation's pages run as they are written, and the generated ones leave nothing out."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from doc_pages import run_page

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(page for page in DOCS.rglob("*.md")
               if "generated" not in page.parts and "_build" not in page.parts)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_shows_is_what_happens(page: Path, tmp_path: Path) -> None:
    wrong = run_page(page, tmp_path)
    assert not wrong, ("the page shows something else; check it, then regenerate it by "
                       f"REGENERATE=1 python -m pytest tests/test_docs.py -k {page.stem}\n\n"
                       + "\n\n".join(wrong))
