"""Linear maps on paper: as an operator, as a matrix on vec(dX), and by indices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from wengert.calculus import algebra
from wengert.calculus.expression import (
    Diagonal,
    Expression,
    Hadamard,
    Identity,
    Inverse,
    Number,
    Ones,
    Product,
    Symbol,
    Transpose,
)
from wengert.calculus.linear_map import Piece, PieceSum, chain_of, functional_of
from wengert.calculus.linear_map.pieces import is_identity
from wengert.calculus.linear_map.steps import Weigh
from wengert.calculus.linear_map.vectorized import Factor, Ordering, factors_of
from wengert.display.formula import text_of, text_with_where
from wengert.display.formula_latex import latex_of, latex_with_where
from wengert.display.naming import written
from wengert.display.notation import ATOM, POWER, PRODUCT
from wengert.display.printing import Printer
from wengert.display.writing import notation_of
from wengert.errors import UnsupportedError

__all__ = ["index_text", "operator_text", "vec_text"]

_LOWERED: Final = dict(zip("ijkl", "ᵢⱼₖₗ", strict=True))
_ORDERS: Final = {"C": "by rows, as numpy.ravel does", "F": "by columns"}


@dataclass(frozen=True)
class _Style:
    """What text and LaTeX write differently."""

    of: Callable[[Expression], str]
    minus: str
    kron: str
    transposed: str
    vec: str
    diag: str
    delta: str
    lowered: Callable[[str], str]


_TEXT: Final = _Style(text_of, "−", " ⊗ ", "ᵀ", "vec", "diag", "δ", lambda ij: "".join(_LOWERED[i] for i in ij))
_LATEX: Final = _Style(
    latex_of, "-", r" \otimes ", r"^\top", r"\operatorname{vec}", r"\operatorname{diag}", r"\delta",
    lambda ij: f"_{{{ij}}}" if len(ij) > 1 else f"_{ij}" if ij else "",
)  # fmt: skip


def operator_text(
    expression: Expression, direction: Symbol, variables: Sequence[str] = (), taken: Iterable[str] = (),
    latex: bool = False,
) -> str:  # fmt: skip
    """The map as it is applied: `dX ↦ −X⁻¹ dX X⁻¹`."""
    if latex:
        return rf"{written(direction.name).latex} \mapsto {latex_with_where(expression, variables, taken)}"
    return f"{written(direction.name).text} ↦ {text_with_where(expression, variables, taken)}"


def vec_text(pieces: PieceSum, order: Ordering, taken: Iterable[str] = (), latex: bool = False) -> str:
    """The matrix of the map on vec(dX), the ordering stated: `−X⁻¹ ⊗ X⁻ᵀ,  vec by rows, as numpy.ravel does`.

    K is the commutation matrix with K vec(M) = vec(Mᵀ), and D the selection with D v = vec(diag(v)).

    Raises
    ------
    UnsupportedError
        The derivative of a function of matrices is in it.
    """
    style = _LATEX if latex else _TEXT
    factors = [(piece, factors_of(piece, order)) for piece in pieces.pieces]
    kinds = {factor.kind for _, listed in factors for factor in listed}
    names = _free_letters(("K", "D"), taken)
    matrix = _signed_sum([_vec_term(piece, listed, names, style) for piece, listed in factors], style)
    commutes, selects = "commutation" in kinds, bool(kinds & {"selection", "extraction"})
    if latex:
        notes = [rf"\operatorname{{vec}}\text{{ {_ORDERS[order]}}}"]
        notes += [rf"{names[0]}\operatorname{{vec}}(M) = \operatorname{{vec}}(M^\top)"] if commutes else []
        notes += [rf"{names[1]}v = \operatorname{{vec}}(\operatorname{{diag}}(v))"] if selects else []
        return r", \quad ".join([matrix, *notes])
    notes = [f"vec {_ORDERS[order]}"]
    notes += [f"{names[0]} vec(M) = vec(Mᵀ)"] if commutes else []
    notes += [f"{names[1]}v = vec(diag(v))"] if selects else []
    return ",  ".join([matrix, *notes])


def _free_letters(wanted: Sequence[str], taken: Iterable[str]) -> list[str]:
    """Letters that are no names of arrays."""
    used = set(taken)
    return [next(name for name in (letter, f"{letter}'", f"{letter}''") if name not in used) for letter in wanted]


def _signed_sum(terms: Sequence[tuple[bool, str]], style: _Style) -> str:
    if not terms:
        return "0"
    # a term that is not negative comes first, if there is one
    ordered = sorted(terms, key=lambda term: term[0])
    (negative, first), rest = ordered[0], ordered[1:]
    return (
        (style.minus if negative else "")
        + first
        + "".join([f" {style.minus if below else '+'} {text}" for below, text in rest])
    )


def _within(x: Expression, level: int, style: _Style) -> str:
    """An expression, in brackets where it holds less together."""
    text = style.of(x)
    return text if Printer().level(notation_of(x)) >= level else f"({text})"


def _sign(front: Expression, style: _Style) -> tuple[bool, str]:
    """Whether a number in front is negative, and what is written of it."""
    negative = algebra.split(front)[0] < 0
    size: Any = algebra.negative(front) if negative else front
    return negative, "" if algebra.is_one(size) else _within(size, PRODUCT, style)


def _joined(factors: Iterable[str]) -> str:
    found = ""
    for factor in factors:
        close = not found or factor[0] == "(" or (len(factor) < 3 and (found[-1] == ")" or found.isdigit()))
        found += factor if close else f" {factor}"
    return found


def _vec_term(piece: Piece, factors: Sequence[Factor], names: Sequence[str], style: _Style) -> tuple[bool, str]:
    negative, front = _sign(piece.front, style)
    alone = len(factors) == 1 and not front
    listed = [_factor_text(factor, names, style, alone) for factor in factors]
    # the identity of all vectors of entries
    listed = listed or ["I"]
    return negative, _joined([front, *listed] if front else listed)


def _factor_text(factor: Factor, names: Sequence[str], style: _Style, alone: bool) -> str:
    matrices = factor.matrices
    if factor.kind == "kron":
        shown = [matrix for matrix in matrices if not matrix.is_scalar]
        if len(shown) == 1:
            return _within(shown[0], PRODUCT, style)
        text = style.kron.join(_within(matrix, PRODUCT, style) for matrix in shown)
        return text if alone else f"({text})"
    if factor.kind == "weights":
        return f"{style.diag}({style.vec}({style.of(matrices[0])}))"
    if factor.kind == "commutation":
        return names[0]
    if factor.kind in ("selection", "extraction"):
        return names[1] + (style.transposed if factor.kind == "extraction" else "")
    (matrix,) = matrices
    if matrix.cols == 1:
        return _within(matrix if factor.kind == "column" else algebra.transpose(matrix), PRODUCT, style)
    return f"{style.vec}({style.of(matrix)})" + (style.transposed if factor.kind == "row" else "")


def index_text(pieces: PieceSum, direction: Symbol, taken: Iterable[str] = (), latex: bool = False) -> str:
    """The entries of the derivative: `∂Yᵢⱼ/∂Xₖₗ = −(X⁻¹)ᵢₖ (X⁻¹)ₗⱼ`.

    Raises
    ------
    UnsupportedError
        There are other pieces than L dX R, P ∘ (L dX R) and ⟨S, dX⟩ T.
    """
    style = _LATEX if latex else _TEXT
    above, below = _letters(pieces.target, "ij"), _letters(pieces.source, "kl")
    terms = [_index_term(piece, above, below, style) for piece in pieces.pieces]
    letters = "YFZ" if pieces.target[1] != 1 else "yfz"
    used = set(taken)
    result = next((letter for letter in letters if letter not in used), "out")
    paper = written(direction.name.removeprefix("d"))
    name, top = (paper.latex if latex else paper.text), style.lowered("".join(above))
    bottom = style.lowered("".join(below))
    header = rf"\frac{{\partial {result}{top}}}{{\partial {name}{bottom}}}" if latex else (
        f"∂{result}{top}/∂{name}{bottom}"
    )  # fmt: skip
    return f"{header} = {_signed_sum(terms, style)}"


def _letters(shape: Sequence[Any], letters: str) -> tuple[str, str]:
    """A letter for each axis, none for one of length 1."""
    rows, cols = shape
    return ("" if rows == 1 else letters[0]), ("" if cols == 1 else letters[1])


def _index_term(
    piece: Piece, above: tuple[str, str], below: tuple[str, str], style: _Style
) -> tuple[bool, str]:  # fmt: skip
    weights: list[str] = []
    bare = piece
    if piece.steps and isinstance(piece.steps[-1], Weigh):
        weights = [_entry(piece.steps[-1].by, above[0], above[1], style)]
        bare = Piece(piece.front, piece.steps[:-1], piece.source, piece.target)
    chain, functional = chain_of(bare), functional_of(bare)
    if chain is not None:
        first, last = below[::-1] if chain.turned else below
        entries = [_entry(chain.left, above[0], first, style), _entry(chain.right, last, above[1], style)]
    elif functional is not None:
        entries = [_entry(functional[1], *above, style), _entry(functional[0], *below, style)]
    else:
        raise UnsupportedError(
            "linear map: by indices are written sums of L dX R, P ∘ (L dX R) and ⟨S, dX⟩ T; a piece of this map has "
            "weights, diagonals or functions of matrices inside: read it as an operator, or as vec()"
        )
    negative, front = _sign(piece.front, style)
    found = [text for text in (front, *weights, *entries) if text]
    return negative, " ".join(found) or "1"


def _entry(x: Expression, i: str, j: str, style: _Style) -> str:
    """The entry of a matrix at two indices, of a column at one; nothing for an entry that is 1."""
    if is_identity(x) or isinstance(x, (Identity, Ones)):
        return "" if isinstance(x, (Ones, Number)) else style.delta + style.lowered(i + j)
    turned = isinstance(x, Inverse) and isinstance(x.parts[0], Transpose)
    if isinstance(x, Transpose) or turned:
        return _entry(algebra.transpose(x), j, i, style)
    if isinstance(x, Diagonal):
        return f"{style.delta}{style.lowered(i + j)} {_entry(x.parts[0], i, '', style)}".rstrip()
    if isinstance(x, Hadamard) and all(exponent == 1 for _, exponent in x.factors):
        return " ".join(filter(None, (_entry(base, i, j, style) for base in x.parts)))
    if isinstance(x, Product) and not x.is_scalar:
        found = _product_entry(x, i, j, style)
        if found is not None:
            return found
    if x.is_scalar:
        return _within(x, PRODUCT, style)
    other = algebra.transpose(x)
    if i and j and len(style.of(other)) < len(style.of(x)):
        return _entry(other, j, i, style)
    bare = isinstance(x, Symbol)
    return _within(x, ATOM if bare else POWER + 2, style) + style.lowered(i + j)


def _product_entry(x: Product, i: str, j: str, style: _Style) -> str | None:
    """The entry of a product that is one product of entries: u vᵀ, diag(u) M, M diag(v)."""
    front = algebra.product(x.coefficient, dict(x.scalars), ())
    links = x.chain
    cut = next((place for place, link in enumerate(links[:-1]) if link.cols == 1), None)
    if cut is not None:
        parts = [
            _entry(algebra.matmul(*links[: cut + 1]), i, "", style),
            _entry(algebra.matmul(*links[cut + 1 :]), "", j, style),
        ]
    elif len(links) > 1 and isinstance(links[0], Diagonal):
        parts = [_entry(links[0].parts[0], i, "", style), _entry(algebra.matmul(*links[1:]), i, j, style)]
    elif len(links) > 1 and isinstance(links[-1], Diagonal):
        parts = [_entry(algebra.matmul(*links[:-1]), i, j, style), _entry(links[-1].parts[0], j, "", style)]
    elif len(links) == 1:
        parts = [_entry(links[0], i, j, style)]
    else:
        return None
    negative, shown = _sign(front, style)
    if negative:
        return None
    return " ".join(filter(None, (shown, *parts)))
