"""Closed forms: typed matrix algebra with symbolic dimensions."""
