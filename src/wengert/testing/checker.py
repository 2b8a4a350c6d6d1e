"""The public checker."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from wengert.errors import ArgumentError, CheckError
from wengert.testing.blame import causes
from wengert.testing.first_order import first_order
from wengert.testing.higher_order import higher_order
from wengert.testing.report import InconclusiveWarning, Report
from wengert.testing.setting import Mode, Setting
from wengert.testing.subject import Subject
from wengert.testing.taylor import taylor

__all__ = ["check_derivatives"]


def check_derivatives(
    f: Callable[..., Any],
    *args: Any,
    argnums: int | Sequence[int] | None = None,
    order: int = 2,
    modes: Sequence[Mode] = ("forward", "reverse"),
    seed: int = 0,
    raises: bool = True,
    **kwargs: Any,
) -> Report:
    """Prove the derivatives of a function at a point, or say exactly what is wrong with them.

    The proof is numerical, and free of tolerances to choose: differences come with an error bar of their own, and a
    derivative is right where it lies within that bar and its own rounding.

    1. Central differences, extrapolated, with the noise of the function measured; complex steps where the program
       takes complex numbers. Up to 200 coordinates each entry is compared, beyond that random combinations.
    2. Remainders of the Taylor series must fall like the step to the power `order + 1` until rounding.
    3. Forward and reverse mode must be adjoint to each other.
    4. At order k the derivative of order k - 1, proved just before, is differentiated numerically along random
       directions, and compared with every nesting of modes; second derivatives must be symmetric.

    Parameters
    ----------
    f
        Any function that Wengert differentiates; results and arguments may be nested.
    args, kwargs
        The point. All floating-point leaves of the chosen arguments are checked, real and complex.
    argnums
        Positions of the arguments to check; by default all that hold floating-point numbers.
    order
        Highest order, 1 to 3.
    modes
        `"forward"`, `"reverse"` or both.
    seed
        Of the random directions.
    raises
        Whether a failure raises; otherwise look at `passed` of the report.

    Returns
    -------
    A report with every test; `print` shows it as a table, `to_dict` gives it for JSON.

    Raises
    ------
    CheckError
        A derivative is wrong, or nothing could be decided (a kink, noise, the edge of the domain). The message names
        the argument, the entry with the largest error, both values, the error bar, the tests that failed, and the
        line whose rule is to blame. Where only some entries are open it warns with `InconclusiveWarning`.

    >>> import numpy as np
    >>> from wengert.testing import check_derivatives
    >>> check_derivatives(lambda x: np.sum(np.sin(x) ** 2), np.array([0.5, 1.0])).passed
    True
    """
    chosen = tuple(modes)
    if not chosen or not set(chosen) <= {"forward", "reverse"}:
        raise ArgumentError(f"modes={modes!r}: give 'forward', 'reverse' or both, in a tuple")
    if order not in (1, 2, 3):
        raise ArgumentError(f"order={order!r}: the checker knows the orders 1, 2 and 3")
    subject = Subject(f, args, kwargs, argnums)
    setting = Setting(subject, chosen, seed)
    for each in range(1, order + 1):
        if each == 1:
            first_order(setting)
        else:
            higher_order(setting, each)
        taylor(setting, each)
        # what is wrong at one order is no base for the next
        if not setting.finite or any(check.outcome == "failed" for check in setting.checks):
            break
    failed = [check for check in setting.checks if check.outcome == "failed"]
    blamed = causes(subject, chosen, failed[0].order, seed) if failed else ()
    report = Report(subject.name, subject.source, tuple(setting.checks), blamed, setting.finite)
    if not report.passed and raises:
        raise CheckError(report.account())
    if report.passed and report.undecided:
        warnings.warn(InconclusiveWarning(str(report)), stacklevel=2)
    return report
