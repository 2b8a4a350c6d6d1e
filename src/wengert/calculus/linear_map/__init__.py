"""Linear maps of matrices: sums of pieces out of a small language, each with its adjoint."""

from wengert.calculus.linear_map.pieces import Piece, chain_of, functional_of
from wengert.calculus.linear_map.sums import PieceSum, read

__all__ = ["Piece", "PieceSum", "chain_of", "functional_of", "read"]
