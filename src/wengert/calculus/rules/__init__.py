"""Rules that bring expressions nearer to the form in which a reader knows them."""

from wengert.calculus.rules import functions, structure, sums

__all__ = ["functions", "structure", "sums"]
