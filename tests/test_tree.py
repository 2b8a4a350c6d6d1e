"""Nested containers: the laws of taking apart and putting together, and the wording of what goes wrong."""

from __future__ import annotations

import threading
from collections import OrderedDict, namedtuple
from dataclasses import InitVar, dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wengert import tree

Point = namedtuple("Point", ["x", "y"])


@dataclass
class Layer:
    weight: Any
    bias: Any = None


@dataclass(frozen=True, slots=True)
class Frozen:
    low: Any
    high: Any


class Ring:
    """A container only by registration."""

    def __init__(self, *items: Any, unit: Any = None) -> None:
        self.items = items
        self.unit = unit

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ring) and (self.items, self.unit) == (other.items, other.unit)


tree.register(
    Ring,
    flatten=lambda ring: (ring.items, ring.unit),
    unflatten=lambda unit, children: Ring(*children, unit=unit),
)

keys = st.text(max_size=3) | st.integers() | st.tuples(st.integers())


def containers(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(children, max_size=3)
    return st.one_of(
        several,
        several.map(tuple),
        st.dictionaries(keys, children, max_size=3),
        st.dictionaries(keys, children, max_size=3).map(OrderedDict),
        st.builds(Point, children, children),
        st.builds(Layer, children, children),
        st.builds(Frozen, children, children),
    )


def nested(containers: Any) -> st.SearchStrategy[Any]:
    return st.recursive(st.integers() | st.none(), containers, max_leaves=12)


trees = nested(containers)
trees_with_registered = nested(
    lambda children: containers(children) | st.builds(Ring, children, unit=st.sampled_from([None, "m"]))
)


def structure_of(value: Any) -> tree.Structure:
    return tree.flatten(value)[1]


@given(trees_with_registered)
def test_unflatten_undoes_flatten(value):
    leaves, structure = tree.flatten(value)
    assert structure.unflatten(leaves) == value


@given(trees_with_registered)
def test_flatten_undoes_unflatten(value):
    _, structure = tree.flatten(value)
    others = [object() for _ in range(structure.leaf_count)]
    leaves, rebuilt = tree.flatten(structure.unflatten(iter(others)))
    assert leaves == others
    assert rebuilt == structure
    assert hash(rebuilt) == hash(structure)
    assert rebuilt.layout() == structure.layout()


@given(trees_with_registered)
def test_mapping_the_identity_changes_nothing(value):
    assert tree.map(lambda leaf: leaf, value) == value


@given(trees_with_registered)
def test_mapping_twice_is_mapping_the_composition(value):
    once = tree.map(lambda leaf: 2 * leaf + 1, value)
    assert tree.map(lambda leaf: 2 * leaf, value) == tree.map(lambda leaf: leaf - 1, once)


@given(trees_with_registered)
def test_mapping_over_several_trees_pairs_their_leaves(value):
    assert tree.map(lambda one, other: one - other, value, value) == tree.map(lambda leaf: 0, value)


@given(trees)
def test_paths_are_the_expressions_that_reach_the_leaves(value):
    leaves, structure = tree.flatten(value)
    assert [eval(f"value{path}", {"value": value}) for path in structure.paths()] == leaves


@given(trees_with_registered, trees_with_registered)
def test_two_structures_differ_exactly_when_a_difference_can_be_told(one, other):
    one, other = structure_of(one), structure_of(other)
    assert (tree.difference(one, other) is None) == (one == other)
    if one == other:
        assert hash(one) == hash(other)
        assert repr(one) == repr(other) or one.layout() != other.layout()


@given(st.dictionaries(keys, st.integers(), max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_insertion_is_no_part_of_a_structure(value, random):
    items = list(value.items())
    random.shuffle(items)
    shuffled = dict(items)
    leaves, structure = tree.flatten(value)
    shuffled_leaves, shuffled_structure = tree.flatten(shuffled)
    assert shuffled_structure == structure
    assert hash(shuffled_structure) == hash(structure)
    assert shuffled_leaves == leaves
    assert (shuffled_structure.layout() == structure.layout()) == (list(shuffled) == list(value))


@given(st.permutations(["a", "b", "c"]))
def test_a_rebuilt_dictionary_keeps_its_order(order):
    value = {key: key.upper() for key in order}
    assert list(tree.map(str.lower, value).items()) == [(key, key) for key in order]


def test_an_ordered_dictionary_differs_from_one_in_another_order():
    one, other = OrderedDict(a=1, b=2), OrderedDict(b=2, a=1)
    assert structure_of(one) != structure_of(other)
    assert tree.flatten(other)[0] == [2, 1]


@pytest.mark.parametrize("value", [np.ones(3), 1.0, "text", {1, 2}, range(3), b"", np.float64(1), int])
def test_what_is_no_container_is_a_leaf(value):
    leaves, structure = tree.flatten(value)
    assert leaves[0] is value
    assert structure.paths() == [""]
    assert structure.unflatten(leaves) is value


def test_subclasses_of_list_and_dict_are_leaves():
    class Stack(list): ...

    class Table(dict): ...

    assert tree.flatten((Stack([1]), Table(a=1))) == ([Stack([1]), Table(a=1)], structure_of((0, 0)))


def test_none_has_no_leaves():
    leaves, structure = tree.flatten({"w": None})
    assert leaves == []
    assert structure.unflatten([]) == {"w": None}
    assert structure != structure_of({"w": ()})


def test_equal_nesting_of_different_containers_is_not_equal():
    distinct = [
        [1, 2],
        (1, 2),
        {0: 1, 1: 2},
        OrderedDict({0: 1, 1: 2}),
        Point(1, 2),
        Layer(1, 2),
        Frozen(1, 2),
    ]
    assert len({structure_of(value) for value in distinct}) == len(distinct)


def test_a_structure_equals_no_other_object():
    assert structure_of(1) != "*"


def test_repr_shows_the_nesting():
    value = {"w": [1, (2,)], "b": Layer(Point(1, 2)), "o": OrderedDict(a=()), "r": Ring(1)}
    assert repr(structure_of(value)) == (
        "Structure({'w': [*, (*,)], 'b': Layer(weight=Point(x=*, y=*), bias=None), "
        "'o': OrderedDict({'a': ()}), 'r': Ring(*)})"
    )


def test_paths_name_keys_positions_and_fields():
    value = ({"w": Layer([1, 2]), 3: Point(1, 2)}, 4)
    assert structure_of(value).paths() == [
        "[0][3].x",
        "[0][3].y",
        "[0]['w'].weight[0]",
        "[0]['w'].weight[1]",
        "[1]",
    ]


class TestDataclasses:
    def test_a_check_of_the_values_does_not_see_other_leaves(self):
        @dataclass
        class Positive:
            value: float

            def __post_init__(self):
                if self.value <= 0:
                    raise ValueError

        assert tree.map(lambda leaf: -leaf, Positive(1.0)).value == -1.0

    def test_fields_that_init_does_not_take_are_leaves_and_the_rest_is_not(self):
        @dataclass
        class Model:
            weight: float
            scale: InitVar[float]
            doubled: float = field(init=False)
            limit: ClassVar[float] = 10.0

            def __post_init__(self, scale):
                self.doubled = scale * self.weight

        assert tree.flatten(Model(1.5, 2.0))[0] == [1.5, 3.0]

    def test_a_plain_subclass_is_rebuilt_as_itself(self):
        class Network(Layer):
            pass

        assert type(tree.map(lambda leaf: leaf, Network(1, 2))) is Network

    def test_cached_properties_are_computed_again(self):
        @dataclass
        class Square:
            side: float

            @cached_property
            def area(self):
                return self.side**2

        square = Square(2.0)
        assert square.area == 4.0
        assert tree.map(lambda leaf: leaf + 1, square).area == 9.0

    def test_an_attribute_that_would_be_lost_is_refused(self):
        layer = Layer(1, 2)
        layer.scale = 3
        with pytest.raises(TypeError) as caught:
            tree.flatten(layer)
        assert str(caught.value) == (
            "Layer has the attribute 'scale', which is not a field of the dataclass and would be lost: "
            "expected the fields weight, bias only; declare 'scale' as a field, "
            "or give Layer to tree.register"
        )


class TestRegistration:
    def test_a_registered_class_comes_apart_and_goes_together(self):
        leaves, structure = tree.flatten([Ring(1, (2,), unit="m")])
        assert leaves == [1, 2]
        assert structure.paths() == ["[0][0]", "[0][1][0]"]
        assert structure.unflatten([3, 4]) == [Ring(3, (4,), unit="m")]

    def test_a_dataclass_may_be_registered_after_it_was_used(self):
        @dataclass
        class Pair:
            value: float
            name: str

        assert tree.flatten(Pair(1.0, "one"))[0] == [1.0, "one"]
        tree.register(Pair, lambda pair: ((pair.value,), pair.name), lambda name, values: Pair(*values, name))
        assert tree.map(lambda leaf: leaf + 1, Pair(1.0, "one")) == Pair(2.0, "one")

    def test_only_one_of_many_threads_registers_a_class(self):
        class Contested: ...

        outcomes = []
        barrier = threading.Barrier(8)

        def register():
            barrier.wait()
            try:
                tree.register(Contested, lambda contested: ((), None), lambda _, children: Contested())
            except ValueError:
                outcomes.append("refused")
            else:
                outcomes.append("registered")

        threads = [threading.Thread(target=register) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["refused"] * 7 + ["registered"]

    @pytest.mark.parametrize(
        ("cls", "error", "message"),
        [
            (
                Ring,
                ValueError,
                "Ring is a container already: expected a class that has not been registered; "
                "register each class once, where it is defined",
            ),
            (
                list,
                ValueError,
                "list is a container already: expected a class that has not been registered; "
                "register each class once, where it is defined",
            ),
            ("Ring", TypeError, "register takes a class: received 'Ring'; pass the container's type"),
        ],
    )
    def test_what_cannot_be_registered(self, cls, error, message):
        with pytest.raises(error) as caught:
            tree.register(cls, lambda ring: (ring.items, None), lambda _, children: Ring(*children))
        assert str(caught.value) == message

    @pytest.mark.parametrize(
        ("flattened", "message"),
        [
            (
                [1, 2],
                "the flatten function registered for Broken must return the pair (children, auxiliary): "
                "received [1, 2]; return the children in a tuple, and None beside them "
                "when nothing else is needed",
            ),
            (
                (1, 2),
                "the flatten function registered for Broken must return the pair (children, auxiliary): "
                "received (1, 2); return the children in a tuple, and None beside them "
                "when nothing else is needed",
            ),
            (
                ((1,), ([],)),
                "the flatten function registered for Broken must return a hashable auxiliary value: "
                "received ([],); return arrays and containers among the children",
            ),
        ],
    )
    def test_a_flatten_function_that_returns_something_else(self, flattened, message):
        class Broken: ...

        tree.register(Broken, lambda broken: flattened, lambda _, children: Broken())
        with pytest.raises(TypeError) as caught:
            tree.flatten(Broken())
        assert str(caught.value) == message


many = dict.fromkeys("abcdefgh", 0)


@pytest.mark.parametrize(
    ("expected", "received", "sentence"),
    [
        (1, (2, 3), "expected a single value, received a tuple of 2"),
        ((1, 2), [3, 4], "expected a tuple of 2, received a list of 2"),
        ((1, 2), (1, 2, 3), "expected a tuple of 2, received a tuple of 3"),
        ([1], [], "expected a list of 1, received an empty list"),
        ([1], [None], "expected a single value at [0], received None"),
        (
            {"w": {"a": 1, "b": 2}},
            {"w": (1, 2)},
            "expected a dict with keys 'a', 'b' at ['w'], received a tuple of 2",
        ),
        (
            {"w": {"b": 1, "a": 2}},
            {"w": {"a": 1, "c": 2}},
            "expected a dict with keys 'b', 'a' at ['w'], received a dict with keys 'a', 'c' "
            "(missing 'b', unexpected 'c')",
        ),
        ({"a": 1}, {}, "expected a dict with keys 'a', received an empty dict (missing 'a')"),
        (
            many,
            {**many, "z": 0},
            "expected a dict with keys 'a', 'b', 'c', 'd', 'e', 'f' and 2 more, "
            "received a dict with keys 'a', 'b', 'c', 'd', 'e', 'f' and 3 more (unexpected 'z')",
        ),
        (
            OrderedDict(a=1, b=2),
            OrderedDict(b=1, a=2),
            "expected an OrderedDict with keys 'a', 'b', "
            "received an OrderedDict with keys 'b', 'a' (the order differs)",
        ),
        (
            [Layer(1, Point(1, 2))],
            [Layer(1, Frozen(1, 2))],
            "expected a Point with fields x, y at [0].bias, received a Frozen with fields low, high",
        ),
        (
            Ring(1, unit="m"),
            Ring(1, unit="s"),
            "expected a Ring of 1 with 'm', received a Ring of 1 with 's'",
        ),
        (
            Point(1, 2),
            namedtuple("Point", ["x", "y"], module="elsewhere")(1, 2),
            f"expected a Point with fields x, y ({__name__}.Point), "
            "received a Point with fields x, y (elsewhere.Point)",
        ),
        (
            Ring(1, unit="m" * 100),
            Ring(1, unit="m" * 101),
            "expected a Ring of 1 with 'mmmmmmmmmmmm...mmmmmmmmmmmmm', received another that does not compare equal",
        ),
    ],
)
def test_the_first_difference_in_words(expected, received, sentence):
    assert tree.difference(structure_of(expected), structure_of(received)) == sentence


def test_a_wrong_number_of_leaves():
    with pytest.raises(ValueError, match="wrong number of leaves") as caught:
        structure_of({"a": 1, "b": (2,)}).unflatten([1, 2, 3])
    assert str(caught.value) == (
        "wrong number of leaves: expected 2 for Structure({'a': *, 'b': (*,)}), received 3; "
        "give one leaf for each that flatten returned, in the same order"
    )


def test_mapping_over_trees_that_are_nested_differently():
    with pytest.raises(ValueError, match="tree 3 of map") as caught:
        tree.map(max, [1, 2], [3, 4], [5, (6, 7)])
    assert str(caught.value) == (
        "tree 3 of map differs from tree 1: expected a single value at [1], received a tuple of 2; nest all trees alike"
    )
