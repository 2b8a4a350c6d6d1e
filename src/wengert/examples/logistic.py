"""Which tumours are malignant: logistic regression on the Wisconsin breast cancer data.

The program is plain NumPy and knows nothing of derivatives.

>>> import numpy as np
>>> from wengert.examples.logistic import example_inputs, loss
>>> w, X, y = example_inputs()
>>> X.shape, int(np.sum(y == 1)), int(np.sum(y == -1))
((569, 31), 212, 357)
>>> round(float(loss(w, X, y)), 6)
0.683752
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["example_inputs", "loss"]

Array = NDArray[np.float64]

_DATA = Path(__file__).with_name("breast_cancer.csv")


def loss(w: Array, X: Array, y: Array) -> np.float64:
    """Return the mean logistic loss of the labels y = ±1 under the scores X w, plus a ridge on w.

    w: (n,), X: (m, n), y: (m,).
    """
    margins = y * (X @ w)
    return np.mean(np.logaddexp(0, -margins)) + 0.05 * np.sum(w**2)


def example_inputs() -> tuple[Array, Array, Array]:
    """Return weights to start from, the standardised features behind a column of ones, and the labels."""
    table = np.loadtxt(_DATA, delimiter=",", skiprows=1)
    features, y = table[:, :-1], table[:, -1]
    standardised = (features - features.mean(axis=0)) / features.std(axis=0)
    X = np.column_stack([np.ones(len(y)), standardised])
    # Not zeros: there the ridge has no gradient, and an error in its derivative would not show.
    w = np.linspace(-0.1, 0.1, X.shape[1])
    return w, X, y
