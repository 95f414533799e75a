"""Arithmetic over parameters: text → tree → numbers.

``+ - * / **``, unary minus, parentheses, numbers, names of parameters, and the functions ``min``,
``max``, ``exp``, ``log``, ``sqrt``, ``abs`` and ``clip(x, low, high)`` (which is
``min(max(x, low), high)``). Nothing else.

An expression comes from a file that somebody else may have written, so it is never handed to
Python's ``eval``. Three passes, each of which can refuse it: tokens (an allow-list of characters,
words and nesting, before any recursive parser sees the text), Python's parser in its tree-only
mode, and an allow-list over that tree. What comes out is a tree of tuples::

    ("number", 2.0)                      ("name", "trust")
    ("sum", ((1, a), (-1, b), …))        a - b + …, from the left
    ("product", ((1, a), (-1, b), …))    a / b * …, from the left
    ("power", base, exponent)            ("negative", a)
    ("call", "min", (a, b, …))

Chains are flat, so a sum of sixty parameters is one level deep. Values are floats or arrays (a
batch of draws is one evaluation).
"""

from __future__ import annotations

import ast
import keyword
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, overload

from .errors import ExpressionError, unknown_name

if TYPE_CHECKING:
    pass

Tree: TypeAlias = tuple[Any, ...]

#: function → the least and the largest number of arguments
FUNCTIONS: dict[str, tuple[int, int]] = {
    "min": (2, 100), "max": (2, 100), "exp": (1, 1), "log": (1, 1), "sqrt": (1, 1), "abs": (1, 1),
    "clip": (3, 3)}
MAX_LENGTH = 1000
MAX_DEPTH = 50
MAX_PARTS = 300
MAX_EXPONENT = 100.0

_TOKEN = re.compile(r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![\w.]))"
                    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<operator>\*\*|[-+*/(),])"
                    r"|(?P<space>[ \t\r\n]+)")
_HINTS = {"^": "write ** for a power", "%": "write 5% as 0.05", "\u2212": "write a plain '-'",
          "\u2013": "write a plain '-'", "\u00d7": "write * for a product",
          "\u00b7": "write * for a product", ".": "names have no parts here",
          "[": "parameters are single numbers and cannot be indexed",
          '"': "text is not a number", "'": "text is not a number",
          "<": "comparisons are not supported", ">": "comparisons are not supported",
          "=": "comparisons and assignments are not supported"}
_CHAINS: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: ("sum", 1), ast.Sub: ("sum", -1), ast.Mult: ("product", 1), ast.Div: ("product", -1)}


@dataclass(frozen=True)
class Expression:
    """A parsed expression: its ``text``, and the ``names`` of the parameters it uses, in order.

    Two expressions are equal when their texts are. Made by :func:`parse`.

    >>> parse("0.05 + 0.1*trust").evaluate({"trust": 0.5})
    0.1
    """

    text: str
    names: tuple[str, ...] = field(compare=False)
    tree: Tree = field(compare=False, repr=False)

    def __str__(self) -> str:
        return self.text

    @overload
    def evaluate(self, env: Mapping[str, float]) -> float: ...
    @overload
    def evaluate(self, env: Mapping[str, Any]) -> Any: ...

    def evaluate(self, env: Mapping[str, Any]) -> Any:
        """The value where each parameter has the value ``env`` gives it: floats, or arrays.

        Raises:
            ExpressionError: for a parameter that ``env`` lacks, and where a result is not a finite
                number (a division by zero, the log of a negative number, an overflow).
        """
        values = {}
        for name in self.names:
            if name not in env:
                raise ExpressionError(f"expression {self.text!r}: "
                                      + unknown_name("parameter", name, env))
            value = env[name]
            single = not hasattr(value, "__len__") or getattr(value, "shape", None) == ()
            values[name] = float(value) if single else value
        try:
            if all(isinstance(value, float) for value in values.values()):
                return float(_fold(self.tree, values, _scalar))
            return _evaluate_arrays(self.tree, values)
        except _Failure as failure:
            raise ExpressionError(f"expression {self.text!r}{failure.place(values)}: "
                                  f"{failure.reason}") from None


