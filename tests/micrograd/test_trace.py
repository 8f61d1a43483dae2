"""Pictures of graphs: what stands in them, and that it can be read."""

import re
from itertools import combinations
from xml.etree import ElementTree

import pytest

from makemore.micrograd.engine import Value, graph
from makemore.micrograd.nn import MLP
from makemore.micrograd.trace import MOST, fold, to_dot, to_svg

SVG = "{http://www.w3.org/2000/svg}"


def neuron() -> Value:
    """The neuron of the original's picture, with its weights spelled out."""
    w0, w1, b = Value(0.23550571390294128), Value(0.06653114721000164), Value(0.0)
    y = (w0 * Value(1.0) + w1 * Value(-2.0) + b).relu()
    y.backward()
    return y


def texts_of(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_dot_has_the_numbers_of_the_original_s_picture() -> None:
    dot = to_dot(neuron())
    for cells in (
        "data 0.2355 | grad 1.0000",
        "data 0.0665 | grad -2.0000",
        "data 1.0000 | grad 0.2355",
        "data -2.0000 | grad 0.0665",
        "data 0.1024 | grad 1.0000",
    ):
        assert f'label="{{ {cells} }}"' in dot


def test_dot_joins_every_value_to_the_operation_that_used_it() -> None:
    a, b = Value(3.0, label="a"), Value(4.0, label="b")
    c = (a * b).tanh()
    lines = to_dot(c).splitlines()
    assert lines[0] == "digraph {"
    assert lines[-1] == "}"
    edges = [line.strip() for line in lines if "->" in line]
    assert edges == ["o2 -> v2", "v0 -> o2", "v1 -> o2", "o3 -> v3", "v2 -> o3"]
    assert '  o3 [shape=circle, label="tanh"]' in lines


def test_a_value_used_twice_by_one_operation_has_two_edges() -> None:
    a = Value(3.0)
    assert to_dot(a + a).count("v0 -> o1") == 2


def test_a_label_means_nothing_to_dot_or_svg() -> None:
    label = 'a|b {"<&>"} \\n'
    value = Value(1.0, label=label)
    assert r'"{ a\|b \{\"\<&\>\"\} \\n | data' in to_dot(value)
    assert texts_of(to_svg(value))[0] == label


def test_svg_says_what_dot_says() -> None:
    y = neuron()
    cells = [cell for box in re.findall(r'"\{ (.*) \}"', to_dot(y)) for cell in box.split(" | ")]
    operations = re.findall(r'circle, label="(.*)"', to_dot(y))
    assert sorted(texts_of(to_svg(y))) == sorted(cells + operations)


def test_the_boxes_of_an_svg_stand_apart_and_inside() -> None:
    out = MLP(3, [4, 3, 1], "tanh")([1.0, -2.0, 0.5])
    assert isinstance(out, Value)
    picture = ElementTree.fromstring(to_svg(out))
    background, *boxes = (
        tuple(float(box.get(name, 0)) for name in ("x", "y", "width", "height"))
        for box in picture.iter(f"{SVG}rect")
    )
    for (x, y, w, h), (x2, y2, w2, h2) in combinations(boxes, 2):
        assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y
    for x, y, w, h in boxes:
        assert x > 0 < y
        assert x + w < background[2]
        assert y + h < background[3]


def test_time_runs_from_left_to_right() -> None:
    a = Value(1.0, label="a")
    b = a.exp()
    b.label = "b"
    c = b.exp() + a
    c.label = "c"
    elements = ElementTree.fromstring(to_svg(c)).iter(f"{SVG}text")
    x = {element.text: float(element.get("x", 0)) for element in elements}
    assert x["a"] < x["b"] < x["c"]


def test_numbers_far_from_1_are_still_seen() -> None:
    dot = to_dot(Value(1.5e-9) * 2e9)
    assert "data 1.500e-09" in dot
    assert "data 2.000e+09" in dot
    assert "data 3.0000" in dot


def test_a_large_graph_is_for_graphviz_alone() -> None:
    value = Value(1.0)
    for _ in range(MOST):
        value = value + 1
    with pytest.raises(ValueError, match="A picture of 501 values can't be read"):
        to_svg(value)
    assert to_dot(value).count("shape=record") == 501


def test_a_folded_part_has_the_value_and_the_slopes_of_all_that_it_stands_for() -> None:
    def loss(folded: bool) -> tuple[Value, Value, Value]:
        a, b = Value(0.5), Value(-1.5)
        inner = (a * b).tanh() + a**2 * b.exp()
        return (fold(inner, [a, b], "f") if folded else inner) * a, a, b

    whole, a, b = loss(folded=False)
    picture, c, d = loss(folded=True)
    whole.backward()
    picture.backward()
    assert picture.data == whole.data
    assert (c.grad, d.grad) == pytest.approx((a.grad, b.grad), rel=1e-12)
    assert len(graph(picture)) == 4
    assert 'label="f"' in to_dot(picture)
