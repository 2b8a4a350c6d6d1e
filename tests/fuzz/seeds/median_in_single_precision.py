import numpy as np


def program(x0):
    return np.median(x0, axis=-1, keepdims=True)


x0 = np.array([[2.0, 1.25, 0.5], [-1.0, 0.25, -1.5]], dtype=np.float32)
