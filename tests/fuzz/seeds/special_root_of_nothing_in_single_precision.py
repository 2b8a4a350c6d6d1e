import numpy as np


def program(x0):
    v0 = np.cross(x0, x0)
    return np.sqrt(v0)


x0 = np.array([0.5, 2.0, 0.5], dtype=np.float32)
