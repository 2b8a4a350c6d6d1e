import numpy as np


def program(x0, x1):
    return np.polyval(x0, x1)


x0 = np.array([-1.111, 0.385, 0.964], dtype=np.float32)
x1 = -0.091
