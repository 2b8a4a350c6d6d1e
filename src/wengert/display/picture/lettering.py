"""How wide text is, in fonts that are not at hand: widths of letters in the common sans-serif fonts."""

from __future__ import annotations

from typing import Final

__all__ = ["width_of"]

_NARROW: Final = frozenset("iljtfr.,:;|!'()[]{} ·ᵀ⁻¹²³⁰⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉Iı")
_WIDE: Final = frozenset("mwMW@%Σ∏→")
# in widths of the height of the letters
_WIDTHS: Final = {"narrow": 0.36, "wide": 0.92, "capital": 0.7, "other": 0.58}


def width_of(text: str, size: float) -> float:
    """The width of a text at this font size, rather a little too much than too little."""
    return size * sum(
        _WIDTHS["narrow"] if letter in _NARROW
        else _WIDTHS["wide"] if letter in _WIDE
        else _WIDTHS["capital"] if letter.isupper()
        else _WIDTHS["other"]
        for letter in text
    )  # fmt: skip
