"""Programs as people write them: what a function sees as NumPy, `math` and `float` while it is traced.

Plain NumPy cannot hold a traced value: `out = np.zeros(3); out[0] = x` needs an `np.zeros` of ours. So a function that
does this runs as a copy of itself, with the same code, closure and defaults, whose global names lead to Wengert's
mirrors of these modules. Nothing of NumPy's and nothing of the user's is changed, and other threads see what they
always saw.
"""

from wengert.programs.call import call
from wengert.programs.program import RUNNER, Program

__all__ = ["RUNNER", "Program", "call"]
