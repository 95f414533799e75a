"""Public names of a package, imported when first used, so that importing it costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from importlib import import_module


def attributes(namespace: dict[str, object], homes: Mapping[str, str],
               modules: Collection[str] = (),
               ) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of a package (PEP 562).

    Args:
        namespace: the package's ``globals()``; a name that was asked for is kept there.
        homes: public name → the module of the package that it lives in.
        modules: public names that are modules of the package themselves.
    """
    package = namespace["__name__"]

    def get(name: str) -> object:
        if name in modules:
            return import_module(f"{package}.{name}")
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value: object = getattr(import_module(f"{package}.{homes[name]}"), name)
        namespace[name] = value
        return value

    def names() -> list[str]:
        return sorted({*namespace, *homes, *modules})

    return get, names
