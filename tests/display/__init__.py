"""Tests of what is shown: formulas as text, LaTeX and code."""
