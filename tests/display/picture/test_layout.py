"""Laws of every drawing: from left to right, nothing on top of anything, and no more nodes than asked for."""

import itertools
import xml.etree.ElementTree as ElementTree

import pytest
from tests.display.picture.programs import PROGRAMS, SCALAR

import wengert as wg
from wengert.display.picture.layering import columns, layered
from wengert.display.picture.placing import Box, placed
from wengert.display.picture.scene import Edge, Node, Scene

SVG = "{http://www.w3.org/2000/svg}"


def scenes(name, most_nodes=100):
    f, args = PROGRAMS[name]
    listing = wg.trace(f, *args)
    yield listing.scene(most_nodes=most_nodes)
    if name in SCALAR:
        yield listing.scene(adjoints=True, most_nodes=most_nodes)
        yield listing.derivative().scene(most_nodes=most_nodes)


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_wire_goes_to_the_right(name):
    for scene in scenes(name):
        column = columns(scene)
        assert len(column) == len(scene.nodes)
        assert all(column[edge.source] < column[edge.target] for edge in scene.edges)
        assert min(column, default=0) == 0


@pytest.mark.parametrize("name", PROGRAMS)
def test_long_wires_pass_every_column_between(name):
    for scene in scenes(name):
        layers = layered(scene)
        column = {place: number for number, order in enumerate(layers.orders) for place in order}
        assert sorted(column) == list(range(sum(map(len, layers.orders))))
        for edge, path in zip(scene.edges, layers.paths, strict=True):
            assert (path[0], path[-1]) == (edge.source, edge.target)
            assert [column[place] for place in path] == list(range(column[path[0]], column[path[-1]] + 1))


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_node_is_on_top_of_another(name):
    for scene in scenes(name):
        boxes = [Box(40.0 + 7 * (place % 5), 17.0, 17.0 + 14 * (place % 2)) for place in range(len(scene.nodes))]
        where = placed(layered(scene), boxes, {})
        edges = [
            (left, left + box.width, height - box.above, height + box.below)
            for left, height, box in zip(where.left, where.height, boxes, strict=False)
        ]
        for number, one in enumerate(edges):
            assert one[2] >= -1e-9
            assert one[1] <= where.width + 1e-9
            assert one[3] <= where.total + 1e-9
            for other in edges[:number]:
                beside = one[1] <= other[0] or other[1] <= one[0]
                assert beside or one[3] <= other[2] + 1e-9 or other[3] <= one[2] + 1e-9


def test_a_plane_graph_is_drawn_without_crossings():
    # two chains whose nodes are listed in turn, and in the second half in the other order
    nodes = tuple(Node("operation", "+") for _ in range(12))
    order = [0, 1, 3, 2, 5, 4, 6, 7, 9, 8, 11, 10]
    layers = layered(Scene("", nodes, tuple(Edge(order[k], order[k + 2]) for k in range(10))))
    assert [len(column) for column in layers.orders] == [2] * 6
    position = {place: index for column in layers.orders for index, place in enumerate(column)}
    for column in layers.orders:
        links = [(position[a], position[b]) for a, b in layers.links() if a in column]
        assert all((a - c) * (b - d) >= 0 for (a, b), (c, d) in itertools.combinations(links, 2))


@pytest.mark.parametrize("most_nodes", [2, 5, 12, 30, 100])
@pytest.mark.parametrize("name", PROGRAMS)
def test_there_are_no_more_nodes_than_asked_for(name, most_nodes):
    arguments = len(PROGRAMS[name][1])
    for scene in scenes(name, most_nodes):
        # below that, every argument and one node a part are left
        assert len(scene.nodes) <= max(most_nodes, arguments + 2)
        assert all(edge.source < edge.target for edge in scene.edges)


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_svg_is_well_formed_and_stands_alone(name, theme):
    f, args = PROGRAMS[name]
    listing = wg.trace(f, *args)
    drawings = [listing, listing.derivative()] if name in SCALAR else [listing]
    for drawn in drawings:
        text = drawn.svg(theme=theme)
        root = ElementTree.fromstring(text)
        assert root.tag == f"{SVG}svg"
        assert len([group for group in root.iter(f"{SVG}g") if "node" in group.get("class", "").split()]) == len(
            drawn.scene().nodes
        )
        assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
        assert "<script" not in text
        width, height = float(root.get("width")), float(root.get("height"))
        for element in root.iter(f"{SVG}text"):
            assert 0 <= float(element.get("x")) <= width
            assert float(element.get("y")) <= height


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"theme": "sepia"}, r"theme is one of 'auto', 'light', 'dark', received 'sepia'"),
        ({"most_nodes": 0}, r"most_nodes is a whole number of at least 1, received 0"),
        ({"most_nodes": 2.5}, r"most_nodes is a whole number of at least 1, received 2\.5"),
    ],
)
def test_misuse_is_told(arguments, message):
    with pytest.raises(wg.errors.ArgumentError, match=message):
        wg.trace(PROGRAMS["fan"][0], 0.3).svg(**arguments)


@pytest.mark.parametrize("ask", [lambda listing: listing.svg(adjoints=True), lambda listing: listing.derivative()])
def test_adjoints_are_of_one_number(ask):
    listing = wg.trace(*[PROGRAMS["two results"][0], *PROGRAMS["two results"][1]])
    message = (
        r"adjoints: two_results returned float, float, but adjoints are derivatives of one floating-point number; "
        r"reduce it \(numpy.sum, numpy.mean\), or choose one entry"
    )
    with pytest.raises(wg.errors.OutputError, match=message):
        ask(listing)
