"""The benchmarks measure what they say: right programs, right derivatives, honest outcomes.

Samples are taken, but no test depends on how long anything lasts.
"""

from __future__ import annotations

import gc
import importlib
import time
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from benchmarks.case import Case, Function, Quantity, with_namespace
from benchmarks.cases import CASES, MEMORY_CASE
from benchmarks.cases.determinant import determinant_by_minors
from benchmarks.checking import difference_from, fault_by_differences, flatten, sensitivity
from benchmarks.contestant import Contestant
from benchmarks.contestants import CONTESTANTS
from benchmarks.contestants.by_hand import ByHand
from benchmarks.contestants.closed_form import ClosedForm
from benchmarks.contestants.function import PlainFunction
from benchmarks.contestants.wengert import Wengert, WengertIEEE
from benchmarks.measure import Entrant, Settings, measure_case
from benchmarks.memory import peak_of
from benchmarks.results import Status, Timing

ALL_CASES = [*CASES, MEMORY_CASE]
HASTE = Settings(rounds=1, sample_seconds=1e-9, patience=0.0, least_rounds=1)

every_case = pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: case.name)


def case_named(name: str) -> Case:
    return next(case for case in ALL_CASES if case.name == name)


class Answering(Contestant):
    """A contestant whose ways are given."""

    name = "answering"

    def __init__(self, **ways: Function) -> None:
        self.ways = ways

    def build(self, case: Case, inputs: tuple[Any, ...]) -> Mapping[str, Function]:
        if case.quantity in (Quantity.HESSIAN, Quantity.COMPRESSED_HESSIAN):
            return self.ways
        return {"": next(iter(self.ways.values()))}


def outcome(case: Case, contestant: Contestant) -> Timing:
    (timing,) = measure_case(case, [contestant], HASTE, small=True).timings
    return timing


# --- the cases ---------------------------------------------------------------------------------------------


def test_names_are_unique():
    assert len({case.name for case in ALL_CASES}) == len(ALL_CASES)
    assert len({case.title for case in ALL_CASES}) == len(ALL_CASES)
    assert len({contestant.name for contestant in CONTESTANTS}) == len(CONTESTANTS)


@every_case
def test_a_case_names_contestants_that_exist(case):
    names = {contestant.name for contestant in CONTESTANTS}
    assert {*case.spellings, *case.invited, *case.declined} <= names


@every_case
def test_the_plain_function_gives_finite_numbers(case):
    inputs = case.make_inputs(small=True)
    value = case.function(inputs[0][0]) if case.quantity is Quantity.MANY_GRADIENTS else case.function(*inputs)
    assert case.quantity is Quantity.JACOBIAN or np.shape(value) == ()
    assert np.all(np.isfinite(value))


@every_case
def test_inputs_are_the_same_every_time(case):
    first, second = flatten(case.make_inputs(small=True)), flatten(case.make_inputs(small=True))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@every_case
def test_the_derivative_agrees_with_differences(case):
    inputs = case.make_inputs(small=True)
    assert fault_by_differences(case, inputs, case.derivative(*inputs)) is None


@every_case
def test_what_is_written_by_hand_is_the_derivative(case):
    timing = outcome(case, ByHand())
    assert timing.status is Status.OK, timing.message


@every_case
def test_differences_find_a_wrong_derivative(case):
    inputs = case.make_inputs(small=True)
    right = case.derivative(*inputs)
    right = right.dense() if case.quantity is Quantity.COMPRESSED_HESSIAN else right
    assert fault_by_differences(case, inputs, enlarged(right)) is not None


def enlarged(answer: Any) -> Any:
    if isinstance(answer, tuple):
        return tuple(map(enlarged, answer))
    return 1.01 * np.asarray(answer)


@every_case
def test_the_derivative_leaves_its_inputs_alone(case):
    inputs = case.make_inputs(small=True)
    case.derivative(*inputs)
    fresh = case.make_inputs(small=True)
    assert all(np.array_equal(a, b) for a, b in zip(flatten(inputs), flatten(fresh), strict=True))


def test_a_namespace_reaches_the_functions_of_the_module():
    calls = []
    names = SimpleNamespace(sum=lambda x: calls.append("sum") or float(x.sum()))
    case = case_named("rosenbrock-10")
    (x,) = case.make_inputs(small=True)
    assert with_namespace(case.function, names)(x) == pytest.approx(case.function(x))
    assert calls == ["sum"]
    bound = with_namespace(determinant_by_minors, names)
    assert bound.__globals__["expand"].__globals__["np"] is names


def test_a_peer_may_spell_a_program_in_its_own_way():
    case = replace(case_named("rosenbrock-10"), spellings={"torch": lambda module: ("spelled", module)})
    assert case.programs("torch", "module") == {"": ("spelled", "module")}


