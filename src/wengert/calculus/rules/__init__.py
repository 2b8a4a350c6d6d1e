"""Rules that bring expressions nearer to the form in which a reader knows them."""

from wengert.calculus.rules import functions, pieces, shifts, structure, sums, wholes

__all__ = ["functions", "pieces", "shifts", "structure", "sums", "wholes"]
