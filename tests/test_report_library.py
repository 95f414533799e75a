"""Pages carry as much of plotly's script as their pictures need, and a script that is not known
whole."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from page_games import PAGE

import negotiation as ng
from negotiation.findings import gather

pytest.importorskip("plotly", reason="reports need the extra 'report' (in 'test')")

from negotiation.report.library import TRACES, library, reduced  # noqa: E402

HEAD = ('/* licence */var Plotly=(()=>{var E=(e,t)=>()=>(e&&(t=e(e=0)),t);var W=(e,t)=>()=>'
        '{return t||e((t={exports:{}}).exports,t),t.exports};')


def module(name: str, body: str) -> str:
    return f'var {name}=W((e,t)=>{{"use strict";{body}}});'


def script(end: str = "X.register([bar(),map(),heat()]);t.exports=X", more: str = "") -> str:
    return "".join((
        HEAD, module("core", "shared()"), module("shared", 'e.s="var no=1;"'),
        module("barIn", 't.exports={moduleType:"trace",name:"bar",a:shared()}'),
        module("bar", "t.exports=barIn()"),
        module("tiles", "lone()"), "function drawn(){}var now,tile=E(()=>{tiles()});",
        module("map", 't.exports={moduleType:"trace",name:"scattermap",a:tile()}'),
        module("heat", 't.exports={moduleType:"trace",name:"heatmap",a:round()}'),
        module("corners", "1"), "function side(){}var x,round=E(()=>{side()});",
        module("lone", "2"), more, module("all", "var X=core();" + end),
        "return all()})();\nwindow.Plotly = Plotly;"))


def test_what_nothing_calls_any_more_is_left_out() -> None:
    whole = script()
    for gone in ("tiles", "lone", "map"):
        whole = re.sub(rf"var {gone}=W\(.*?(?=var \w+=W\()", "", whole, flags=re.DOTALL)
    # "corners" stays: what "heat" calls is defined beside it
    assert reduced(script()) == whole.replace("[bar(),map(),heat()]", "[bar(),heat()]")
    assert "function side" in whole and "function drawn" not in whole


@pytest.mark.parametrize("other", [
    "", "window.Plotly = 1;", HEAD, script(end="t.exports=X"), script(end="X.register(list())"),
    script(end="X.register([bar(),map()])"), script(end="X.register([a(),b(),c()])")])
def test_a_script_of_another_shape_is_used_whole(other: str) -> None:
    assert reduced(other) == other


def test_the_installed_script_becomes_much_smaller() -> None:
    from plotly.offline import get_plotlyjs

    whole, used = get_plotlyjs(), library()
    assert len(used) < 1.5e6 < len(whole)
    assert used.startswith(whole[:200]) and used.endswith(whole[-200:])  # the licences as well
    listed = re.findall(r'moduleType:"trace",name:"([\w-]+)"', used)
    assert {"scatter", *TRACES} <= set(listed) and "choropleth" not in listed


def kinds(data: Any) -> set[str]:
    """The kinds of all traces in the records of a page."""
    if isinstance(data, list):
        return set().union(*map(kinds, data))
    if not isinstance(data, dict):
        return set()
    own = {trace["type"] for trace in data["data"]} if "layout" in data else set()
    return own.union(*map(kinds, data.values()))


def test_pages_draw_no_other_kinds() -> None:
    from negotiation.report import page

    made = page(gather(ng.loads(PAGE), draws=2))
    data = json.loads(re.findall(r'<script type="application/json" id="data">(.*?)</script>',
                                 made)[0])
    assert kinds(data) == {"scatter", *TRACES}
