"""What a check found out, for people and for machines."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from wengert.errors import InconclusiveWarning

__all__ = ["Check", "Finding", "InconclusiveWarning", "Outcome", "Report"]

Outcome = Literal["passed", "failed", "inconclusive"]


@dataclass(frozen=True)
class Finding:
    """One number of a derivative beside what it should be.

    `bar` is the error bar of the differences; `left` and `right` are the one-sided slopes at a kink.
    """

    argument: str
    result: str
    derivative: float
    expected: float
    bar: float
    left: float | None = None
    right: float | None = None

    @property
    def error(self) -> float:
        """How far the derivative is off."""
        return abs(self.derivative - self.expected)

    def __str__(self) -> str:
        lines = [f"derivative     {self.derivative:.15g}"]
        if self.left is not None and self.right is not None:
            lines.append(f"slopes here    {self.left:.9g} on the left, {self.right:.9g} on the right (a kink)")
        else:
            lines.append(f"differences    {self.expected:.15g} ± {self.bar:.1e}")
            lines.append(f"error          {self.error:.3g}{self._in_bars()}")
        return "\n".join(lines)

    def _in_bars(self) -> str:
        if not self.bar > 0 or self.error <= self.bar:
            return ""
        return f", {self.error / self.bar:.1e} times the error bar"


@dataclass(frozen=True)
class Check:
    """One test: its outcome, the largest error that it met, and the error that was allowed there."""

    name: str
    order: int
    mode: str
    outcome: Outcome
    error: float
    allowed: float
    count: int = 1
    undecided: int = 0
    detail: str = ""
    finding: Finding | None = None

    @property
    def title(self) -> str:
        """The name of the test with the mode that it looked at."""
        return f"{self.name}, order {self.order}, {self.mode}"


@dataclass(frozen=True)
class Report:
    """All tests of one function at one point.

    `causes` names rules of primitives that fail the same tests by themselves, with the line that uses them; `finite`
    says whether the value of the function is finite at the point.
    """

    function: str
    source: str
    checks: tuple[Check, ...]
    causes: tuple[str, ...] = ()
    finite: bool = True

    @property
    def failures(self) -> tuple[Check, ...]:
        """The tests that found a wrong derivative."""
        return tuple(check for check in self.checks if check.outcome == "failed")

    @property
    def undecided(self) -> tuple[Check, ...]:
        """The tests that left something open."""
        return tuple(check for check in self.checks if check.undecided)

    @property
    def unproved(self) -> tuple[Check, ...]:
        """The tests of those orders at which no comparison with differences decided anything."""
        compared = [check for check in self.checks if check.name == "differences"]
        decided = {check.order for check in compared if check.undecided < check.count}
        return tuple(check for check in self.undecided if check.order not in decided)

    @property
    def passed(self) -> bool:
        """Whether no test failed, and no order was left wholly open."""
        return not self.failures and not self.unproved

    def __str__(self) -> str:
        notes = [f"{check.title}: {check.detail}" for check in self.checks if check.detail]
        head = f"check_derivatives: {self.summary()}"
        return "\n".join([head, "", self.table(), *(["", *notes] if notes else [])])

    def table(self) -> str:
        """All tests, one a line."""
        rows = [("test", "order", "mode", "outcome", "compared", "largest error", "allowed")]
        rows += [
            (c.name, str(c.order), c.mode, c.outcome, _compared(c), f"{c.error:.1e}", f"{c.allowed:.1e}")
            for c in self.checks
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
                         for row in rows)  # fmt: skip

    def summary(self) -> str:
        """The outcome in one line."""
        name = self.function + (f" ({self.source})" if self.source else "")
        if self.failures:
            return f"the derivative of {name} is wrong"
        if self.unproved:
            return f"the derivative of {name} could not be checked at this point"
        if self.undecided:
            return f"the derivative of {name} is right where it could be checked, and open elsewhere"
        return f"the derivative of {name} is right"

    def account(self) -> str:
        """The whole story of a failure: which number, which tests, whose rule."""
        lines = [f"check_derivatives: {self.summary()}"]
        told = [check for check in self.failures if check.finding is not None]
        if told:
            # a difference in one entry says more than one along a random direction, which forward mode gives
            first = min(told, key=lambda check: (check.order, check.order > 1 and check.mode.startswith("forward")))
            assert first.finding is not None
            lines.append(f"  order {first.order}, {first.mode}, the entry with the largest error:")
            lines.append(f"    argument       {first.finding.argument}")
            lines.append(f"    result         {first.finding.result}")
            lines += [f"    {line}" for line in str(first.finding).splitlines()]
        chosen = self.failures or self.unproved
        lines.append("  failed tests:" if self.failures else "  open tests:")
        lines += [f"    {check.title}{f': {check.detail}' if check.detail else ''}" for check in chosen]
        if self.failures:
            lines += [f"  cause: {cause}" for cause in self.causes]
            if not self.causes:
                lines.append("  cause: no single rule fails by itself; look at custom rules and at stop_gradient")
        elif self.finite:
            lines.append("  Check at a point away from kinks, jumps and edges of the domain.")
        else:
            advice = "wengert.explain_nan says which operation makes it so"
            lines.append(f"  The value of {self.function} is not finite here; {advice}.")
        return "\n".join([*lines, "", self.table()])

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain Python values, ready for JSON."""
        return {
            "function": self.function,
            "source": self.source,
            "passed": self.passed,
            "causes": list(self.causes),
            "checks": [asdict(check) for check in self.checks],
        }


def _compared(check: Check) -> str:
    return f"{check.count - check.undecided} of {check.count}" if check.undecided else str(check.count)
