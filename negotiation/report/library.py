"""The part of plotly's script that the pages use.

plotly's package ships one script of almost 5 MB with every kind of picture that there is: maps,
globes, surfaces. A browser needs two seconds to read it before it has drawn anything. It is a row
of modules, each of which is a function that runs when it is first called, and a list of the kinds
of pictures at its end::

    var A=W((t,e)=>{...});var B=W((t,e)=>{... A() ...}); ... X.register([B(),C(),...]) ...

Here the kinds that pages do not draw are taken from that list, and with them every module that none
of the remaining ones calls. Nothing within a module is changed, and whatever looks like a call
keeps the module that it names. A script of another shape is used whole.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module

#: the kinds of pictures that pages draw, besides scatter, which plotly is never without
TRACES = ("bar", "heatmap")

_CALL = re.compile(r"([\w$]+)\(\)")
_LIST = re.compile(r"(?<=\.register\(\[)[\w$]+\(\)(?:,[\w$]+\(\))*(?=\]\))")
_KIND = re.compile(r'moduleType:"trace",name:"([\w-]+)"')
_PASSED_ON = re.compile(r"\.exports=([\w$]+)\(\)")


@lru_cache(maxsize=1)
def library() -> str:
    """The script that draws pictures."""
    script: str = import_module("plotly.offline").get_plotlyjs()
    return reduced(script)


def reduced(script: str) -> str:
    """A script of plotly's without the kinds of pictures that pages do not draw."""
    head, *parts = _parts(script)
    listed = _LIST.search(parts[-1]) if parts else None
    if listed is None:
        return script
    defined = re.compile(rf"([\w$]+)=(?:{'|'.join(map(re.escape, _wrappers(head)))})\(")
    home = {name: at for at, part in enumerate(parts) for name in defined.findall(part)}
    wanted = [name for name in _CALL.findall(listed[0]) if _kind(name, home, parts) in TRACES]
    if len(wanted) != len(TRACES):
        return script
    parts[-1] = (parts[-1][:listed.start()] + ",".join(f"{name}()" for name in wanted)
                 + parts[-1][listed.end():])
    kept = _called(len(parts) - 1, home, parts)
    return head + "".join(part for at, part in enumerate(parts) if at in kept)


def _wrappers(head: str) -> list[str]:
    """The functions that make a module of a function: of either kind of module that there is."""
    return re.findall(r"([\w$]+)=\([\w$,]+\)=>\(\)=>", head)


def _parts(script: str) -> list[str]:
    """What stands before the first module, and the modules: of the kind that most are of, each with
    whatever stands before the next one."""
    found = re.search(r"var ([\w$]+)=\([\w$,]+\)=>\(\)=>[^;]*?exports:\{\}", script)
    if found is None:
        return [script]
    return re.split(rf"(?<=;)(?=var [\w$]+={re.escape(found[1])}\()", script)


def _kind(name: str, home: dict[str, int], parts: list[str]) -> str | None:
    """What kind of picture a listed module is of: the one that it hands on, or is."""
    for _ in range(4):
        if name not in home:
            return None
        part = parts[home[name]]
        if found := _KIND.search(part):
            return found[1]
        handed = _PASSED_ON.search(part)
        name = handed[1] if handed else ""
    return None


def _called(first: int, home: dict[str, int], parts: list[str]) -> set[int]:
    """A module, and those that it calls, and those that they call."""
    kept, left = set[int](), [first]
    while left:
        at = left.pop()
        if at not in kept:
            kept.add(at)
            left += [home[name] for name in _CALL.findall(parts[at]) if name in home]
    return kept
