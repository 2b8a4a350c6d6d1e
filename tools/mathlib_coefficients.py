"""Write the polynomials of the compiler's math library: `python tools/mathlib_coefficients.py` from the root.

Each line of the table says which function a polynomial stands for, where, and how its error is weighed; the error
that was reached stands behind each set of coefficients as a power of two.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import mpmath
from minimax import minimax
from mpmath import mpf

TARGET = Path(__file__).parent.parent / "src/wengert/compiler/mathlib"
Function = Callable[[Any], Any]
NEAR_ZERO = mpf(10) ** -25


def limit(function: Function) -> Function:
    """The function with its limit at zero in place of 0/0."""
    return lambda x: function(x if abs(x) > NEAR_ZERO else NEAR_ZERO)


def odd(function: Function) -> Function:
    """f(x) = x + x^3 P(x^2) for an odd function with slope one: P."""

    def quotient(z: Any) -> Any:
        x = mpmath.sqrt(z)
        return (function(x) / x - 1) / z

    return limit(quotient)


def by_size(function: Function) -> Function:
    """The weight of x^3 P(x^2) in the relative error of the function."""

    def weight(z: Any) -> Any:
        x = mpmath.sqrt(z)
        return z * x / function(x)

    return limit(weight)


def erfcx(x: Any) -> Any:
    """e^(x^2) erfc x, by its asymptotic series (DLMF 7.12.1) where the two factors leave all ranges."""
    if x < 1000:
        return mpmath.exp(x * x) * mpmath.erfc(x)
    terms = [mpf(1)]
    for n in range(1, 30):
        terms.append(-terms[-1] * (2 * n - 1) / (2 * x * x))
    return sum(terms) / (x * mpmath.sqrt(mpmath.pi))


def erfcx_flat(t: Any) -> Any:
    """(1 + 2x) e^(x^2) erfc x for t = (x - 4)/(x + 4)."""
    if 1 - t < mpf(10) ** -40:
        return 2 / mpmath.sqrt(mpmath.pi)
    x = 4 * (1 + t) / (1 - t)
    return (1 + 2 * x) * erfcx(x)


def binet(z: Any) -> Any:
    """X (log gamma x - its leading terms) for z = 1/x^2 (DLMF 5.11.1)."""
    if z < mpf(10) ** -8:
        return mpf(1) / 12 - z / 360 + z**2 / 1260
    x = 1 / mpmath.sqrt(z)
    return (mpmath.loggamma(x) - (x - mpf(1) / 2) * mpmath.log(x) + x - mpmath.log(2 * mpmath.pi) / 2) * x


def binet_derivative(z: Any) -> Any:
    """x^2 (log x - 1/(2x) - psi x) for z = 1/x^2 (DLMF 5.11.2)."""
    if z < mpf(10) ** -8:
        return mpf(1) / 12 - z / 120 + z**2 / 252
    x = 1 / mpmath.sqrt(z)
    return (mpmath.log(x) - 1 / (2 * x) - mpmath.digamma(x)) / z


def psi_root() -> Any:
    """The positive zero of the digamma function."""
    return mpmath.findroot(mpmath.digamma, mpf("1.4616"))


HALF_LN2 = mpmath.log(2) / 2
TABLE: dict[str, tuple[str, Function, Any, Any, int, Function]] = {
    "EXP": (
        "e^r = 1 + r + r^2 P(r)",
        limit(lambda r: (mpmath.expm1(r) - r) / r**2),
        -HALF_LN2 - mpf("1e-3"), HALF_LN2 + mpf("1e-3"), 9, limit(lambda r: r**2 / mpmath.exp(r)),
    ),
    "EXPM1": (
        "e^r - 1 = r + r^2 P(r), relative to itself",
        limit(lambda r: (mpmath.expm1(r) - r) / r**2),
        -HALF_LN2 - mpf("1e-3"), HALF_LN2 + mpf("1e-3"), 10, limit(lambda r: r**2 / mpmath.expm1(r)),
    ),
    "EXP2": (
        "2^r = 1 + r ln 2 + r^2 P(r)",
        limit(lambda r: (mpmath.expm1(r * mpmath.log(2)) - r * mpmath.log(2)) / r**2),
        mpf("-0.501"), mpf("0.501"), 9, limit(lambda r: r**2 / mpf(2) ** r),
    ),
    "LOG": (
        "log((1 + s) / (1 - s)) = 2 s + s^3 P(s^2)",
        limit(lambda z: (2 * mpmath.atanh(mpmath.sqrt(z)) / mpmath.sqrt(z) - 2) / z),
        0, mpf("0.02945"), 6, limit(lambda z: z),
    ),
    "LOG_PAIR": (
        "log((1 + s) / (1 - s)) = 2 s + 2/3 s^3 + s^5 P(s^2)",
        limit(lambda z: (2 * mpmath.atanh(mpmath.sqrt(z)) / mpmath.sqrt(z) - 2 - z * mpf(2) / 3) / z**2),
        0, mpf("0.02945"), 7, limit(lambda z: z**2),
    ),
    "INVERSE": (
        "1/m within [sqrt(1/2), sqrt(2)], where a few digits are enough",
        lambda m: 1 / m, mpmath.sqrt(mpf(1) / 2), mpmath.sqrt(2), 3, lambda m: m,
    ),
    "SIN": (
        "sin r = r + r^3 P(r^2) for |r| <= pi/4",
        odd(mpmath.sin), 0, (mpmath.pi / 4 + mpf("1e-3")) ** 2, 5, by_size(mpmath.sin),
    ),
    "COS": (
        "cos r = 1 - r^2/2 + r^4 P(r^2) for |r| <= pi/4",
        limit(lambda z: (mpmath.cos(mpmath.sqrt(z)) - 1 + z / 2) / z**2),
        0, (mpmath.pi / 4 + mpf("1e-3")) ** 2, 5, limit(lambda z: z**2),
    ),
    "ARCTAN": (
        "arctan t = t + t^3 P(t^2) for |t| <= 1/2",
        odd(mpmath.atan), 0, mpf("0.25"), 12, by_size(mpmath.atan),
    ),
    "ARCSIN": (
        "arcsin x = x + x^3 P(x^2) for |x| <= 1/2",
        odd(mpmath.asin), 0, mpf("0.25"), 12, by_size(mpmath.asin),
    ),
    "ERF": (
        "erf x = x + x P(x^2) for |x| <= 1",
        limit(lambda z: mpmath.erf(mpmath.sqrt(z)) / mpmath.sqrt(z) - 1),
        0, 1, 12, limit(lambda z: mpmath.sqrt(z) / mpmath.erf(mpmath.sqrt(z))),
    ),
    "ERF_TAIL": (
        "erf x = 1 - exp P(x) for 1 <= x <= 6",
        lambda x: mpmath.log(mpmath.erfc(x)), 1, 6, 18, lambda x: mpmath.erfc(x) / mpmath.erf(x),
    ),
    "ERFC": (
        "(1 + 2x) exp(x^2) erfc x = P(t) for x >= 1/2, t = (x - 4)/(x + 4)",
        erfcx_flat, -mpf(7) / 9, 1, 23, lambda t: 1 / erfcx_flat(t),
    ),
    "LGAMMA": (
        "log gamma(2 + u) = u P(u) for |u| <= 1/2",
        lambda u: mpmath.loggamma(2 + u) / u if abs(u) > NEAR_ZERO else 1 - mpmath.euler,
        mpf("-0.5"), mpf("0.5"), 19, lambda u: 2,
    ),
    "BINET": (
        "log gamma x = (x - 1/2) log x - x + log(2 pi)/2 + P(1/x^2)/x for x >= 9/2",
        binet, 0, 1 / mpf("4.5") ** 2, 8, mpmath.sqrt,
    ),
    "PSI": (
        "psi x = (x - root) P(x - 3/2) for 1 <= x <= 2",
        lambda u: mpmath.digamma(u + mpf("1.5")) / (u + mpf("1.5") - psi_root()), mpf("-0.5"), mpf("0.5"), 22,
        lambda u: 1 / (mpmath.digamma(u + mpf("1.5")) / (u + mpf("1.5") - psi_root())),
    ),
    "PSI_TAIL": (
        "psi x = log x - 1/(2x) - P(1/x^2)/x^2 for x >= 4",
        binet_derivative, 0, mpf(1) / 16, 8, lambda z: z,
    ),
}  # fmt: skip

WITH_REST = ("ERFC", "ERF", "LGAMMA", "PSI")

# the same functions to the digits of single precision, for its polynomials evaluated in double precision
SINGLE = {"EXP": 4, "EXPM1": 5, "EXP2": 4, "LOG": 3, "SIN": 2, "COS": 2, "ARCTAN": 5, "ARCSIN": 5, "ERF": 6}
TABLE |= {f"{name}_SINGLE": (*TABLE[name][:4], degree, TABLE[name][5]) for name, degree in SINGLE.items()}
TABLE["ERF_TAIL_SINGLE"] = (
    "erf x = 1 - exp P(x) for 1 <= x <= 4",
    *(TABLE["ERF_TAIL"][1], 1, 4, 8, TABLE["ERF_TAIL"][5]),
)
TABLE["LOG_SERIES_SINGLE"] = (
    "log(1 + f) = f + f^2 P(f) for 1 + f within [sqrt(1/2), sqrt(2)]",
    *(limit(lambda f: (mpmath.log1p(f) - f) / f**2), mpmath.sqrt(mpf(1) / 2) - 1, mpmath.sqrt(2) - 1),
    *(10, limit(lambda f: f**2 / mpmath.log1p(f))),
)

# constants as sums: value, digits of each part but the last one, which has them all
SUMS: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
    "LN2": (lambda: mpmath.log(2), (42,)),
    "LN2_NEAREST": (lambda: mpmath.log(2), (53,)),
    "LOG2_E": (lambda: 1 / mpmath.log(2), (53,)),
    "LN10": (lambda: mpmath.log(10), (53,)),
    "LOG10_E": (lambda: 1 / mpmath.log(10), (53,)),
    "LOG10_2": (lambda: mpmath.log10(2), (42,)),
    "TWO_THIRDS": (lambda: mpf(2) / 3, (53,)),
    "HALF_PI": (lambda: mpmath.pi / 2, (53, 53)),
    "PI": (lambda: +mpmath.pi, (53, 53)),
    "QUARTER_PI": (lambda: mpmath.pi / 4, (53,)),
    "ROOT_HALF": (lambda: mpmath.sqrt(mpf(1) / 2), (53,)),
    "ROOT_TWO": (lambda: mpmath.sqrt(2), (53,)),
    "HALF_LOG_TWO_PI": (lambda: mpmath.log(2 * mpmath.pi) / 2, (53,)),
    "PSI_ROOT": (psi_root, (53,)),
    "ONE_OVER_ROOT_PI": (lambda: 1 / mpmath.sqrt(mpmath.pi), ()),
    "ONE_OVER_PI": (lambda: 1 / mpmath.pi, ()),
}


def parts_of(value: Any, digits: tuple[int, ...]) -> list[float]:
    """A number as a sum of doubles, all but the last one of so many digits."""
    parts = []
    for count in digits:
        mantissa, exponent = mpmath.frexp(value)
        rounding = mpmath.nint if count == 53 else mpmath.floor
        parts.append(float(mpmath.ldexp(rounding(mpmath.ldexp(mantissa, count)), int(exponent) - count)))
        value -= parts[-1]
    return [*parts, float(value)]


def written_sum(name: str) -> str:
    """The line of a constant."""
    value, digits = SUMS[name]
    return f"{name}: Final = {tuple(parts_of(value(), digits))!r}\n"


def written(name: str) -> str:
    """The lines of a polynomial."""
    title, function, low, high, degree, weight = TABLE[name]
    coefficients, error = minimax(function, low, high, degree, weight)
    # what the first coefficient lacks counts where it is most of the value
    rest = float(coefficients[0] - mpf(float(coefficients[0])))
    lines = "\n".join(f"    {float(coefficient)!r}," for coefficient in coefficients)
    size = float(mpmath.log(error, 2))
    return f"# {title}, to 2^{size:.1f}\n{name}: Final = (\n{lines}\n)\n" + (
        f"{name}_REST: Final = {rest!r}\n" if name in WITH_REST else ""
    )


def words_of_two_over_pi() -> str:
    """The binary digits of 2/π after 64 zeros, in words of 64."""
    with mpmath.workprec(1500):
        digits = int(mpmath.floor(2 / mpmath.pi * mpf(2) ** (64 * 20)))
    words = [0, *((digits >> 64 * (19 - place)) & (2**64 - 1) for place in range(20))]
    return "TWO_OVER_PI: Final = (\n" + "".join(f"    0x{word:016X},\n" for word in words) + ")\n"


def main() -> None:
    """Write the file."""
    mpmath.mp.dps = 60
    head = '"""Constants and polynomials, lowest power first, as `tools/mathlib_coefficients.py` wrote them."""\n'
    start = [head, "from typing import Final\n"]
    constants = ["".join(map(written_sum, SUMS)), words_of_two_over_pi()]
    single = {name for name in TABLE if name.endswith("_SINGLE")}
    double = [written(name) for name in TABLE if name not in single]
    (TARGET / "coefficients.py").write_text("\n".join([*start, *constants, *double]))
    (TARGET / "coefficients_single.py").write_text("\n".join([*start, *map(written, sorted(single))]))


if __name__ == "__main__":
    main()
