"""Kernels put through numba, where that is installed (the extra ``[fast]``) and pays.

Numba takes 0.4 s to import and seconds to compile the first time, so that nothing loads it on the
way to a small answer: :func:`compiled` gives a kernel only where numba is at hand already, or where
the caller says that the work is large. :func:`warm` loads it ahead of many small problems.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

#: module of kernels → its functions, each after those that it calls
KERNELS = {
    "consent_bounds": ("zero", "open_up", "decide", "narrow", "root", "settle", "values", "check"),
    "consent_search": ("highest", "lowest", "pin", "bound", "prune", "largest", "eliminate", "mix",
                       "keep", "branch", "insert", "leaf", "search"),
    "consent_loops": ("search_near", "solve_state", "gather", "put", "sweep", "list_states"),
    "nash_loops": ("height", "factor", "advance", "climb", "bargain"),
    "regime_loops": ("count", "enclose", "confine", "sift", "offer", "paid", "waiting",
                     "in_turn", "gauss", "joint"),
    "regime_search": ("peak", "reset", "middle", "wrong", "agree", "stands", "sift_deals",
                      "every_regime", "ask", "spread", "load", "solve_rows"),
    "play_loops": ("twin", "copy", "lay_out", "nearest", "write", "follow_plays"),
    "noisy_terms": ("utility", "lift", "curve", "soft_terms", "respond"),
    "logit_loops": ("evaluate", "off", "tangent", "correct", "around", "follow_branch",
                    "follow_rows"),
    "exact_loops": ("assign", "number", "gains", "force", "flows", "indifference", "bargains",
                    "equations", "confined", "step", "released", "settled", "sharpen",
                    "sharpen_rows"),
    "duality_loops": ("dual", "share", "least_bound", "bound_rows"),
    "certificate_loops": ("note", "crest", "most_for_all", "multipliers", "tilt", "lacks",
                          "stationary", "may_tie", "idle_worth", "near_surplus", "owed",
                          "off_small", "off_terms", "consents", "certify_rows"),
    "chain_loops": ("live_states", "invert_rows"),
    "batch_two": ("by_loop",),
    "polytope_loops": ("hash_slot", "rehash", "leaving_float", "leaving_whole", "pivot_float",
                       "pivot_whole", "slack_of", "proved_point", "search_float", "search_whole"),
    "bimatrix_small": ("sum_sign", "pure_small", "pair_small", "full_side", "full_small",
                       "solve_small"),
    "bimatrix_loops": ("_unit", "_shifted", "_distinct", "_bits", "_complementary", "_before",
                       "finish", "small_whole", "worst_regret", "solve_floats", "solve_whole",
                       "solve"),
    "batch_bimatrix": ("points_only", "solve_many"),
}


#: the kernels that Python calls; the others are called by kernels alone and need no wrappers, which
#: would double the time that they take to compile
ENTRIES = {"sweep", "list_states", "solve_rows", "follow_plays", "follow_rows", "sharpen_rows",
           "bound_rows", "certify_rows", "invert_rows",
           "by_loop", "solve", "solve_many"}


#: modules whose kernels make no arrays of their own, so that nobody need count who holds one: to
#: count took a quarter of the time of loops that pass small arrays around
LENT = {"consent_bounds", "consent_search", "consent_loops", "nash_loops", "regime_loops",
        "regime_search", "noisy_terms", "logit_loops", "exact_loops", "duality_loops",
        "certificate_loops", "chain_loops"}


def available() -> bool:
    """Whether numba can be imported."""
    return "numba" in sys.modules or importlib.util.find_spec("numba") is not None


def compiled(module: str, name: str, large: bool = False) -> Callable[..., Any] | None:
    """The compiled kernel, or None where numba is missing or not worth loading."""
    if module in _loaded:
        return _loaded[module][name]
    return _load(module)[name] if large and available() else None


def warm() -> bool:
    """Load every kernel now; whether numba is there. Worth it before thousands of small games."""
    if not available():
        return False
    for module in KERNELS:
        _load(module)
    return True


_loaded: dict[str, dict[str, Callable[..., Any]]] = {}


@cache
def _load(module: str) -> dict[str, Callable[..., Any]]:
    import numba

    source = importlib.import_module(f"{__package__}.{module}")
    namespace = dict(vars(source))
    for other in list(KERNELS)[:list(KERNELS).index(module)]:
        namespace.update({name: kernel for name, kernel in _load(other).items()
                          if name in namespace and name not in KERNELS[module]})
    made: dict[str, Callable[..., Any]] = {}
    for name in KERNELS[module]:
        plain = namespace[name]
        # a copy whose calls to its fellows find the compiled ones
        made[name] = _jit(numba, type(plain)(plain.__code__, namespace, name), module)
        namespace[name] = made[name]
    _loaded[module] = made
    return made


def _jit(numba: Any, plain: Callable[..., Any], module: str) -> Callable[..., Any]:
    """Compiled and kept on disk; only in memory where no folder for that can be written."""
    inner = plain.__name__ not in ENTRIES
    options = {"nogil": True, "error_model": "numpy", "no_cpython_wrapper": inner,
               "no_cfunc_wrapper": True, "_nrt": module not in LENT}
    try:
        return numba.njit(plain, cache=True, **options)                             # type: ignore[no-any-return]
    except RuntimeError:
        return numba.njit(plain, **options)                                         # type: ignore[no-any-return]