def parse(text: str) -> Expression:
    """Parse an expression over parameters.

    Raises:
        ExpressionError: for anything but arithmetic, and for texts that are too long or too deep.

    >>> parse("max(0, 1 - trust/2)").names
    ('trust',)
    """
    text = text.strip()
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"expression {text[:30] + '…'!r} has {len(text)} characters: "
                              f"expected at most {MAX_LENGTH}")
    if not text:
        raise ExpressionError("expression '' is empty: expected a number or arithmetic over "
                              "parameters")
    _check_tokens(text)
    try:
        # A parenthesised text may run over several lines, as TOML's long strings do.
        body = ast.parse(f"({text}\n)", mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        _refuse(text, "is not arithmetic that can be read: expected numbers and parameters joined "
                      "by + - * / **, with balanced parentheses")
    tree = _convert(text, body, 1)
    return Expression(text, tuple(dict.fromkeys(_names(tree))), tree)


def _names(tree: Tree) -> Iterator[str]:
    if tree[0] == "name":
        yield tree[1]
    else:
        for part in tree:
            if isinstance(part, tuple):
                yield from _names(part)


def _refuse(text: str, reason: str) -> NoReturn:
    shown = text if len(text) <= 80 else text[:79] + "…"
    raise ExpressionError(f"expression {shown!r} {reason}")


def _check_tokens(text: str) -> None:
    position = depth = parts = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            found = text[position]
            hint = _HINTS.get(found, "expected arithmetic over parameters")
            _refuse(text, f"has {found!r} at character {position + 1}: {hint}")
        word = token.group()
        if token.lastgroup == "name" and keyword.iskeyword(word):
            _refuse(text, f"has the word {word!r}, which cannot be used in an expression: expected "
                          "numbers, parameters, and the functions " + ", ".join(FUNCTIONS))
        parts += token.lastgroup in ("number", "name")
        depth += (word == "(") - (word == ")")
        if word == "," and depth == 0:
            _refuse(text, "has a comma outside a function: write a decimal number with a point")
        if depth > MAX_DEPTH:
            _refuse(text, f"is nested deeper than {MAX_DEPTH} levels")
        if depth < 0:
            _refuse(text, f"closes a parenthesis at character {position + 1} that is not open")
        position = token.end()
    if parts > MAX_PARTS:
        _refuse(text, f"has {parts} numbers and names: expected at most {MAX_PARTS}")


def _convert(text: str, node: ast.expr, depth: int) -> Tree:
    """The tree of an expression; only what is listed here is let through."""
    if depth > MAX_DEPTH:
        _refuse(text, f"is nested deeper than {MAX_DEPTH} levels")
    match node:
        case ast.Constant(value=value):
            return ("number", _literal(text, value))
        case ast.Name(id=name):
            return ("name", name)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return ("negative", _convert(text, operand, depth + 1))
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _convert(text, operand, depth + 1)
        case ast.BinOp(op=ast.Pow(), left=base, right=exponent):
            return _power(text, base, exponent, depth)
        case ast.BinOp(op=operator) if type(operator) in _CHAINS:
            return _chain(text, node, depth)
        case ast.Call():
            return _call(text, node, depth)
        case ast.Tuple():
            _refuse(text, "has a comma outside a function: write a decimal number with a point")
    _refuse(text, "is not arithmetic over parameters: expected numbers, names, + - * / **, "
                  "parentheses, and the functions " + ", ".join(FUNCTIONS))


def _literal(text: str, value: object) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
        _refuse(text, "has a number that is too large")
    _refuse(text, f"has {value!r}: expected a number")


def _chain(text: str, node: ast.expr, depth: int) -> Tree:
    assert isinstance(node, ast.BinOp)
    kind = _CHAINS[type(node.op)][0]
    terms: list[tuple[int, Tree]] = []
    left: ast.expr = node
    while isinstance(left, ast.BinOp) and _CHAINS.get(type(left.op), ("", 0))[0] == kind:
        terms.append((_CHAINS[type(left.op)][1], _convert(text, left.right, depth + 1)))
        left = left.left
    terms.append((1, _convert(text, left, depth + 1)))
    return (kind, tuple(reversed(terms)))


def _power(text: str, base: ast.expr, exponent: ast.expr, depth: int) -> Tree:
    inside = [*ast.walk(exponent), base]
    if any(isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) for node in inside):
        _refuse(text, "has a power of a power: expected one ** at a time")
    right = _convert(text, exponent, depth + 1)
    if not any(isinstance(node, ast.Name) for node in ast.walk(exponent)):
        try:
            size = abs(_fold(right, {}, _scalar))
        except _Failure as failure:
            _refuse(text, f"has an exponent that is not a finite number: {failure.reason}")
        if size > MAX_EXPONENT:
            _refuse(text, f"has an exponent of {size:g}: expected at most {MAX_EXPONENT:g}")
    return ("power", _convert(text, base, depth + 1), right)


def _call(text: str, node: ast.Call, depth: int) -> Tree:
    if not isinstance(node.func, ast.Name):
        _refuse(text, "calls something that is not a function: write * for a product")
    name, count = node.func.id, len(node.args)
    if name not in FUNCTIONS:
        _refuse(text, "calls an " + unknown_name("function", name, FUNCTIONS))
    if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
        _refuse(text, f"gives {name} named or starred arguments: expected plain ones")
    low, high = FUNCTIONS[name]
    if not low <= count <= high:
        expected = f"{low}" if low == high else f"{low} to {high}"
        _refuse(text, f"gives {name} {count} arguments: expected {expected}")
    return ("call", name, tuple(_convert(text, argument, depth + 1) for argument in node.args))


