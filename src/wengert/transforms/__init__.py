"""Transformations of graphs, and of running programs."""
