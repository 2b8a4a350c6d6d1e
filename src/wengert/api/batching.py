"""vmap: a function of one example, applied to many at once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert import tree
from wengert.api.arguments import flat_output, name_of
from wengert.errors import ArgumentError
from wengert.graph import ArrayType
from wengert.primitives.shaping import move_axis
from wengert.programs import Program, call
from wengert.tracing import as_operand, type_of
from wengert.transforms.limits import settled
from wengert.transforms.tape import apart
from wengert.transforms.vmap import BatchRecording

__all__ = ["vmap"]

Axes = int | None | tuple[Any, ...] | list[Any] | dict[Any, Any]


def vmap(f: Callable[..., Any], in_axes: Axes = 0, out_axes: int = 0) -> Callable[..., Any]:
    """The function that applies f to every example along an axis, in one pass of array operations.

    Parameters
    ----------
    f
        A function of one example. Conditions that steer Python must come out alike for all examples.
    in_axes
        The axis of the examples in each argument: an int for all, or a tuple with one entry per positional
        argument; None where an argument is shared. An entry may be a nesting like its argument's. Keyword arguments
        are shared.
    out_axes
        The axis of the examples in every result.

    Raises
    ------
    ArgumentError
        The axes do not fit the arguments, or the arguments hold different numbers of examples.
    TracingError
        A condition in f differs between examples.

    >>> import numpy as np
    >>> import wengert as wg
    >>> wg.vmap(lambda x, y: x @ y, in_axes=(0, None))(np.eye(2), np.array([3.0, 4.0]))
    array([3., 4.])
    """
    if not callable(f):
        raise ArgumentError(f"vmap takes a function, received {type(f).__name__}; write wengert.vmap(f)(x)")
    if not isinstance(out_axes, (int, np.integer)):
        raise ArgumentError(
            f"vmap: out_axes must be one int, the axis of the examples in every result; received {out_axes!r}. Move "
            f"single results with numpy.moveaxis afterwards"
        )

    program = Program(f)

    @settled
    @functools.wraps(f, updated=())
    def mapped(*args: Any, **kwargs: Any) -> Any:
        leaves, structure = tree.flatten(args)
        axes = _axes_of(f, args, in_axes)
        size = _size(f, leaves, axes, structure)
        with BatchRecording(size) as recording:
            examples = [
                leaf if axis is None else recording.input(_to_front(as_operand(leaf), axis))
                for leaf, axis in zip(leaves, axes, strict=True)
            ]
            result = call(program, structure.unflatten(examples), kwargs)
            outputs, form = flat_output(f, result, "vmap")
            stacked = [recording.unwrap(output) for output in outputs]
        return form.unflatten([apart(_from_front(f, value, out_axes), leaves) for value in stacked])

    return mapped


def _axes_of(f: Any, args: tuple[Any, ...], in_axes: Axes) -> list[int | None]:
    """One axis per leaf of the arguments."""
    if in_axes is None or isinstance(in_axes, (int, np.integer)):
        entries: Any = (in_axes,) * len(args)
    else:
        entries = in_axes
    if not isinstance(entries, (tuple, list)) or len(entries) != len(args):
        raise ArgumentError(
            f"vmap: in_axes={in_axes!r} must be an int, None, or a tuple with one entry for each of the {len(args)} "
            f"positional arguments of {name_of(f)}"
        )
    axes: list[int | None] = []
    for entry, arg in zip(entries, args, strict=True):
        axes.extend(_spread(f, entry, arg, in_axes))
    return axes


def _spread(f: Any, entry: Any, arg: Any, in_axes: Any) -> list[int | None]:
    if entry is None or isinstance(entry, (int, np.integer)):
        axes: list[Any] = [entry] * tree.flatten(arg)[1].leaf_count
        return axes
    children = arg.values() if isinstance(arg, dict) else arg if isinstance(arg, (tuple, list)) else None
    if children is not None and type(entry) is type(arg) and len(entry) == len(arg):
        if isinstance(arg, dict) and set(arg) == set(entry):
            return [axis for key in sorted(arg) for axis in _spread(f, entry[key], arg[key], in_axes)]
        if not isinstance(arg, dict):
            return [axis for e, a in zip(entry, arg, strict=True) for axis in _spread(f, e, a, in_axes)]
    raise ArgumentError(f"vmap: in_axes={in_axes!r} is not nested like the arguments of {name_of(f)}")


def _size(f: Any, leaves: list[Any], axes: list[int | None], structure: Any) -> int:
    sizes: dict[int, str] = {}
    for position, (leaf, axis) in enumerate(zip(leaves, axes, strict=True)):
        if axis is None:
            continue
        kind: Any = type_of(as_operand(leaf))
        path = f"argument {structure.paths()[position]}"
        if not isinstance(kind, ArrayType) or not -kind.ndim <= axis < kind.ndim:
            shape = kind.shape if isinstance(kind, ArrayType) else type(leaf).__name__
            raise ArgumentError(f"vmap: {path} of {name_of(f)} has shape {shape}, so it has no axis {axis}")
        sizes.setdefault(kind.shape[axis], path)
    if len(sizes) != 1:
        listed = ", ".join(f"{size} in {path}" for size, path in sizes.items()) or "none at all"
        raise ArgumentError(
            f"vmap: all mapped arguments of {name_of(f)} must hold the same number of examples; found {listed}"
        )
    return next(iter(sizes))


def _to_front(value: Any, axis: int) -> Any:
    axis %= type_of(value).ndim
    return value if axis == 0 else move_axis(value, axis, 0)


def _from_front(f: Any, value: Any, axis: int) -> Any:
    ndim = type_of(value).ndim
    if not -ndim <= axis < ndim:
        raise ArgumentError(f"vmap: a result of {name_of(f)} has {ndim - 1} axes, so out_axes={axis} does not fit")
    axis %= ndim
    out = value if axis == 0 else move_axis(value, 0, axis)
    return out.copy() if isinstance(out, np.ndarray) and not out.flags.writeable else out
