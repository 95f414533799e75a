"""Expressions: arithmetic over parameters and nothing else."""

import ast
import math
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from negotiation.errors import ExpressionError
from negotiation.expressions import FUNCTIONS, Expression, parse

VALUES = {"a": 0.5, "b": 2.0, "c": -3.0}


@pytest.mark.parametrize("text, expected", [
    ("1", 1.0),
    (".5e1", 5.0),
    (" 2. ", 2.0),
    ("a + b*c", -5.5),
    ("a - b - c", 1.5),
    ("8/2/2", 2.0),
    ("8/(2/2)", 8.0),
    ("2*-a", -1.0),
    ("-a**2", -0.25),
    ("(-a)**2", 0.25),
    ("2**-1", 0.5),
    ("(1 - a**2)**0.5", math.sqrt(0.75)),
    ("b**c", 0.125),
    ("+a", 0.5),
    ("1--1", 2.0),
    ("min(a, b, c)", -3.0),
    ("max(a, b)", 2.0),
    ("exp(log(b))", 2.0),
    ("sqrt(b*2)", 2.0),
    ("abs(c)", 3.0),
    ("clip(c, -1, 1)", -1.0),
    ("clip(a, -1, 1)", 0.5),
    ("(a\n + b)", 2.5),
    ("a\n + b", 2.5),
])
def test_arithmetic_has_its_usual_meaning(text, expected):
    value = parse(text).evaluate(VALUES)
    assert type(value) is float
    assert value == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("text, message", [
    ("__import__('os')", "has \"'\" at character 12: text is not a number"),
    ("__import__(a)", "calls an unknown function '__import__': expected one of min, max"),
    ("mni(a, b)", "calls an unknown function 'mni': did you mean 'min'?"),
    ("eval(a)", "calls an unknown function 'eval'"),
    ("a.real", "has '.' at character 2: names have no parts here"),
    ("a[0]", "has '\\[' at character 2: parameters are single numbers and cannot be indexed"),
    ("[a]", "has '\\[' at character 1"),
    ("{a}", "has '{' at character 1"),
    ("'a'", "has \"'\" at character 1: text is not a number"),
    ("lambda: a", "has the word 'lambda'"),
    ("a if b else c", "has the word 'if'"),
    ("a and b", "has the word 'and'"),
    ("not a", "has the word 'not'"),
    ("True", "has the word 'True'"),
    ("max(a for a in b)", "has the word 'for'"),
    ("import os", "has the word 'import'"),
    ("a < b", "has '<' at character 3: comparisons are not supported"),
    ("a == b", "has '=' at character 3: comparisons and assignments are not supported"),
    ("(a := 1)", "has ':' at character 4"),
    ("clip(a, low=0, high=1)", "has '=' at character 12"),
    ("min(*a)", "gives min named or starred arguments"),
    ("min(**a)", "is not arithmetic|named or starred"),
    ("min(a)", "gives min 1 arguments: expected 2 to 100"),
    ("exp()", "gives exp 0 arguments: expected 1"),
    ("clip(a, b)", "gives clip 2 arguments: expected 3"),
    ("2(a)", "calls something that is not a function: write \\* for a product"),
    ("(a + b)(c)", "calls something that is not a function"),
    ("a//b", "is not arithmetic over parameters"),
    ("a % b", "has '%' at character 3: write 5% as 0.05"),
    ("a ^ 2", "has '\\^' at character 3: write \\*\\* for a power"),
    ("a @ b", "has '@' at character 3"),
    ("~a", "has '~' at character 1"),
    ("a; b", "has ';' at character 2"),
    ("a # b", "has '#' at character 3"),
    ("0,5", "has a comma outside a function: write a decimal number with a point"),
    ("(a, b)", "has a comma outside a function"),
    ("()", "has a comma outside a function"),
    ("2j", "has '2' at character 1"),
    ("0x10", "has '0' at character 1"),
    ("1_000", "has '1' at character 1"),
    ("07", "is not arithmetic that can be read"),
    ("1e999", "has a number that is too large"),
    ("\u22121", "write a plain '-'"),
    ("\u03bb", "expected arithmetic over parameters"),
    ("\u0663", "expected arithmetic over parameters"),
    ("a\0", "expected arithmetic over parameters"),
    ("a b", "is not arithmetic that can be read"),
    ("a +", "is not arithmetic that can be read"),
    ("(a", "is not arithmetic that can be read"),
    ("a)", "closes a parenthesis at character 2 that is not open"),
    ("a)+(b", "closes a parenthesis at character 2 that is not open"),
    ("", "is empty"),
    ("  ", "is empty"),
    ("9**9**9", "has a power of a power"),
    ("(a**2)**3", "has a power of a power"),
    ("a**(b + c**2)", "has a power of a power"),
    ("a**1000", "has an exponent of 1000: expected at most 100"),
    ("a**(99*99)", "has an exponent of 9801: expected at most 100"),
    ("a**(1/0)", "has an exponent that is not a finite number: division by zero"),
])
def test_everything_else_is_refused(text, message):
    with pytest.raises(ExpressionError, match=message) as caught:
        parse(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text, message", [
    ("a" * 1001, "has 1001 characters: expected at most 1000"),
    ("(" * 5000 + "a" + ")" * 5000, "has 10001 characters"),
    ("(" * 51 + "a" + ")" * 51, "is nested deeper than 50 levels"),
    ("-" * 900 + "a", "is nested deeper than 50 levels"),
    ("a**-" * 200 + "a", "."),
    ("+".join("a" * 400), "has 400 numbers and names: expected at most 300"),
    ("min(" + ",".join("a" * 101) + ")", "gives min 101 arguments: expected 2 to 100"),
    ("abs(" * 51 + "a" + ")" * 51, "is nested deeper than 50 levels"),
])
def test_texts_beyond_the_limits_are_refused_in_a_short_message(text, message):
    with pytest.raises(ExpressionError, match=message) as caught:
        parse(text)
    assert len(str(caught.value)) < 250