class _Failure(Exception):
    """A step whose result is not a finite number; ``draw`` is the first one in an array."""

    def __init__(self, reason: str, draw: tuple[int, ...] = (),
                 shape: tuple[int, ...] = ()) -> None:
        self.reason, self.draw, self.shape = reason, draw, shape

    def place(self, values: Mapping[str, Any]) -> str:
        shown = []
        for name, value in values.items():
            if not isinstance(value, float) and self.draw:
                import numpy as np
                value = np.broadcast_to(value, self.shape)[self.draw]
            single = isinstance(value, float) or not getattr(value, "shape", ())
            shown.append(f"{name} = {float(value)!r}" if single else f"{name} an array")
        where = f" at draw {', '.join(map(str, self.draw))}" if self.draw else ""
        return where + (f" with {', '.join(shown)}" if shown else "")


_Step = Callable[[str, list[Any]], Any]


def _fold(tree: Tree, values: Mapping[str, Any], step: _Step) -> Any:
    """Evaluate a tree; ``step`` does one operation and checks that its result is finite."""
    match tree:
        case ("number", number):
            return number
        case ("name", name):
            value = values[name]
            return value if not isinstance(value, float) else step("value", [value])
        case ("negative", operand):
            return -_fold(operand, values, step)
        case ("power", base, exponent):
            return step("**", [_fold(base, values, step), _fold(exponent, values, step)])
        case ("call", name, arguments):
            return step(name, [_fold(argument, values, step) for argument in arguments])
        case (kind, terms):
            signs = ("+", "-") if kind == "sum" else ("*", "/")
            total = _fold(terms[0][1], values, step)
            for sign, term in terms[1:]:
                total = step(signs[sign < 0], [total, _fold(term, values, step)])
            return total
    raise AssertionError(tree)


_SCALAR: dict[str, Callable[..., float]] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
    "/": lambda a, b: a / b, "**": math.pow, "min": min, "max": max, "exp": math.exp,
    "log": math.log, "sqrt": math.sqrt, "abs": abs, "value": lambda a: a,
    "clip": lambda x, low, high: min(max(x, low), high)}


def _scalar(operation: str, arguments: list[float]) -> float:
    try:
        result = _SCALAR[operation](*arguments)
    except (ArithmeticError, ValueError):
        raise _Failure(_reason(operation, arguments)) from None
    if not math.isfinite(result):
        raise _Failure(_reason(operation, arguments))
    return result


def _reason(operation: str, arguments: list[float]) -> str:
    first, last = arguments[0], arguments[-1]
    if not all(math.isfinite(argument) for argument in arguments):
        return "a parameter is not a finite number"
    if operation == "/" and last == 0 or operation == "**" and first == 0 and last < 0:
        return "division by zero"
    if operation == "log" and first <= 0:
        return f"log({first:g}): expected a positive number"
    if operation == "sqrt" and first < 0:
        return f"sqrt({first:g}): expected a number that is not negative"
    if operation == "**" and first < 0 and not float(last).is_integer():
        return f"{first:g} ** {last:g} is not a real number"
    return "the result is too large"


def _evaluate_arrays(tree: Tree, values: Mapping[str, Any]) -> Any:
    import numpy as np

    steps: dict[str, Callable[..., Any]] = {
        "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "**": np.power,
        "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "abs": np.abs,
        "min": lambda *a: reduce(np.minimum, a), "max": lambda *a: reduce(np.maximum, a),
        "clip": lambda x, low, high: np.minimum(np.maximum(x, low), high)}

    def step(operation: str, arguments: list[Any]) -> Any:
        if all(isinstance(argument, float) for argument in arguments):
            return _scalar(operation, arguments)
        result = steps[operation](*arguments)
        finite = np.isfinite(result)
        if not finite.all():
            draw = tuple(int(index) for index in np.argwhere(~finite)[0])
            at = [float(np.broadcast_to(argument, finite.shape)[draw]) for argument in arguments]
            raise _Failure(_reason(operation, at), draw, finite.shape)
        return result

    arrays = {name: value if isinstance(value, float) else np.asarray(value, dtype=float)
              for name, value in values.items()}
    shape = np.broadcast_shapes(*(np.shape(value) for value in arrays.values()))
    for name, value in arrays.items():
        bad = ~np.isfinite(np.broadcast_to(value, shape))
        if bad.any():
            draw = tuple(int(index) for index in np.argwhere(bad)[0])
            raise _Failure(f"{name} is not a finite number", draw, shape)
    with np.errstate(all="ignore"):
        return np.array(np.broadcast_to(_fold(tree, arrays, step), shape))
