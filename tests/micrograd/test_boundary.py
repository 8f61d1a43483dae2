"""The line between the moons, on a grid, as text and as SVG."""

from xml.etree import ElementTree

import pytest

from makemore.micrograd.boundary import Boundary, find_boundary, line_of, to_svg, to_text
from makemore.micrograd.moons import Moons, make_moons, make_network, score
from makemore.micrograd.nn import MLP

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def boundary() -> Boundary:
    return find_boundary(make_network(), make_moons())


def slanted(a: float, b: float, c: float) -> MLP:
    """A network whose score is a x + b y + c."""
    network = MLP(2, [1])
    for parameter, data in zip(network.parameters(), (a, b, c), strict=True):
        parameter.data = data
    return network


def test_the_grid_is_the_original_s(boundary: Boundary) -> None:
    assert (len(boundary.xs), len(boundary.ys)) == (21, 15)
    assert [boundary.xs[0], boundary.ys[0]] == pytest.approx([-2.0222, -1.5486], abs=1e-4)
    assert boundary.xs[1] - boundary.xs[0] == pytest.approx(0.25)
    assert boundary.xs[-1] < 3.1621 <= boundary.xs[-1] + 0.25
    assert boundary.ys[-1] < 2.1194 <= boundary.ys[-1] + 0.25


def test_the_grid_holds_the_network_s_scores(boundary: Boundary) -> None:
    network = make_network()
    for row, column in ((0, 0), (3, 7), (14, 20)):
        point = (boundary.xs[column], boundary.ys[row])
        assert boundary.scores[row][column] == score(network, point).data


def test_as_text_one_region_is_grey_and_above_is_up() -> None:
    moons = Moons([(0.0, 0.0), (2.0, 1.0)], [-1, 1])
    shown = to_text(find_boundary(slanted(0, 1, -0.6), moons, h=0.5, margin=0.5))
    assert shown == "▒▒▒▒▒▒▒▒▒▒●▒\n\n  ○\n"  # rows at 1, 0.5, 0 and -0.5; columns from -0.5 to 2.25


def test_points_at_the_rim_are_drawn_without_a_margin() -> None:
    moons = Moons([(0.0, 0.0), (1.0, 1.0)], [-1, 1])
    shown = to_text(find_boundary(slanted(1, 1, -1), moons, margin=0.0))
    assert shown.count("○") == shown.count("●") == 1


def test_the_line_of_a_straight_score_is_straight() -> None:
    moons = Moons([(-1.0, -1.0), (1.0, 1.0)], [-1, 1])
    pieces = list(line_of(find_boundary(slanted(1, 2, -0.3), moons)))
    assert pieces
    for x, y in (end for piece in pieces for end in piece):
        assert x + 2 * y == pytest.approx(0.3)


def test_where_all_are_on_one_side_there_is_no_line() -> None:
    moons = Moons([(-1.0, -1.0), (1.0, 1.0)], [-1, 1])
    assert list(line_of(find_boundary(slanted(0, 0, 1), moons))) == []


def test_the_svg_has_a_square_a_score_and_a_circle_a_point(boundary: Boundary) -> None:
    picture = ElementTree.fromstring(to_svg(boundary))
    assert len(list(picture.iter(f"{SVG}rect"))) == 1 + 21 * 15
    assert len(list(picture.iter(f"{SVG}circle"))) == 100
    width, height = float(picture.get("width", 0)), float(picture.get("height", 0))
    for circle in picture.iter(f"{SVG}circle"):
        assert 0 < float(circle.get("cx", 0)) < width
        assert 0 < float(circle.get("cy", 0)) < height
