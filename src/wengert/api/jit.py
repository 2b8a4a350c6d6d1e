"""jit: programs and their derivatives as machine code."""

from __future__ import annotations

import functools
import os
import sys
import threading
import types
import warnings
from collections.abc import Callable
from typing import Any, Final, NamedTuple
from weakref import WeakSet

from wengert import tree
from wengert.api.arguments import name_of
from wengert.compiler.compiled import EAGER, MISS, Compiled
from wengert.compiler.describing import described
from wengert.compiler.errstate import is_quiet
from wengert.compiler.pausing import without_collection
from wengert.compiler.recording import NotRecordable, confirmed, record, signature
from wengert.compiler.vectorcall import call_directly, directly_callable
from wengert.errors import WengertWarning
from wengert.graph import Operand
from wengert.programs import Program, call

__all__ = ["Jitted", "jit"]

# Recordings of one signature, after which further paths through the program are left to NumPy.
_PATHS: Final = 16
# Calls that are tried to be recorded where a refusal may be a matter of that call alone.
_TRIES: Final = 3
# Signatures that are compiled: a whole number that is another one in every call would fill the memory otherwise.
_SIGNATURES: Final = 64
# Recordings that a call goes through in machine code, one after the other, before Python looks for others.
_LINKED: Final = 4


class _Thread(threading.local):
    """What a thread is about."""

    # so that no thread that others wait for waits for others
    records = False


_THREAD: Final = _Thread()


class _Refusal(NamedTuple):
    """Why calls of a signature could not be recorded, and how many more are tried."""

    reason: str
    tries_left: int


def _is_own(function: Any) -> bool:
    """Whether a function is the user's, and no derivative or other transform of one.

    What the user's own code returns is compared with what was recorded of it, since it may have asked traced values
    for what NumPy's arrays and Python's numbers do not have.
    """
    if isinstance(function, functools.partial):
        return _is_own(function.func)
    function = getattr(function, "__func__", function)
    names = getattr(function, "__globals__", {"__name__": type(function).__module__})
    return str(names.get("__name__")).partition(".")[0] not in ("wengert", "contextlib")


