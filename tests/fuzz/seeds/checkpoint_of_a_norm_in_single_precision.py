import numpy as np


def program(x0):
    return np.linalg.norm(x0)


x0 = np.complex64(
    np.array([[0.445, 0.299, -1.49], [0.318, -0.48, 0.447]])
    + 1j * np.array([[0.254, 0.561, 1.221], [0.062, 0.829, 0.551]])
)