def test_a_peer_may_try_several_programs_of_which_the_fastest_correct_one_counts():
    case = case_named("recurrent-100")
    peer = next(contestant for contestant in CONTESTANTS if contestant.name == "wengert")
    assert list(peer.programs(case)) == [""]
    assert list(case.alternatives["jax"]) == ["lax.scan"]


def test_special_functions_are_rebound_as_well():
    case = case_named("black-scholes-1000000")
    calls = []
    special = SimpleNamespace(erf=lambda x: calls.append(x) or np.zeros_like(x))
    inputs = case.make_inputs(small=True)
    assert with_namespace(case.function, np, special)(*inputs) != case.function(*inputs)
    assert len(calls) == 2


# --- checking ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (np.ones(3), None),
        (np.ones(3) + 1e-12, None),
        (np.ones(3) + 1e-6, "relative error 1.0e-06"),
        (np.array([1.0, np.nan, 1.0]), "relative error nan"),
        (np.ones(3, dtype=np.float32), "float32 instead of float64"),
        (np.ones((3, 1)), "shape (3, 1) instead of (3,)"),
        ((np.ones(3), np.ones(3)), "2 arrays instead of 1"),
    ],
)
def test_an_answer_is_compared_with_the_exact_one(answer, complaint):
    assert difference_from(np.ones(3), answer) == complaint


def test_differences_check_shape_and_value_too():
    case = case_named("logistic-value-100x10")
    inputs = case.make_inputs(small=True)
    value, gradient = case.derivative(*inputs)
    assert fault_by_differences(case, inputs, (value + 1.0, gradient)).startswith("value: relative error")
    assert fault_by_differences(case, inputs, (value, gradient[:, None])).startswith("shapes ")


# --- measuring ---------------------------------------------------------------------------------------------


@every_case
def test_a_right_answer_is_timed(case):
    timing = outcome(case, Answering(only=case.derivative))
    assert timing.status is Status.OK
    assert timing.median > 0.0
    assert timing.first_call > 0.0


def test_a_wrong_answer_is_reported_and_not_timed():
    case = case_named("rosenbrock-10")
    timing = outcome(case, Answering(only=lambda x: 1.001 * case.derivative(x)))
    assert timing.status is Status.WRONG
    assert timing.message == "relative error 1.0e-03"
    assert timing.median is None
    assert timing.samples == 0


def test_without_an_exact_derivative_differences_decide():
    case = case_named("rosenbrock-10")
    unknown = replace(case, derivative=None)
    assert outcome(unknown, Answering(only=case.derivative)).status is Status.OK
    assert outcome(unknown, Answering(only=lambda x: -case.derivative(x))).status is Status.WRONG


def test_an_error_is_reported_with_its_first_line():
    def refuse(x):
        raise NotImplementedError("no rule for this\nand a long story")

    timing = outcome(case_named("rosenbrock-10"), Answering(only=refuse))
    assert timing.status is Status.ERROR
    assert timing.message == "NotImplementedError: no rule for this"


def test_an_error_in_building_a_hessian_is_reported():
    class Unfinished(Answering):
        def build(self, case, inputs):
            raise RuntimeError

    timing = outcome(case_named("quadratic-hessian-500"), Unfinished())
    assert (timing.status, timing.message) == (Status.ERROR, "RuntimeError")


def test_writing_into_the_inputs_is_reported_and_undone():
    case = case_named("rosenbrock-10")

    def overwrite(x):
        gradient = case.derivative(x)
        x[0] = 7.0
        return gradient

    result = measure_case(case, [Answering(only=overwrite), Answering(only=case.derivative)], HASTE, small=True)
    first, second = result.timings
    assert (first.status, first.message) == (Status.WRONG, "the inputs were written into")
    assert second.status is Status.OK


def test_a_wrong_way_is_passed_over_for_a_right_one():
    case = case_named("quadratic-hessian-500")
    timing = outcome(case, Answering(zeros=lambda x, A, b: np.zeros_like(A), halves=lambda x, A, b: 0.5 * (A + A.T)))
    assert (timing.status, timing.way) == (Status.OK, "halves")


def test_a_declined_contestant_is_not_run():
    def explode(x):
        raise AssertionError

    case = replace(case_named("rosenbrock-10"), declined={"answering": "takes minutes"})
    timing = outcome(case, Answering(only=explode))
    assert (timing.status, timing.message) == (Status.DECLINED, "takes minutes")


def test_who_takes_too_long_is_given_up():
    limited = replace(HASTE, limit=0.05)
    patient = Answering(only=lambda x: time.sleep(30.0))
    (timing,) = measure_case(case_named("rosenbrock-10"), [patient], limited, small=True).timings
    assert (timing.status, timing.message) == (Status.SLOW, "no answer within 0.05 s")