def test_a_sum_of_three_hundred_parameters_is_not_deep():
    assert parse("+".join("a" * 300)).evaluate({"a": 1.0}) == 300.0
    assert parse("*".join("a" * 300)).evaluate({"a": 1.0}) == 1.0


@pytest.mark.parametrize("text, message", [
    ("a/(b - 2)", "expression 'a/(b - 2)' with a = 0.5, b = 2.0: division by zero"),
    ("0**c", "expression '0**c' with c = -3.0: division by zero"),
    ("log(c)", "expression 'log(c)' with c = -3.0: log(-3): expected a positive number"),
    ("sqrt(c)", "expression 'sqrt(c)' with c = -3.0: sqrt(-3): expected a number that is not "
                "negative"),
    ("c**a", "expression 'c**a' with c = -3.0, a = 0.5: -3 ** 0.5 is not a real number"),
    ("exp(2000*a)", "expression 'exp(2000*a)' with a = 0.5: the result is too large"),
    ("1e308*b*10", "expression '1e308*b*10' with b = 2.0: the result is too large"),
    ("min(0, 1e308*b*b)", "expression 'min(0, 1e308*b*b)' with b = 2.0: the result is too large"),
    ("1/0", "expression '1/0': division by zero"),
])
def test_a_result_that_is_not_finite_names_the_values_that_gave_it(text, message):
    with pytest.raises(ExpressionError) as caught:
        parse(text).evaluate(VALUES)
    assert str(caught.value) == message


def test_a_failure_in_a_batch_names_its_first_draw():
    expression = parse("a*log(b - c)")
    with pytest.raises(ExpressionError) as caught:
        expression.evaluate({"a": 2, "b": np.array([3.0, 1.0, 0.0]), "c": 1.5})
    assert str(caught.value) == ("expression 'a*log(b - c)' at draw 1 with a = 2.0, b = 1.0, "
                                 "c = 1.5: log(-0.5): expected a positive number")


def test_a_failure_that_no_draw_decides_names_no_draw():
    with pytest.raises(ExpressionError) as caught:
        parse("a/b").evaluate({"a": np.array([1.0, 2.0]), "b": np.array(0.0)})
    assert "division by zero" in str(caught.value)
    with pytest.raises(ExpressionError) as caught:
        parse("a + 1/b").evaluate({"a": np.array([1.0, 2.0]), "b": 0.0})
    assert str(caught.value) == ("expression 'a + 1/b' with a an array, b = 0.0: division by zero")


@pytest.mark.parametrize("value", [math.nan, math.inf, np.array([1.0, math.nan])])
def test_a_parameter_that_is_not_finite_is_refused(value):
    with pytest.raises(ExpressionError, match="not a finite number"):
        parse("max(a, 1)").evaluate({"a": value})


def test_a_parameter_without_a_value_is_named_with_its_nearest():
    with pytest.raises(ExpressionError) as caught:
        parse("trsut + 1").evaluate({"trust": 1.0})
    assert str(caught.value) == ("expression 'trsut + 1': unknown parameter 'trsut': "
                                 "did you mean 'trust'?")


