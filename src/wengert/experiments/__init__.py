"""The experiments that every course on automatic differentiation draws, as functions that return data and draw them.

>>> from wengert.experiments import EXPERIMENTS
>>> sorted(EXPERIMENTS)
['checkpoint-memory', 'cost-ratio', 'difference-error', 'expression-swell', 'gradient-time', 'jacobian-modes']

Drawing needs matplotlib, which `pip install 'wengert[experiments]'` brings.
"""

from collections.abc import Callable
from typing import Final

from wengert.experiments.cost import cost_ratio
from wengert.experiments.differences import difference_error
from wengert.experiments.memory import checkpoint_memory
from wengert.experiments.result import Panel, Result, Series
from wengert.experiments.scaling import gradient_time, jacobian_modes
from wengert.experiments.swell import expression_swell

__all__ = [
    "EXPERIMENTS",
    "Panel",
    "Result",
    "Series",
    "checkpoint_memory",
    "cost_ratio",
    "difference_error",
    "expression_swell",
    "gradient_time",
    "jacobian_modes",
]

# by the names of the command line
EXPERIMENTS: Final[dict[str, Callable[..., Result]]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        difference_error,
        gradient_time,
        jacobian_modes,
        expression_swell,
        checkpoint_memory,
        cost_ratio,
    )
}
