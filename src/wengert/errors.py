"""Everything that Wengert raises or warns about.

WengertError
├── ArgumentError            a call of ours with wrong arguments (also a TypeError)
│   ├── IntegerInputError    integers have no derivative
│   ├── OutputError          the function returned what cannot be differentiated
│   └── SeedError            a tangent or cotangent that does not match
├── TracingError             the program did what a recording cannot follow
│   ├── ConversionError      float(x), np.array([x, x]), np.asarray(x) (also a TypeError)
│   ├── UnsupportedError     a function or an argument that has no rule (also a TypeError)
│   ├── LeakedTracerError    a traced value used after its recording ended
│   ├── MutationError        an array was overwritten in a way that would falsify a derivative
│   └── ShapeError           shapes that do not fit, in the traced program (also a ValueError)
├── RuleError                a primitive's rule is missing, or returns what it must not
│   └── NonlinearError       a function that had to be linear is not
├── UndefinedDerivativeError the derivative does not exist at this point
├── GraphError               a graph breaks a rule of the intermediate representation
├── CheckError               a derivative that fails its proof (also an AssertionError)
├── ParseError               a formula given as text that cannot be read (also a ValueError)
└── UsageError               the command line: a file, a name or an input that is not there

WengertWarning (UserWarning)
├── InconclusiveWarning      a proof that could be carried out for some entries only
└── IndependentOutputWarning the output does not depend on the differentiated input
"""

from contextvars import ContextVar

__all__ = [
    "ArgumentError",
    "CheckError",
    "ConversionError",
    "GraphError",
    "InconclusiveWarning",
    "IndependentOutputWarning",
    "IntegerInputError",
    "LeakedTracerError",
    "MutationError",
    "NonlinearError",
    "OutputError",
    "ParseError",
    "RuleError",
    "SeedError",
    "ShapeError",
    "TracingError",
    "UndefinedDerivativeError",
    "UnsupportedError",
    "UsageError",
    "WengertError",
    "WengertWarning",
]


class WengertError(Exception):
    """The root of all errors that Wengert raises."""


class ArgumentError(WengertError, TypeError):
    """A function of Wengert was called with arguments that it cannot take."""


class IntegerInputError(ArgumentError):
    """A differentiated input holds integers or booleans, which have no derivative."""


class OutputError(ArgumentError):
    """A differentiated function returned something that the asked derivative is not defined for."""


class SeedError(ArgumentError):
    """A tangent or cotangent differs in structure, shape or dtype from what it is paired with."""


# The errors of this kind that a recording hears of: a program may catch them, which must not hide them.
HEARD: ContextVar[list[Exception] | None] = ContextVar("wengert_heard", default=None)


class TracingError(WengertError):
    """A traced program did something that a recording cannot follow."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        heard = HEARD.get()
        if heard is not None:
            heard.append(self)


class ConversionError(TracingError, TypeError):
    """A traced value was to be turned into a plain number or array, which would lose its derivative."""


class UnsupportedError(TracingError, TypeError):
    """A function, or an argument of a function, has no rule."""


class LeakedTracerError(TracingError):
    """A traced value was used after the recording that it belongs to had ended."""


class MutationError(TracingError):
    """An array was overwritten in a way that would make a derivative wrong."""


class ShapeError(TracingError, ValueError):
    """Shapes do not fit together in the traced program."""


class RuleError(WengertError):
    """A primitive's rule is missing or malformed."""


class NonlinearError(RuleError):
    """A function that had to be linear in an argument is not."""


class UndefinedDerivativeError(WengertError):
    """The derivative asked for does not exist at this point."""


class GraphError(WengertError):
    """A graph breaks a rule of the intermediate representation."""


class CheckError(WengertError, AssertionError):
    """A derivative failed its numerical proof."""


class ParseError(WengertError, ValueError):
    """A formula given as text cannot be read: the message points at the character, whose index is `position`."""

    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__(message)
        self.position = position


class UsageError(WengertError):
    """The command line named something that is not there."""


class WengertWarning(UserWarning):
    """The root of all warnings that Wengert gives."""


class InconclusiveWarning(WengertWarning):
    """A derivative is right where it could be checked, and open at other entries."""


class IndependentOutputWarning(WengertWarning):
    """The output of a differentiated function does not depend on the differentiated input."""