@directly_callable
class Jitted:
    """A function that runs as machine code; made by `jit`, called like the function itself."""

    # What serves most calls stands in the object, where machine code finds it, so that nothing of Python is between the
    # caller and the latest recording.
    __slots__ = ("__call__", "__dict__", "__weakref__")
    __call__: Callable[..., Any]

    # a recording that comes upon one records what its function does
    inlined = True

    def __init__(self, function: Callable[..., Any], cache: bool = False) -> None:
        functools.update_wrapper(self, function, updated=())
        self.function = function
        self.cache = cache
        self._program = Program(function)
        self._is_own = _is_own(function)
        # a handler of signals may come back while something is recorded
        self._lock = threading.RLock()
        self._compiled: dict[Any, tuple[Compiled, ...]] = {}
        self._refusals: dict[Any, _Refusal] = {}
        self.__call__ = self._slowly
        # what the newest recording does not serve goes to the one before it, and so on for some
        self._newest: Callable[..., Any] = self._slowly
        self._made_so_far = 0
        _JITTED.add(self)

    def __get__(self, owner: Any, of: type | None = None) -> Any:
        """In a class a function becomes a method: the object is the first argument."""
        return self if owner is None else types.MethodType(self, owner)

    def _slowly(self, /, *args: Any, **kwargs: Any) -> Any:
        """A call that the latest recording does not serve."""
        if any([isinstance(leaf, Operand) for leaf in tree.flatten((args, kwargs))[0]]):
            # a derivative of this function runs through it, as through any other
            return call(self._program, args, kwargs)
        if not is_quiet():
            return self.function(*args, **kwargs)
        key = signature(args, kwargs)
        tried: tuple[Compiled, ...] = ()
        # what the function itself has returned for this call
        own: list[Any] = []
        for _ in range(2):
            known = self._compiled.get(key, ())
            further = known[: len(known) - len(tried)] or self._record(key, args, kwargs, known, own)
            if own:
                if further:
                    self.__call__ = further[0].serve
                return own[0]
            for compiled in further:
                result = compiled.call(*args, **kwargs)
                if result is not MISS:
                    self.__call__ = compiled.serve
                    return self.function(*args, **kwargs) if result is EAGER else result
            if not further:
                break
            tried = (*further, *tried)
        return self.function(*args, **kwargs)

    def _record(
        self, key: Any, args: tuple[Any, ...], kwargs: dict[str, Any], tried: tuple[Compiled, ...], own: list[Any]
    ) -> tuple[Compiled, ...]:
        """A further recording, for a path through the program that is not known; none where it cannot be recorded.

        `own` gets what the function has returned, where it had to be asked. What runs inside of another recording is
        not recorded by itself.
        """
        if _THREAD.records:
            return ()
        with self._lock:
            known = self._compiled.get(key, ())
            if len(known) > len(tried):
                # another thread has made one meanwhile
                return known[: len(known) - len(tried)]
            before = self._refusals.get(key)
            tries = _TRIES if before is None else before.tries_left
            met = bool(known) or before is not None
            if not tries or len(known) >= _PATHS or (not met and self._kinds() >= _SIGNATURES):
                return ()
            try:
                _THREAD.records = True
                # until the equations are gone again, of which there may be hundreds of thousands
                with without_collection():
                    compiled = self._made(args, kwargs, own)
            except NotRecordable as refusal:
                self._refusals[key] = _Refusal(refusal.reason, tries - 1 if refusal.passing else 0)
                return ()
            except Exception as error:  # noqa: BLE001 (the program is right without machine code)
                reason = f"no machine code could be made of it ({type(error).__name__}: {error})"
                self._refusals[key] = _Refusal(reason, 0)
                warnings.warn(
                    f"{self!r} runs without machine code: {type(error).__name__} while it was compiled, {error}. "
                    f"The results are right; please report it with the function.",
                    WengertWarning,
                    stacklevel=2,
                )
                return ()
            finally:
                _THREAD.records = False
            call_directly(self)
            self._newest, self._made_so_far = compiled.serve, self._made_so_far + 1
            self._refusals.pop(key, None)
            self._compiled[key] = (compiled, *known)
            return (compiled,)

    def _made(self, args: tuple[Any, ...], kwargs: dict[str, Any], own: list[Any]) -> Compiled:
        """The path that this call takes, compiled; the user's own code has to return what was recorded of it."""
        recorded = record(self.function, args, kwargs)
        if self._is_own and all([value is not None for value in recorded.value]):
            try:
                own.append(self.function(*args, **kwargs))
            except Exception as error:
                raise NotRecordable(f"it raises {type(error).__name__} where no traced value is", True) from error
            recorded = confirmed(recorded, own[0], (args, kwargs))
        otherwise = self._newest if self._made_so_far % _LINKED else self._slowly
        return Compiled(recorded, args, kwargs, self.cache, otherwise, self.function)

    def _kinds(self) -> int:
        """How many signatures have been met."""
        return len(self._compiled.keys() | self._refusals.keys())

    def explain(self) -> str:
        """What has been compiled so far, recording by recording, and what is left to NumPy and why.

        A recording is told by the types of its arguments, a line for each nest of loops and each call of a library, the
        floating-point operations of a call, the memory, what is guarded or read anew at each call, and the milliseconds
        that each part of compiling took.
        """
        parts = [f"jit of {name_of(self.function)}"]
        parts += [described(compiled) for several in list(self._compiled.values()) for compiled in several]
        reasons = [refusal.reason for refusal in list(self._refusals.values())]
        if self._kinds() >= _SIGNATURES:
            reasons.append(
                f"it has been called with arguments of {_SIGNATURES} kinds, and others are not compiled; give numbers "
                f"that change from call to call as floats or arrays, since each whole number is compiled for itself"
            )
        if any([len(several) >= _PATHS for several in self._compiled.values()]):
            reasons.append(f"{_PATHS} paths through it are compiled for one kind of arguments, and others are not")
        parts += [f"left to NumPy, since {reason}" for reason in dict.fromkeys(reasons)]
        return "\n\n".join(parts) if len(parts) > 1 else f"{parts[0]}: not called yet"

    def __reduce__(self) -> Any:
        """Copies, and what another process gets, are compiled anew; what a module knows by this name is found there."""
        found: Any = sys.modules.get(getattr(self, "__module__", ""))
        name = getattr(self, "__qualname__", "")
        for part in name.split("."):
            found = getattr(found, part, None)
        return name if found is self else (type(self), (self.function, self.cache))

    def __repr__(self) -> str:
        return f"<jit of {name_of(self.function)}>"


_JITTED: Final[WeakSet[Jitted]] = WeakSet()


def _after_fork() -> None:
    """In a child, nobody will ever finish what other threads of the parent were recording."""
    for jitted in _JITTED:
        jitted._lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def jit(f: Callable[..., Any], *, cache: bool = False) -> Jitted:
    """The function as machine code, which is made when it is called for the first time.

    Parameters
    ----------
    f
        Any function of arrays, numbers and nestings of them; derivatives included, in any nesting: `jit(hessian(f))`,
        `grad(jit(f))`, `vmap(jit(grad(f)))`. Python's control flow is recorded as the arguments steer it.
    cache
        Whether the object code is kept on the disk for other processes, in `$WENGERT_CACHE_DIR` or else in the user's
        cache directory.

    Returns
    -------
    A function of the same arguments with the same results: new arrays of the same shapes and dtypes, entries equal to
    rounding. Its `explain()` says what was compiled. Each structure, shape and dtype of the arguments is recorded once,
    and so is each value of whole numbers, texts and other objects among them, up to 64 of them all together. What the
    program read from elsewhere (globals, closures, attributes, the branches that it took) is looked at in every call;
    where something has changed it is recorded again. A program that writes to what is not its own, or draws random
    numbers, is left to NumPy, call by call; so is a call with a NaN in the result, since zeros of a derivative
    annihilate what is not finite, one in which NumPy raises an error, and any where `np.errstate` asks for more than
    warnings. Compiled code gives no floating-point warnings.

    Source: for tracing with guards, J. Ansel et al., PyTorch 2 (ASPLOS 2024), section 3.

    >>> import numpy as np
    >>> import wengert as wg
    >>> fast = wg.jit(wg.grad(lambda x: np.sum(x ** 3)))
    >>> fast(np.array([1.0, 2.0]))
    array([ 3., 12.])
    """
    return Jitted(f, cache)