def test_names_come_in_the_order_of_the_text_and_once():
    assert parse("b + a*min(c, -d)**e/b - abs(f)").names == ("b", "a", "c", "d", "e", "f")


def test_a_function_and_a_parameter_may_share_a_name():
    expression = parse("exp + exp(0)")
    assert expression.names == ("exp",)
    assert expression.evaluate({"exp": 2.0}) == 3.0


def test_expressions_are_values():
    one, other = parse(" a + b "), parse("a + b")
    assert one == other and hash(one) == hash(other) and str(one) == "a + b"
    copied = pickle.loads(pickle.dumps(one))
    assert copied == one and copied.evaluate(VALUES) == 2.5
    with pytest.raises(AttributeError):
        one.text = "b"  # type: ignore[misc]


def test_an_expression_of_numbers_has_the_shape_of_a_float():
    assert parse("2*3").names == ()
    assert parse("2*3").evaluate({}) == 6.0
    assert parse("2*3").evaluate({"a": np.zeros(4)}) == 6.0


def test_arrays_broadcast_and_the_answer_is_a_new_array():
    draws = np.array([[0.1], [0.2]])
    others = np.array([1.0, 2.0, 3.0])
    assert parse("a*b").evaluate({"a": draws, "b": others}).shape == (2, 3)
    same = parse("b").evaluate({"b": others})
    same[0] = 9.0
    assert others[0] == 1.0


def _texts():
    leaves = st.one_of(st.sampled_from(["a", "b", "c"]),
                       st.floats(0, 10).map(lambda number: repr(number)))
    return st.recursive(leaves, lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda t: f"-{t}"),
        st.tuples(inner, st.sampled_from(["2", "0.5", "c"])).map(lambda t: f"abs({t[0]})**{t[1]}")
        .filter(lambda t: t.count("**") == 1),
        st.tuples(st.sampled_from(["exp", "log", "sqrt", "abs"]), inner).map(
            lambda t: f"{t[0]}({t[1]})"),
        st.lists(inner, min_size=2, max_size=3).map(lambda t: f"min({', '.join(t)})"),
        st.lists(inner, min_size=3, max_size=3).map(lambda t: f"clip({', '.join(t)})"),
    ), max_leaves=8)


@given(_texts(), st.lists(st.floats(-3, 3), min_size=3, max_size=3))
def test_an_array_of_draws_gives_what_each_draw_gives_alone(text, numbers):
    try:
        expression = parse(text)
    except ExpressionError as error:
        assert "power of a power" in str(error)
        return
    draws = {name: np.array([number, 1.5]) for name, number in zip("abc", numbers, strict=True)}
    try:
        alone = [expression.evaluate({name: float(array[draw]) for name, array in draws.items()})
                 for draw in range(2)]
    except ExpressionError:
        with pytest.raises(ExpressionError):
            expression.evaluate(draws)
        return
    np.testing.assert_allclose(expression.evaluate(draws), alone, rtol=1e-12, atol=1e-300)


@given(_texts())
def test_floats_agree_with_pythons_own_arithmetic(text):
    try:
        ours = parse(text).evaluate(VALUES)
    except ExpressionError:
        return
    namespace = {name: getattr(math, name) for name in ("exp", "log", "sqrt")}
    namespace |= {"clip": lambda x, low, high: min(max(x, low), high), "min": min, "abs": abs}
    assert ours == pytest.approx(eval(text, namespace, dict(VALUES)), rel=1e-12)


@given(st.text(alphabet="ab019.,+-*/() emxinlogp", max_size=40))
def test_random_texts_give_an_expression_or_our_error(text):
    try:
        expression = parse(text)
    except ExpressionError:
        return
    assert isinstance(expression, Expression)
    assert expression.names == parse(expression.text).names


def test_the_module_never_evaluates_or_compiles_text():
    import negotiation.expressions as module

    with open(module.__file__, encoding="utf-8") as stream:
        tree = ast.parse(stream.read())
    called = {node.func.id for node in ast.walk(tree)
              if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not called & {"eval", "exec", "compile", "__import__"}


def test_floats_need_no_numpy():
    code = ("import sys; from negotiation.expressions import parse; "
            "assert parse('min(a, 2)').evaluate({'a': 1.0}) == 1.0; "
            "sys.exit('numpy' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_each_function_takes_what_its_entry_says():
    for name, (low, high) in FUNCTIONS.items():
        for count in {low, high}:
            assert parse(f"{name}({', '.join(['1'] * count)})").evaluate({}) is not None
        with pytest.raises(ExpressionError, match=f"gives {name} {low - 1} arguments"):
            parse(f"{name}({', '.join(['1'] * (low - 1))})")
