"""Proof of derivatives by numerical means, for users' programs and for Wengert's own rules."""

from wengert.testing.checker import check_derivatives
from wengert.testing.report import Check, Finding, InconclusiveWarning, Report

__all__ = ["Check", "Finding", "InconclusiveWarning", "Report", "check_derivatives"]
