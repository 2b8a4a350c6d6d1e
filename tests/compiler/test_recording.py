"""A recording gives what the program gives, whatever has changed since; where it cannot, it says so."""

from __future__ import annotations

import copy
import types
import warnings
from typing import Any

import numpy as np
import pytest
from changes import rows

import wengert as wg
from wengert import tree
from wengert.compiler.recording import NotRecordable, Recorded, record, signature
from wengert.errors import IndependentOutputWarning
from wengert.graph import verify
from wengert.tracing import evaluate


class Replay:
    """The smallest possible `jit`: recordings are looked through in order, and graphs run by NumPy."""

    def __init__(self, function: Any, confirming: bool = False) -> None:
        self.function = function
        self.confirming = confirming
        self.known: dict[Any, list[Recorded]] = {}
        self.recordings = 0
        self.reasons: list[str] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        known = self.known.setdefault(signature(args, kwargs), [])
        for recorded in known:
            found = replayed(recorded, args, kwargs)
            if found is not None:
                return found[0]
        try:
            if self.confirming:
                own = self.function(*copy.deepcopy(args), **kwargs)
                recorded = record(self.function, args, kwargs, known=own)
            else:
                recorded = record(self.function, args, kwargs)
        except NotRecordable as error:
            self.reasons.append(error.reason)
            return self.function(*args, **kwargs)
        verify(recorded.graph)
        self.recordings += 1
        known.append(recorded)
        found = replayed(recorded, args, kwargs)
        # a NaN is left to the program itself
        return self.function(*args, **kwargs) if found is None else found[0]


def replayed(recorded: Recorded, args: Any, kwargs: Any) -> tuple[Any] | None:
    """The result of a recording in a tuple; None where it does not hold for this call."""
    if not recorded.guards.hold():
        return None
    leaves = tree.flatten((args, kwargs))[0]
    captured = [source.read() for source in recorded.sources]
    if any(value is None for value in captured):
        return None
    inputs = [*[leaves[place] for place in recorded.leaves], *captured]
    if recorded.contiguous and not all([value.flags.c_contiguous for value in inputs if isinstance(value, np.ndarray)]):
        return None
    try:
        outputs = evaluate(recorded.graph, *inputs)
    except Exception:  # noqa: BLE001 (whatever fails is left to the program itself)
        return None
    count = len(outputs) - len(recorded.steering)
    for found, expected in zip(outputs[count:], recorded.steering, strict=True):
        if not holds(found, expected):
            return None
    if any(np.asarray(value).dtype.kind in "fc" and np.isnan(value).any() for value in outputs[:count]):
        return None
    return (recorded.structure.unflatten([leaf(result, outputs, inputs) for result in recorded.results]),)


def leaf(result: Any, outputs: Any, inputs: Any) -> Any:
    if result.kind == "constant":
        return result.value
    if result.kind in ("argument", "captured"):
        return inputs[result.index]
    found = outputs[result.index]
    if result.form == "array":
        return np.array(found)
    return np.asarray(found)[()] if result.form == "scalar" else np.asarray(found).item()


def holds(found: Any, expected: Any) -> bool:
    """Whether a steering value is as it was recorded."""
    if expected.how == "finite":
        return bool(np.all(np.isfinite(found)))
    return bool(found) is expected.value if expected.how == "truth" else equal(found, expected.value)


def equal(one: Any, other: Any) -> bool:
    return np.array_equal(one, other, equal_nan=np.asarray(one).dtype.kind in "fc")


ROWS = rows()

# A transform of a function that reads a global number, and the arguments of its result.
TRANSFORMS: dict[str, str] = {
    "grad": "wg.grad(lambda y: np.sum(g(y)))(x)",
    "value and gradient": "wg.value_and_grad(lambda y: np.sum(g(y)))(x)",
    "vjp": "wg.vjp(g, x)[1](x)",
    "jvp": "wg.jvp(g, (x,), (x,))",
    "linearize": "wg.linearize(g, x)[1](x)",
    "linear_transpose": "wg.linear_transpose(lambda y: y * k, x)(x) + (g(x),)",
    "jacobian": "wg.jacobian(g)(x)",
    "jacobian in forward mode": "wg.jacobian(g, mode='forward')(x)",
    "hessian": "wg.hessian(lambda y: np.sum(g(y)))(x)",
    "hvp": "wg.hvp(lambda y: np.sum(g(y)), x, x)",
    "derivative": "wg.derivative(lambda t: np.sum(g(t)))(x[1])",
    "elementwise_grad": "wg.elementwise_grad(g)(x)",
    "vmap": "wg.vmap(g)(x)",
    "checkpoint": "wg.grad(lambda y: np.sum(wg.checkpoint(g)(y)))(x)",
    "stop_gradient": "wg.grad(lambda y: np.sum(y * wg.stop_gradient(g(y))))(x)",
    "gradient of a gradient": "wg.grad(lambda z: np.sum(wg.grad(lambda y: np.sum(g(y) * z))(z)))(x)",
    "batch of gradients": "wg.vmap(wg.grad(g))(x)",
    "gradient of a batch": "wg.grad(lambda y: np.sum(wg.vmap(g)(y)))(x)",
    "ieee": "wg.ieee()(wg.grad(lambda y: np.sum(g(y))))(x)",
}


