"""A function and its derivatives as one NumPy function."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import Any, Final

from wengert.api.formula import Formula, compiled_all, python_of_all
from wengert.errors import ArgumentError

__all__ = ["Together"]

_RESULTS: Final = ("value", "gradient", "jacobian", "derivative", "differential", "hessian")


class Together:
    """Forms whose formulas can be computed by one function, which does once what they have in common."""

    def python(self, *results: str, name: str = "derivatives") -> str:
        """The source of one NumPy function that computes the function and its derivatives together.

        They share what they have in common. The function returns a tuple, and runs without Wengert.

        Parameters
        ----------
        results
            What it returns, in this order: `"value"`, `"gradient"` (or `"jacobian"`, `"derivative"`, `"differential"`)
            and `"hessian"`. By default the value, the first derivative and, where it is a matrix, the Hessian. In
            several variables the value and all gradients.
        name
            Of the function.

        Raises
        ------
        ArgumentError
            A result is none of these.
        UnsupportedError
            A formula has no code.

        >>> import numpy as np
        >>> import wengert as wg
        >>> A, b = np.ones((4, 3)), np.ones(4)
        >>> form = wg.derive(lambda x: 0.5 * np.sum((A @ x - b) ** 2), np.ones(3))
        >>> print(form.python(name="least_squares"))
        def least_squares(x, A, b):
            residual = A @ x - b
            value = 0.5 * (residual @ residual)
            gradient = A.T @ residual
            hessian = A.T @ A
            return value, gradient, hessian
        <BLANKLINE>
        """
        return python_of_all(self._results(results), name)

    def compile(self, *results: str) -> Callable[..., Any]:
        """That function with the captured arrays in it; it takes the arguments of f, then directions.

        Raises
        ------
        CheckError
            The code and a formula disagree at random arrays.

        >>> import numpy as np
        >>> import wengert as wg
        >>> function = wg.derive(lambda x: np.sum(x**3) / 3, np.ones(2)).compile("value", "gradient")
        >>> value, gradient = function(np.array([1.0, 2.0]))
        >>> float(value), gradient
        (3.0, array([1., 4.]))
        """
        return compiled_all(self._results(results), "derivatives")

    def _results(self, names: Sequence[str]) -> dict[str, Formula]:
        """Formulas by the names that they have as results of one function."""
        form: Any = self
        found: dict[str, Formula] = {}
        asked: Sequence[Any] = names or _usual(form)
        for word in asked:
            listed = [result for result in _RESULTS if result == "value" or hasattr(type(form), result)]
            if not isinstance(word, str) or word not in listed:
                raise ArgumentError(
                    f"derive: a result is one of {', '.join(listed)}; received {_received(word, listed)}"
                )
            formulas = form.function if word == "value" else getattr(form, word)
            if isinstance(formulas, Formula):
                found[word] = formulas
            else:
                for key, one in formulas.items():
                    found["_".join([word, *([key] if isinstance(key, str) else key)])] = one
        return found


def _received(word: Any, listed: Sequence[str]) -> str:
    if not isinstance(word, str):
        return f"a {type(word).__name__}: arrays are given to the function that compile makes"
    close = difflib.get_close_matches(word, listed, 1)
    return f"{word!r}; did you mean {close[0]}?" if close else repr(word)


def _usual(form: Any) -> list[str]:
    """The value, the first derivative, and the Hessian where it is a matrix."""
    first = form.first
    if not isinstance(first, Formula):
        return ["value", "gradient"]
    (variable, *others), names = form.variables, ["value", first.what.lower()]
    if form.expression.is_scalar and not others and form.symbols[variable].cols == 1:
        names.append("hessian")
    return names
