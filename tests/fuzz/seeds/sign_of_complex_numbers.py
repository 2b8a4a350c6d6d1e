import numpy as np


def program(x0):
    return np.sign(x0)


x0 = np.array([0.884, -1.046]) + 1j * np.array([0.442, 1.351])
