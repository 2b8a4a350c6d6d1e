"""What symbols and functions are called on paper: Greek letters, subscripts, differentials out of a program's names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

__all__ = ["FENCES", "FUNCTION_NAMES", "PAIRS", "Written", "written", "written_names"]

_GREEK: Final = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eps": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "kappa": "κ", "lam": "λ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ",
    "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
_COMMANDS: Final = {
    **{letter: f"\\{word}" for word, letter in _GREEK.items() if word not in ("lam", "eps")},
    "ε": r"\varepsilon",
    "φ": r"\varphi",
    "ℓ": r"\ell",
}
_LOWERED: Final = dict(zip("0123456789aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
_SUBSCRIPTED: Final = re.compile(r"([^\W\d_]+)(?:_(\w+)|(\d+))")


# named functions that have another name on paper
FUNCTION_NAMES: Final = {"logistic": "σ", "absolute": "abs", "cholesky": "chol", "largest_eigenvalue": "λₘₐₓ",
                     "smallest_eigenvalue": "λₘᵢₙ"}  # fmt: skip
FENCES: Final = {"spectral_norm": "spectral", "nuclear_norm": "nuclear"}
# projectors and pairs of singular vectors by the vectors that they are made of
PAIRS: Final = {
    "leading_pair": ("u₁", "v₁"),
    "leading_projector": ("qₘₐₓ", "qₘₐₓ"),
    "trailing_projector": ("qₘᵢₙ", "qₘᵢₙ"),
}


@dataclass(frozen=True)
class Written:
    """A name on paper: a letter or a word, with a subscript, of a differential, of a gradient, or of neither."""

    stem: str
    subscript: str = ""
    differential: bool = False
    gradient: bool = False

    @property
    def text(self) -> str:
        """In Unicode; a subscript for which there are no characters stays on the line."""
        lowered = [_LOWERED.get(letter) for letter in self.subscript]
        if (len(lowered) > 2 and not self.subscript.isdigit()) or None in lowered:
            lowered = ["_", self.subscript]
        return "d" * self.differential + "∇" * self.gradient + self.stem + "".join(map(str, lowered))

    @property
    def latex(self) -> str:
        """In LaTeX, words upright."""
        stem = _COMMANDS.get(self.stem, self.stem if len(self.stem) == 1 else f"\\mathrm{{{_escaped(self.stem)}}}")
        if self.differential:
            stem = rf"\mathrm{{d}}{stem}"
        if self.gradient:
            stem = rf"\nabla {stem}"
        if not self.subscript:
            return stem
        plain = self.subscript.isdigit() or len(self.subscript) == 1
        inner = self.subscript if plain else rf"\mathrm{{{_escaped(self.subscript)}}}"
        return f"{stem}_{inner}" if len(inner) == 1 else f"{stem}_{{{inner}}}"


def _escaped(text: str) -> str:
    return text.replace("_", r"\_")


def written(name: str) -> Written:
    """A name of a program as it is written on paper.

    >>> [written(name).text for name in ("mu", "x0", "sigma_1", "dX", "weights", "x_train")]
    ['μ', 'x₀', 'σ₁', 'dX', 'weights', 'x_train']
    """
    if name.startswith("∇"):
        return replace(written(name[1:]), gradient=True)
    bare = name.strip("_") or name
    found = _letter(bare)
    if found is None and bare.startswith("d"):
        inner = _letter(bare[1:])
        found = None if inner is None else Written(inner.stem, inner.subscript, differential=True)
    return Written(bare) if found is None else found


def _letter(name: str) -> Written | None:
    """A single letter, perhaps by its Greek name, perhaps with a subscript."""
    match = _SUBSCRIPTED.fullmatch(name)
    stem, subscript = (match[1], match[2] or match[3]) if match else (name, "")
    stem = _GREEK.get(stem, stem)
    return Written(stem, subscript) if len(stem) == 1 else None


def written_names(names: Iterable[str]) -> dict[str, Written]:
    """Names on paper, in which different names look different: `lam` and `lambda_` of one formula stay as they are."""
    found = {name: written(name) for name in names}
    looks = Counter(paper.text for paper in found.values())
    return {name: paper if looks[paper.text] == 1 else Written(name) for name, paper in found.items()}