def test_who_is_given_up_is_slow_in_whatever_it_wraps_the_interruption():
    def wrapping(x):
        try:
            time.sleep(30.0)
        except Exception as error:
            raise RuntimeError("compilation failed") from error

    limited = replace(HASTE, limit=0.05)
    (timing,) = measure_case(case_named("rosenbrock-10"), [Answering(only=wrapping)], limited, small=True).timings
    assert (timing.status, timing.message) == (Status.SLOW, "no answer within 0.05 s")


def test_of_who_takes_long_one_sample_is_enough():
    slow = Entrant(Answering(), "", lambda: None, 0.0, 0.0)
    slow.spent = 6.0
    assert slow.stays(Settings())
    slow.samples.append(6.0)
    assert not slow.stays(Settings())


def test_a_compressed_hessian_is_checked_as_the_dense_one():
    case = case_named("closed-form-factorisation-compressed")
    right = Answering(only=case.derivative)
    wrong = Answering(only=lambda U, V, T: case.derivative(U, 1.01 * V, T))
    dense = Answering(only=lambda *inputs: case.derivative(*inputs).dense())
    assert [outcome(case, one).status for one in (right, wrong, dense)] == [Status.OK, Status.WRONG, Status.OK]


@pytest.mark.parametrize("case", [case for case in CASES if "closed-form" in case.invited], ids=lambda case: case.name)
def test_closed_forms_are_right(case):
    timing = outcome(case, ClosedForm())
    assert timing.status is Status.OK, timing.message
    assert timing.built > 0.0


def test_ieee_arithmetic_ends_with_the_contestant(recwarn):
    case = case_named("logistic-value-100x10")
    assert outcome(case, WengertIEEE()).status is Status.OK
    gc.collect()
    assert not recwarn.list


def test_the_function_is_timed_unchecked():
    assert all(outcome(case, PlainFunction()).status is Status.OK for case in CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_wengert_is_right(case):
    timing = outcome(case, Wengert())
    assert timing.status is Status.OK, timing.message


OPEN_CASES = [case for case in CASES if "closed-form" not in case.invited]
BUILDERS = [
    (case, peer, builder)
    for case in OPEN_CASES
    for peer in ("autograd", "jax", "torch")
    for builder in (*filter(None, [case.spellings.get(peer)]), *case.alternatives.get(peer, {}).values())
]


def contestant_named(name: str) -> Contestant:
    contestant = next(one for one in CONTESTANTS if one.name == name)
    if not contestant.available():
        pytest.skip("not installed")
    contestant.get_ready()
    return contestant


@pytest.mark.parametrize("peer", ["autograd", "torch", "casadi"])
@pytest.mark.parametrize("case", OPEN_CASES, ids=lambda case: case.name)
def test_peers_are_right_as_well(case, peer):
    contestant = contestant_named(peer)
    if not contestant.takes_part(case):
        pytest.skip("not invited")
    timing = outcome(case, contestant)
    assert timing.status is Status.OK, timing.message
    assert timing.error <= max(1e-12, 8.0 * sensitivity(case, case.make_inputs(small=True)))


@pytest.mark.parametrize(
    ("case", "peer", "builder"), BUILDERS, ids=lambda value: getattr(value, "name", getattr(value, "__name__", value))
)
def test_a_program_in_a_peers_idiom_gives_the_same_value(case, peer, builder):
    contestant_named(peer)
    inputs = case.make_inputs(small=True)
    namespace = importlib.import_module({"autograd": "autograd.numpy", "jax": "jax.numpy", "torch": "torch"}[peer])
    given = map(namespace.asarray if peer != "autograd" else np.asarray, inputs)
    assert np.asarray(builder(namespace)(*given)) == pytest.approx(case.function(*inputs), rel=1e-12)


@pytest.mark.parametrize("name", ["wengert-jit", "function-jit"])
@pytest.mark.parametrize("case", OPEN_CASES, ids=lambda case: case.name)
def test_what_is_compiled_is_right(case, name):
    timing = outcome(case, contestant_named(name))
    assert timing.status is Status.OK, timing.message


def test_some_come_only_where_invited():
    casadi = next(contestant for contestant in CONTESTANTS if contestant.name == "casadi")
    assert casadi.takes_part(case_named("taylor-cosine"))
    assert not casadi.takes_part(case_named("solve-300"))


def test_the_peak_of_memory_comes_with_a_checked_answer():
    peak = peak_of(ByHand(), small=True)
    assert peak["fault"] is None
    assert peak["arrays"] > 0.0
    wrong = peak_of(Answering(only=np.ones_like), small=True)
    assert wrong["fault"].startswith("relative error")