@pytest.mark.parametrize("change", ["k = 3.0", "g = lambda y: y**2 * k", "A[1] = 4.0"])
@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms_inside_and_outside_follow_changes(name: str, change: str) -> None:
    source = f"k = 2.0\nA = np.ones(3)\ndef g(y): return y**3 * k * np.sum(A)\ndef f(x): return {TRANSFORMS[name]}"
    plain, recorded = module_of(source), module_of(source)
    replay = Replay(recorded["f"])
    for text in ("f(X + 1)", "f(X + 2)", change, "f(X + 1)"):
        assert_same(step(text, recorded, replay), step(text, plain, plain["f"]))
    assert replay.reasons == []
    assert replay.recordings == (1 if change.startswith("A") else 2)


# Programs with a float that changes, and how it is changed.
VARYING = {
    "rate = 0.5\ndef f(x): return x - rate * np.sin(x)": "rate = {}",
    "class M: pass\nm = M(); m.rate = 0.5\ndef f(x): return x * m.rate ** 2": "m.rate = {}",
    "P = {'rate': 0.5}\nf = wg.grad(lambda x: np.sum(x**3) * P['rate'])": "P['rate'] = {}",
    "rate = 0.5\ndef f(x): return x * 2 if rate > 0 else x * rate": "rate = {}",
    "rate = 0.5\ndef f(x): return x * len(f'{rate}') * rate": "rate = {}",
    "rate = 0.5\ndef f(x): return x * {rate: 2.0}[rate]": "rate = {}",
    "class M: r = 0.5\nf = lambda x: x * M.r": "M.r = {}",
}


@pytest.mark.parametrize("source", VARYING)
def test_a_float_that_changes_becomes_an_input(source: str) -> None:
    module, plain, change = module_of(source), module_of(source), VARYING[source]
    first = record(module["f"], (module["X"],), {})
    step(change.format(0.25), module, None)
    assert not first.guards.hold()
    varied = first.guards.varied()
    assert len(varied) == 1
    call = (module["X"],), {}
    second = record(module["f"], *call, varying=varied)
    for value in (0.25, 0.125, 0.5, -1.0):
        step(change.format(value), module, None)
        step(change.format(value), plain, None)
        found = replayed(second, *call) or replayed(record(module["f"], *call, varying=varied), *call)
        assert found is not None
        assert_same(found[0], plain["f"](plain["X"]))
    step(change.format(3), module, None)
    assert replayed(second, *call) is None


def module_of(source: str) -> dict[str, Any]:
    module = types.ModuleType("program")
    module.__dict__.update(np=np, wg=wg, X=np.arange(3.0))
    exec(compile(source, "<program>", "exec", dont_inherit=True), module.__dict__)
    return module.__dict__


def step(text: str, module: dict[str, Any], f: Any) -> Any:
    try:
        code = compile(text, "<step>", "eval", dont_inherit=True)
    except SyntaxError:
        exec(compile(text, "<step>", "exec", dont_inherit=True), module)
        return None
    names = dict(module, f=f) if "f(" in text else module
    return eval(code, names)


def outcome(text: str, module: dict[str, Any], f: Any) -> Any:
    """What a step gives, or the class of the error that it raises."""
    try:
        return step(text, module, f)
    except Exception as error:  # noqa: BLE001 (which may be any)
        return type(error).__name__


def assert_same(one: Any, other: Any, tolerance: float = 1e-13) -> None:
    first, form = tree.flatten(one)
    second, other_form = tree.flatten(other)
    assert repr(form) == repr(other_form)
    for a, b in zip(first, second, strict=True):
        assert type(a).__name__ == type(b).__name__
        if isinstance(a, str):
            assert a == b
        if isinstance(a, (np.ndarray, np.generic, float)):
            assert np.asarray(a).dtype == np.asarray(b).dtype
            size = np.max(np.abs(b)[np.isfinite(b)], initial=1.0)
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * size)


@pytest.mark.parametrize("name", ROWS)
def test_recording_follows_changes(name: str, capsys: Any) -> None:
    source, steps, expected = ROWS[name]
    plain, recorded = module_of(source), module_of(source)
    replay = Replay(recorded["f"])
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", IndependentOutputWarning)
        for text in steps:
            assert_same(outcome(text, recorded, replay), outcome(text, plain, plain["f"]))
    for key, value in plain.items():
        if isinstance(value, (float, int, list, np.ndarray)) and not key.startswith("__"):
            assert_same(recorded[key], value)
    if isinstance(expected, str):
        count, _, words = expected.rpartition(" and ")
        assert replay.recordings == int(count or 0)
        assert all(words in reason for reason in replay.reasons)
    else:
        assert (replay.recordings, replay.reasons) == (expected, [])
