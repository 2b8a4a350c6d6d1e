import numpy as np


def program(x0, x1):
    return x0**x1


x0 = np.array([-1.0, 0.5])
x1 = np.array([0.5, 2.0]) + 1j * np.array([-1.0, -1.0])
