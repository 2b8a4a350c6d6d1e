"""What is said beside the lines of a derivation: rules by their names, and remarks on results, as text and in LaTeX."""

from __future__ import annotations

from typing import Final

__all__ = ["REMARKS", "RULES"]

# by the keys of wengert.calculus.derivation: text and LaTeX
RULES: Final = {
    "linear": ("linear", r"\text{linear}"),
    "constant": ("constant", r"\text{constant}"),
    "product": ("d(UV) = dU V + U dV", r"\mathrm{d}(UV) = \mathrm{d}U\,V + U\,\mathrm{d}V"),
    "left factor": ("⟨u, Av⟩ = ⟨Aᵀu, v⟩", r"\langle u, Av\rangle = \langle A^\top u, v\rangle"),
    "right factor": ("⟨U, VB⟩ = ⟨UBᵀ, V⟩", r"\langle U, VB\rangle = \langle UB^\top, V\rangle"),
    "both factors": ("⟨U, AVB⟩ = ⟨AᵀUBᵀ, V⟩", r"\langle U, AVB\rangle = \langle A^\top UB^\top, V\rangle"),
    "outer": ("⟨u, Vb⟩ = ⟨ubᵀ, V⟩", r"\langle u, Vb\rangle = \langle ub^\top, V\rangle"),
    "form": ("uᵀv = ⟨u, v⟩", r"u^\top v = \langle u, v\rangle"),
    "outer form": ("aᵀVb = ⟨abᵀ, V⟩", r"a^\top Vb = \langle ab^\top, V\rangle"),
    "transpose": ("⟨U, Vᵀ⟩ = ⟨Uᵀ, V⟩", r"\langle U, V^\top\rangle = \langle U^\top, V\rangle"),
    "diagonal": (
        "⟨U, diag(v)⟩ = ⟨diag(U), v⟩",
        r"\langle U, \operatorname{diag}(v)\rangle = \langle \operatorname{diag}(U), v\rangle",
    ),
    "diagonal of": (
        "⟨u, diag(V)⟩ = ⟨diag(u), V⟩",
        r"\langle u, \operatorname{diag}(V)\rangle = \langle \operatorname{diag}(u), V\rangle",
    ),
    "entries": ("⟨u, v ∘ w⟩ = ⟨u ∘ v, w⟩", r"\langle u, v \odot w\rangle = \langle u \odot v, w\rangle"),
    "trace": ("tr(AᵀB) = ⟨A, B⟩", r"\operatorname{tr}(A^\top B) = \langle A, B\rangle"),
    "scalar": ("⟨U, βV⟩ = β⟨U, V⟩", r"\langle U, \beta V\rangle = \beta\langle U, V\rangle"),
    "frechet": ("⟨U, L(X, V)⟩ = ⟨L(Xᵀ, U), V⟩", r"\langle U, L(X, V)\rangle = \langle L(X^\top, U), V\rangle"),
    "frechet of a gradient": (
        "⟨U, L(X, V)⟩ = ⟨L(X, U), V⟩",
        r"\langle U, L(X, V)\rangle = \langle L(X, U), V\rangle",
    ),
    "rank one": ("⟨u, v⟩w = wuᵀv", r"\langle u, v\rangle w = wu^\top v"),
    "diagonal of product": (
        "diag(A diag(v) B) = (A ∘ Bᵀ)v",
        r"\operatorname{diag}(A \operatorname{diag}(v)\, B) = (A \odot B^\top)v",
    ),
    "collect": ("terms collected", r"\text{terms collected}"),
    "diagonal variable": (
        "⟨G, D⟩ = ⟨diag(diag(G)), D⟩ for diagonal D",
        r"\langle G, D\rangle = \langle \operatorname{diag}(\operatorname{diag}(G)), D\rangle \text{ for diagonal } D",
    ),
    "symmetric": (
        "⟨G, D⟩ = ⟨½(G + Gᵀ), D⟩ for D = Dᵀ",
        r"\langle G, D\rangle = \langle \tfrac{1}{2}(G + G^\top), D\rangle \text{ for } D = D^\top",
    ),
    "and so on": ("chain rule", r"\text{chain rule}"),
}
# with the letter of the function put in
REMARKS: Final = {
    "symmetric": ("symmetric", r"\text{{symmetric}}"),
    "symmetric part": ("the symmetric part", r"\text{{the symmetric part}}"),
    "diagonal part": ("the diagonal part", r"\text{{the diagonal part}}"),
    "convex": ("⪰ 0, so {f} is convex", r"\succeq 0 \text{{, so }} {f} \text{{ is convex}}"),
    "concave": ("⪯ 0, so {f} is concave", r"\preceq 0 \text{{, so }} {f} \text{{ is concave}}"),
    "convex in parts": (
        "⪰ 0, so {f} is convex on convex parts of its domain",
        r"\succeq 0 \text{{, so }} {f} \text{{ is convex on convex parts of its domain}}",
    ),
    "concave in parts": (
        "⪯ 0, so {f} is concave on convex parts of its domain",
        r"\preceq 0 \text{{, so }} {f} \text{{ is concave on convex parts of its domain}}",
    ),
    "bent up": ("≥ 0, so {f} is convex", r"\ge 0 \text{{, so }} {f} \text{{ is convex}}"),
    "bent down": ("≤ 0, so {f} is concave", r"\le 0 \text{{, so }} {f} \text{{ is concave}}"),
    "affine": ("{f} is affine", r"{f} \text{{ is affine}}"),
}
