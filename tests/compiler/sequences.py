"""Programs, and sequences of calls of them, with what changes in between: compiled they are as they are.

A row is `== name`, a module with a function f, and steps: expressions, in which f is the compiled function, and
statements that are run in the module.
"""

from __future__ import annotations

TABLE = r"""
== matrix subclass argument
def f(x): return x * x
>> f(np.ones((2,2)))
>> f(np.matrix([[1.,2.],[3.,4.]]))
>> f(np.array([[1.,2.],[3.,4.]]))
>> f(np.matrix([[1.,2.],[3.,4.]]))

== masked argument
def f(x): return x.sum() * 2
>> f(X)
>> f(np.ma.masked_array(X, [0,0,1]))
>> f(X)
>> f(np.ma.masked_array(X, [1,0,1]))

== masked global
A = np.ma.masked_array(np.arange(3.0), [0,0,1])
def f(x): return x * A.sum()
>> f(X)
>> A[0] = 5
>> f(X)

== matrix global
A = np.matrix(np.eye(3))
def f(x): return A * A + x[0]
>> f(X)
>> A[0,0] = 5
>> f(X)

== memmap
import tempfile
mm = np.memmap(tempfile.TemporaryFile(), np.float64, 'w+', shape=(3,))
def f(x): return x * 2
>> f(X)
>> f(mm)
>> mm[0] = 3
>> f(mm)

== memmap global
import tempfile
mm = np.memmap(tempfile.TemporaryFile(), np.float64, 'w+', shape=(3,))
def f(x): return x * mm
>> f(X)
>> mm[0] = 3
>> f(X)

== recarray
R = np.rec.array([(1.0, 2), (3.0, 4)], names='a,b')
def f(x): return x * R.a[1]
>> f(X)
>> R.a[1] = 9
>> f(X)

== structured argument
S = np.array([(1.0, 2), (3.0, 4)], dtype=[('a', float), ('b', int)])
def f(s): return s['a'] * 2
>> f(S)
>> S['a'][0] = 7
>> f(S)

== own subclass
class Mine(np.ndarray):
    def __mul__(self, o): return 'mine'
def f(x): return x * 2
>> f(X)
>> f(X.view(Mine))
>> f(X)

== subclass in list
class Mine(np.ndarray):
    def __mul__(self, o): return 'mine'
def f(l): return l[0] * 2
>> f([X])
>> f([X.view(Mine)])

== big endian argument
def f(x): return x * 2, x.dtype.byteorder
>> f(X)
>> f(X.astype('>f8'))
>> f(X + 1)
>> f(X.astype('>f8') + 1)

== big endian global
A = np.arange(3.0).astype('>f8')
def f(x): return x * A
>> f(X)
>> A[0] = 4
>> f(X)
>> A = np.arange(3.0)
>> f(X)

== global turns big endian
A = np.arange(3.0)
def f(x): return x * A
>> f(X)
>> A = A.astype('>f8')
>> f(X)
>> A = A.astype('<f8')
>> f(X)
>> A.dtype = '<i8'
>> f(X)

== read only argument
def f(x): return x * 2
x = np.arange(3.0); x.flags.writeable = False
>> f(x)
>> f(X)

== write to read only argument
def f(x):
    x[0] = 2
    return x * 2
x = np.arange(3.0); x.flags.writeable = False
>> f(X.copy())
>> f(x)
>> f(X.copy())

== read only global returned
A = np.arange(3.0); A.flags.writeable = False
def f(x): return A, x * A
>> f(X)
>> f(X)

== read only flag asked
def f(x): return x * 2 if x.flags.writeable else x * 3
x = np.arange(3.0); x.flags.writeable = False
>> f(X)
>> f(x)
>> f(X)

== zero d array kinds
def f(x): return x * 2
>> f(np.array(1.0))
>> f(1.0)
>> f(np.float64(1.0))
>> f(np.array(1.0, np.float32))
>> f(np.float32(1.0))
>> f(np.float16(1.0))
>> f(np.longdouble(1.0))
>> f(np.complex64(1.0))
>> f(1)
>> f(True)
>> f(np.bool_(True))
>> f(np.int8(100))
>> f(np.int8(101))
>> f(np.uint8(200))
>> f(np.array(200, np.uint8))

== zero d passthrough
def f(x): return x, x + 0, x[()], -x
>> f(np.array(1.0))
>> f(np.array(2.0))

== empty arrays
def f(x): return x.sum(), x.prod(), x * 2, np.concatenate([x, x])
>> f(np.zeros(0))
>> f(np.zeros((0, 3)))
>> f(np.zeros((3, 0)))
>> f(np.zeros((0,), np.float32))

== empty max
def f(x): return x.max()
>> f(X)
>> f(np.zeros(0))
>> f(X + 1)
>> f(np.zeros((3, 0)))

== empty mean
def f(x): return x.mean()
>> f(np.zeros(0))
>> f(X)

== bool arrays
def f(m): return m + m, m * 2.0, ~m, m.sum(), m & m, -m
>> f(np.array([True, False]))

== bool arrays 2
def f(m): return (m + m, m * 2.0, ~m, m.sum(), m & m, m ^ True, m.mean(), m.any(), np.cumsum(m), m.prod(),
    m.max())
>> f(np.array([True, False]))
>> f(np.array([False, False]))
>> f(np.array([[False, True]]))

== int arrays overflow
def f(k): return (k + k, k * k, -k, k ** 2, k // 2, k % 3, k / 2, k << 1, k >> 1, abs(k), k.sum(),
    k.prod(), np.cumsum(k))
>> f(np.array([127, -128, 5], np.int8))
>> f(np.array([127, 128, 255], np.uint8))
>> f(np.array([2**62, -2**63, 5]))
>> f(np.array([2**31-1, -2**31, 5], np.int32))
>> f(np.array([2**63, 2**64-1, 5], np.uint64))
>> f(np.array([32767, -32768, 5], np.int16))

== int division by zero
def f(k, j): return k // j, k % j, k / j
>> f(np.array([1, -1, 0]), np.array([0, 0, 0]))
>> f(np.array([1, -1, -2**63]), np.array([0, 0, -1]))
>> f(np.array([7, -7, 7]), np.array([2, 2, -2]))

== int power
def f(k): return k ** 3, 2 ** k, k ** k
>> f(np.array([1, 2, 3]))
>> f(np.array([0, 2, 63]))
>> f(np.array([0, 2, 64]))

== negative int power
def f(k, j): return k ** j
>> f(np.array([1, 2, 3]), np.array([1, 2, 3]))
>> f(np.array([1, 2, 3]), np.array([1, -2, 3]))
>> f(np.array([1, 2, 3]), np.array([1, 2, 3]))

== float integer powers
def f(x): return (x ** 2, x ** 3, x ** -1, x ** -2, x ** 0.5, x ** 0, x ** 1, x ** 1.5, x**-0.5, x**5,
    x**10, x**20)
>> f(np.array([-1.5, 0.0, 2.0, np.inf, -np.inf]))
>> f(np.array([-0.0, 1e-200, 1e200]))
>> f(np.array([np.nan]))
>> f(2.0)
>> f(-2.0)
>> f(np.float64(-2.0))

== power of zero
def f(x): return x ** -1.0
>> f(2.0)
>> f(0.0)
>> f(np.float64(0.0))
>> f(np.zeros(2))

== division by python zero
def f(x, y): return x / y
>> f(1.0, 2.0)
>> f(1.0, 0.0)
>> f(1.0, 2.0)
>> f(np.float64(1.0), 0.0)
>> f(X, 0.0)

== nan in and out
def f(x): return x * 2
>> f(np.array([np.nan, 1.0]))
>> f(np.array([np.nan, 1.0]))
>> f(np.array([2.0, 1.0]))

== nan gone
def f(x): return np.nansum(x), np.nanmax(x), np.nanmean(x), np.nan_to_num(x)
>> f(np.array([np.nan, 1.0]))
>> f(np.array([3.0, np.inf]))
>> f(np.array([-np.inf, np.nan, np.inf]))

== nan comparisons
def f(x, y): return (x < y, x == y, x != y, x >= y, np.isnan(x), np.maximum(x, y), np.fmax(x, y),
    np.minimum(x, y), np.fmin(x, y))
>> f(np.array([np.nan, 1.0, 2.0]), np.array([np.nan, np.nan, 2.0]))
>> f(np.array([0.0, -0.0, 2.0]), np.array([-0.0, 0.0, 2.0]))

== nan only in branches
def f(x): return np.where(np.isnan(x), 0.0, x), (x > 0).sum(), np.argmax(x), np.argmin(x), np.nanargmax(x)
>> f(np.array([np.nan, 1.0, 2.0]))
>> f(np.array([3.0, 1.0, np.nan]))
>> f(np.array([3.0, 1.0, 3.0]))

== sort with nan
def f(x): return np.argsort(x), np.sort(x), np.median(x), np.unique(x), np.searchsorted(np.sort(x), 1.5)
>> f(np.array([3.0, 1.0, 2.0]))
>> f(np.array([3.0, np.nan, 2.0]))
>> f(np.array([3.0, 3.0, 2.0]))
>> f(np.array([0.0, -0.0, 0.0]))
>> f(np.array([-0.0, 0.0, -0.0]))

== argmax ties
def f(x): return np.argmax(x), np.argmin(x), x.argmax(0)
>> f(np.array([1.0, 1.0]))
>> f(np.array([-0.0, 0.0]))
>> f(np.array([[1.0, 2.0], [2.0, 2.0]]))
>> f(np.array([np.inf, np.nan, np.nan]))

== kwargs versus positional
def f(x, y=2.0, *, k=3): return x * y + k
>> f(X)
>> f(X, 3.0)
>> f(X, y=3.0)
>> f(y=4.0, x=X)
>> f(x=X, y=5.0)
>> f(X, k=4)
>> f(X, k=4.0)
>> f(X, 2, k=True)
>> f(X, y=2.0, k=3)

== wrong arguments
def f(x, y=2.0, *, k=3): return x * y + k
>> f()
>> f(X, 1, 2)
>> f(X)
>> f(X, z=1)
>> f(X, x=X)
>> f(y=1)
>> f(X)

== args and kwargs order
def f(*a, **k): return [a[i] * 2 for i in range(len(a))], list(k), [k[n] + 1 for n in k]
>> f(X, 1.0, b=2.0, a=3.0)
>> f(X, 1.0, a=2.0, b=3.0)
>> f(X, 1.0, b=5.0, a=6.0)
>> f(1.0, X, b=5.0, a=6.0)

== mutable default grows
def f(x, seen=[]):
    seen.append(1)
    return x * len(seen)
>> f(X)
>> f(X)
>> f(X)
>> f(X)
>> f(X)

== mutable default dict memo
def f(x, memo={}):
    if 'a' not in memo: memo['a'] = 3.0
    return x * memo['a']
memo = f.__defaults__[0]
>> f(X)
>> f(X)
>> f(X)
>> memo['a'] = 7.0
>> f(X)

== default changed of f itself
def f(x, k=2.0): return x * k
def change():
    globals()['f'].__defaults__ = (5.0,)
>> f(X)
>> change()
>> f(X)
>> f.__kwdefaults__ = None
>> f(X)

== same array twice
def f(x, y):
    return x * y + (1 if x is y else 0)
>> f(X, X)
>> f(X, X + 0)
>> f(X, X)

== same array twice written
def f(x, y):
    a = x * 1
    a[0] = y[0] * 5
    return a, x, y
>> f(X, X)
>> f(X, X + 1)
>> f(X[:2], X[1:])

== same list twice
def f(p, q):
    return p[0] * q[0], p is q
L = [X]
>> f(L, L)
>> f(L, [X])
>> f([X], L)
>> f(L, L)

== identity of argument and global
A = X
def f(x): return x * 2 if x is A else x * 3
>> f(X)
>> f(X + 0)
>> f(A)
>> A = X + 0
>> f(X)
>> f(A)

== global returned
A = np.arange(3.0)
def f(x): return A
>> f(X)
>> A[0] = 5
>> f(X)
>> A = np.arange(3.0)
>> f(X)
>> A = np.arange(4.0)
>> f(X)

== global in tuple returned with change
A = np.arange(3.0)
def f(x): return A, A * x, [A, A]
>> f(X)
>> A = np.arange(3.0) + 1
>> f(X)

== global view returned
A = np.arange(3.0)
def f(x): return A[1:]
>> f(X)
>> A[1] = 5
>> f(X)

== argument returned twice
def f(x): return x, x, (x,)
>> f(X)
>> f(X + 0)
>> f(2.0)

== argument returned in dict
def f(p): return p
>> f({'a': X})
>> f([X, 1.0])
>> f((X, 1.0))

== tuple argument returned
P = (X, 2.0)
def f(p): return p
>> f(P)
>> f((X, 3.0))

== scalar argument identity
def f(x): return x
>> f(2.5)
>> f(3.5)
>> f(np.float64(3.5))
>> f(1000001)
>> f(True)
>> f(None)
>> f('a')

== view of argument written
def f(x):
    y = x[1:]
    y[0] = 7.0
    return y * 2
>> f(X.copy())
>> f(X.copy())

== in place on argument
def f(x):
    x += 1
    return x
>> f(X)
>> f(X)
>> X

== in place on copy
def f(x):
    x = x.copy()
    x += 1
    x *= x
    x[::2] -= 3
    return x
>> f(X)
>> f(X[::-1])

== in place on argument scalar
def f(x):
    x += 1
    return x
>> f(1.0)
>> f(np.float64(2.0))
>> f(np.array(2.0))

== in place conditional
def f(x):
    if x[0] > 1: x[0] = 0
    return x * 2
>> f(X)
>> f(X + 1)
>> f(X + 2)
>> Y = X + 3; f(Y)
>> f(X)

== attribute arrays returned
class M: pass
m = M(); m.w = np.ones(3)
def f(x): return m.w, x + m.w
>> f(X)
>> m.w = m.w * 2
>> f(X)

== object returned
class M: pass
m = M(); m.w = np.ones(3)
def f(x): return m
>> f(X) is m
>> f(X)

== function returned
def g(x): return x
def f(x): return g
>> f(X) is g
>> f(X)

== class returned
class M: pass
def f(x): return M, np, float, type(x), x.dtype, x.shape
>> f(X)[0] is M
>> f(X)
>> f(1.0)

== closure returned
def f(x): return lambda y: y * x
>> f(X)(2.0)
>> f(X + 1)(2.0)

== generator returned
def f(x): return (v * 2 for v in x)
>> list(f(X))
>> list(f(X))

== f is a generator
def f(x):
    for v in x: yield v * 2
>> list(f(X))
>> list(f(X + 1))

== map and zip returned
def f(x): return zip(x, x), map(abs, x), range(3), reversed([1, 2]), iter([1])
>> [list(v) for v in f(X)]
>> [list(v) for v in f(X + 1)]

== set returned
def f(x): return {1, 2, 3}, frozenset([4]), {'a'}
>> f(X)
>> f(X)[0].add(9)
>> f(X)

== list constant returned
def f(x): return [1, 2, [3]]
>> f(X)[2].append(5)
>> f(X)
>> f(X)[2].append(5)
>> f(X)

== own exceptions carry values
class Boom(Exception):
    def __init__(s, v): s.v = v
def f(x):
    if x[0] > 1: raise Boom(3.0)
    return x * 2
>> f(X)
>> f(X + 2)
>> f(X)
>> f(X + 3)

== raises at first
def f(x):
    if x[0] > 1: raise ValueError(f'too large: {float(x[0])}')
    return x * 2
>> f(X + 2)
>> f(X + 2)
>> f(X)
>> f(X + 4)

== assert message
def f(x):
    assert x[0] < 1, 'bad'
    return x
>> f(X)
>> f(X + 1)
>> f(X + 0)

== try finally
log = []
def f(x):
    try:
        return x / x[0]
    finally:
        x = x * 2
>> f(X + 1)
>> f(X + 2)

== try except value
def f(x):
    try:
        return np.linalg.cholesky(x)
    except np.linalg.LinAlgError:
        return x * 0
>> f(np.eye(2))
>> f(-np.eye(2))
>> f(np.eye(2) * 3)
>> f(-np.eye(2))

== try except index
def f(x, i):
    try: return x[i]
    except IndexError: return -1.0
>> f(X, 0)
>> f(X, 7)
>> f(X, np.array([1]))
>> f(X, np.array([7]))
>> f(X, np.array([2]))

== index out of bounds later
def f(x, i): return x[i] * 2
>> f(X, np.array([0, 1]))
>> f(X, np.array([0, 3]))
>> f(X, np.array([0, -1]))
>> f(X, np.array([0, -4]))
>> f(X, np.array([0, 2]))

== scatter out of bounds
def f(x, i):
    a = np.zeros(3)
    a[i] = x[i]
    a[i] += 2
    return a
>> f(X, np.array([0, 1]))
>> f(X, np.array([1, 1]))
>> f(X, np.array([0, 3]))
>> f(X, np.array([0, -1]))

== take modes
def f(x, i): return np.take(x, i), np.take(x, i, mode='wrap'), np.take(x, i, mode='clip')
>> f(X, np.array([0, 1]))
>> f(X, np.array([0, 5]))
>> f(X, np.array([0, -1]))

== zero division in math
import math
def f(x): return math.log(x) + math.sqrt(x) + 1 / x
>> f(1.0)
>> f(0.0)
>> f(-1.0)
>> f(2.0)
>> f(math.inf)
>> f(math.nan)

== math functions
import math
def f(x): return (math.floor(x), math.ceil(x), math.isnan(x), math.exp(x), math.fsum([x, x]),
    math.copysign(1, x), math.trunc(x), math.hypot(x, 1.0), math.atan2(x, 1), math.gamma(x), math.erf(x),
    math.degrees(x), math.pow(x, 2), math.fmod(x, 0.3), math.ldexp(x, 2), math.isinf(x))
>> f(1.5)
>> f(2.5)
>> f(1.7)
>> f(800.0)
>> f(np.float64(1.5))

== rounding python
def f(x): return (round(x), round(x, 1), int(x), x // 1, x % 1, divmod(x, 0.7), abs(x), -x, +x,
    x.is_integer(), bool(x))
>> f(1.5)
>> f(2.5)
>> f(-1.5)
>> f(0.0)
>> f(-0.0)
>> f(np.float64(2.5))

== float methods
def f(x): return x.hex(), x.as_integer_ratio(), x.conjugate(), x.real, x.imag
>> f(1.5)
>> f(2.5)

== string formats
def f(x): return f'{x:.2f}', str(x), repr(x), '%g' % x, '{}'.format(x)
>> f(1.5)
>> f(2.5)
>> f(np.float64(2.5))
>> f(X)

== hash and dict key
def f(x, d={1.5: 'a'}): return d.get(x, 'none'), x in {1.5, 2.0}, x == 1.5
>> f(1.5)
>> f(2.5)
>> f(1.5)

== isinstance checks
import numbers
def f(x): return (isinstance(x, float), isinstance(x, np.ndarray), isinstance(x, numbers.Number),
    isinstance(x, np.generic), isinstance(x, (int, float)), type(x).__name__, type(x) is float,
    type(x) == np.ndarray, hasattr(x, 'shape'), callable(x), np.isscalar(x), np.ndim(x),
    isinstance(x, np.floating))
>> f(1.5)
>> f(np.float64(1.5))
>> f(np.array(1.5))
>> f(X)
>> f(1)
>> f(True)
>> f(1j)
>> f(np.float32(1))

== complex
def f(z): return z * z.conj(), abs(z), z.real, z.imag, np.angle(z), z ** 2, 1 / z, np.exp(z), np.sqrt(z), z == z
>> f(1 + 2j)
>> f(np.complex128(1 + 2j))
>> f(np.array([1 + 2j, -1, 0.5j]))
>> f(np.array([1 + 2j, -1, 0.5j], np.complex64))
>> f(np.array([complex(-1, 0.0), complex(-1, -0.0), complex(np.inf, 1)]))

== complex sqrt python
import cmath
def f(z): return cmath.sqrt(z), cmath.exp(z), z ** 0.5, abs(z)
>> f(1 + 2j)
>> f(-1 + 0j)

== negative base python
def f(x): return x ** 0.5
>> f(4.0)
>> f(-4.0)
>> f(9.0)
>> f(np.float64(-4.0))

== duck len
def f(x):
    try: return len(x)
    except TypeError: return -1
>> f(X)
>> f(1.5)
>> f(np.float64(1.5))
>> f(np.array(1.5))

== duck iter
def f(x):
    try: return [v * 2 for v in x]
    except TypeError: return x
>> f(X)
>> f(1.5)
>> f(np.float64(1.5))
>> f(np.array(1.5))

== duck shape
def f(x):
    try: return x.shape
    except AttributeError: return 'none'
>> f(X)
>> f(1.5)
>> f(1.5 + 1j)
>> f(np.float64(1.5))

== duck sum
def f(x):
    try: return x.sum()
    except AttributeError: return x * 5
>> f(X)
>> f(1.5)
>> f(np.float64(1.5))

== duck index
def f(x):
    try: return x[0]
    except (TypeError, IndexError): return x * 5
>> f(X)
>> f(1.5)
>> f(np.float64(1.5))
>> f(np.array(1.5))

== duck setitem
def f(x):
    x = x + 0
    try: x[...] = 1
    except TypeError: return x * 5
    return x
>> f(X)
>> f(1.5)
>> f(np.float64(1.5))
>> f(np.array(1.5))

== duck of result
def f(x):
    y = x.sum()
    try: return len(y)
    except TypeError: return y * 3
>> f(X)
>> f(X + 1)

== duck unpack
def f(x):
    try:
        a, b = x
        return a - b
    except (TypeError, ValueError) as e: return x * 2
>> f(X)
>> f(X[:2])
>> f(2.0)

== python float attributes in plain
def f(x): return x.T
>> f(1.5)

== float dtype
def f(x): return x.dtype
>> f(1.5)
>> f(np.float64(1.5))

== matmul scalar
def f(x): return x @ x
>> f(1.5)
>> f(X)
>> f(np.float64(1.5))

== matmul shapes
def f(x, y): return x @ y
>> f(X, X)
>> f(X, np.ones((3, 2)))
>> f(np.ones((2, 3)), X)
>> f(np.ones((2, 2)), X)
>> f(np.ones((5, 2, 3)), np.ones((3, 4)))
>> f(np.ones((0, 3)), np.ones((3, 4)))
>> f(np.ones((3, 0)), np.ones((0, 4)))

== broadcasting error later
def f(x, y): return x + y
>> f(X, X)
>> f(X, X[:2])
>> f(X, X[:1])
>> f(X, np.ones((2, 3)))
>> f(X, np.ones((0, 3)))

== bad reshape
def f(x): return x.reshape(3, 1)
>> f(X + 0)
>> f(np.arange(4.0))

== truth of array
def f(x):
    if x > 1: return x
    return -x
>> f(X)
>> f(2.0)
>> f(X[:1])
>> f(X[2:])
>> f(X[:0])

== bool call
def f(x): return bool(x), not x, x and 1, x or 2
>> f(2.0)
>> f(0.0)
>> f(np.float64(0))
>> f(np.array([0.0]))
>> f(np.array(np.nan))
>> f(np.nan)

== float of array
def f(x): return float(x), int(x)
>> f(np.array(2.5))
>> f(np.array(3.5))
>> f(np.array([3.5]))
>> f(X)
>> f(np.array(np.nan))
>> f(np.inf)

== int as index
def f(x, i): return x[int(i)]
>> f(X, 1.0)
>> f(X, 2.0)
>> f(X, 2.5)
>> f(X, 5.0)
>> f(X, np.float64(0))
>> f(X, np.nan)

== range of float
def f(x, n): return [x * i for i in range(int(n))]
>> f(2.0, 2.0)
>> f(3.0, 0.0)
>> f(3.0, -1.0)
>> f(3.0, 2.5)

== integer scalar of numpy
def f(x, n): return x * n, x[n], range(n), [0] * n, n + 1
>> f(X, np.int64(1))
>> f(X, np.int64(2))
>> f(X, 1)
>> f(X, np.int8(1))
>> f(X, np.array(2))

== numpy int loops
def f(x, n):
    for i in range(n): x = x * 2
    return x
>> f(X, np.int64(1))
>> f(X, np.int64(2))
>> f(X, np.int64(3))
>> f(X, 2)

== numpy int arithmetic
def f(n): return n * 2, n ** 2, n / 2, n // 2, -n, n % 3, n + 0.5, 1 << n, n ** -1.0
>> f(np.int64(3))
>> f(np.int64(5))
>> f(np.int32(5))
>> f(np.uint8(200))
>> f(np.bool_(True))
>> f(3)

== numpy int negative power
def f(n, m): return n ** m
>> f(np.int64(3), np.int64(2))
>> f(np.int64(3), np.int64(-2))
>> f(np.int64(3), np.int64(2))
>> f(3, -2)
>> f(0, 0)

== many paths
def f(x):
    y = x * 0
    for v in x:
        if v > 0: y = y * 2 + 1
        else: y = y * 3 - 1
    return y
>> [f(np.array([1.0 if (k >> b) & 1 else -1.0 for b in range(5)])) for k in range(32)]
>> [f(np.array([1.0 if (k >> b) & 1 else -1.0 for b in range(5)])) for k in range(32)]
>> f(np.zeros(5))

== while to convergence
def f(x):
    n = 0
    while abs(x - 1) > 1e-3:
        x = 0.5 * (x + 1 / x); n += 1
        if n > 50: break
    return x, n
>> f(2.0)
>> f(3.0)
>> f(100.0)
>> f(1.0)
>> f(-5.0)
>> f(np.nan)

== recursion on float
def f(x): return x if x < 1 else 1 + f(x / 2)
>> f(5.0)
>> f(6.0)
>> f(500.0)
>> f(0.5)

== recursion on container
def f(t):
    if isinstance(t, (list, tuple)): return sum(f(u) for u in t)
    if isinstance(t, dict): return sum(f(u) for u in t.values())
    return t * t
>> f([1.0, (2.0, {'a': 3.0})])
>> f([2.0, (2.0, {'a': 3.0})])
>> f([2.0, [2.0, {'a': 3.0}]])
>> f([])
>> f(())

== deep recursion
def g(x, n): return x if n == 0 else g(x + 1.0, n - 1)
def f(x): return g(x, 300)
>> f(1.0)
>> f(2.0)

== too deep recursion
def f(x): return f(x + 1)
>> f(1.0)

== nested lists
def f(t): return [[v * 2 for v in r] for r in t]
>> f([[1.0, 2.0], [3.0]])
>> f([[1.0, 2.0], [4.0]])
>> f([[1.0], [2.0, 4.0]])
>> f([])
>> f([[], []])

== other key types
def f(p): return {k: v * 2 for k, v in p.items()}
>> f({1: 1.0, 'a': 2.0, (1, 2): 3.0, None: 4.0, 2.5: 1.0})
>> f({1: 1.0, 'a': 2.0, (1, 2): 4.0, None: 4.0, 2.5: 1.0})
>> f({True: 1.0, 'a': 2.0, (1, 2): 4.0, None: 4.0, 2.5: 1.0})
>> f({1.0: 1.0, 'a': 2.0, (1, 2): 4.0, None: 4.0, 2.5: 1.0})
>> f({1: 1.0, 'a': 2.0, (1, 2): 4.0, None: 4.0, 2.5: 1.0})

== key one and true
def f(p): return [type(k).__name__ for k in p], p[1] * 2
>> f({1: 1.0})
>> f({True: 1.0})
>> f({1.0: 1.0})
>> f({1: 2.0})

== static values equal but not same
def f(x, s): return x * s, type(s).__name__
>> f(X, 1)
>> f(X, True)
>> f(X, 1.0)
>> f(X, np.int64(1))
>> f(X, np.True_)
>> f(X, 1 + 0j)
>> f(X, 1)

== negative zero argument
def f(x): return np.copysign(1.0, x), 1 / np.float64(x), np.arctan2(x, -1.0), x * 1, np.sign(x), -x
>> f(0.0)
>> f(-0.0)
>> f(np.array([0.0, -0.0]))
>> f(np.array([-0.0, 0.0]))

== global dict keys one and true
P = {1: 2.0}
def f(x): return x * P[1] * sum(1 if type(k) is bool else 3 for k in P)
>> f(X)
>> P.clear(); P[True] = 2.0
>> f(X)

== global dict zero keys
P = {0.0: 2.0}
def f(x): return x * sum(np.copysign(1.0, k) for k in P)
>> f(X)
>> P.clear(); P[-0.0] = 2.0
>> f(X)

== global set one and true
P = {1}
def f(x): return x * sum(1 if type(k) is bool else 3 for k in P)
>> f(X)
>> P.clear(); P.add(True)
>> f(X)

== global frozenset
P = frozenset([1])
def f(x): return x * sum(1 if type(k) is bool else 3 for k in P)
>> f(X)
>> P = frozenset([True])
>> f(X)

== set order
P = {'a', 'b', 'c'}
def f(x): return x * len('-'.join(P)), list(P)
>> f(X)
>> P.add('d')
>> f(X)
>> P.discard('d')
>> f(X)

== set order of ints
P = {8, 0}
def f(x): return list(P)
>> f(X)
>> P = {0, 8}
>> f(X)
>> P.clear(); P.add(0); P.add(8)
>> f(X)
>> P.clear(); P.add(8); P.add(0)
>> f(X)

== tuple in global list
L = [(1.0, np.ones(3))]
def f(x): return x * L[0][0] * L[0][1]
>> f(X)
>> L[0][1][0] = 5
>> f(X)
>> L[0] = (2.0, L[0][1])
>> f(X)

== ordered dict moved
from collections import OrderedDict
P = OrderedDict(a=1.0, b=2.0)
def f(x):
    for k in P: x = x * 2 + P[k]
    return x
>> f(X)
>> P.move_to_end('a')
>> f(X)

== defaultdict factory
from collections import defaultdict
P = defaultdict(lambda: 3.0)
def f(x): return x * P['q']
>> f(X)
>> f(X)
>> P['q'] = 5.0
>> f(X)

== counter missing
from collections import Counter
C = Counter('aab')
def f(x): return x * C['z'] + C['a']
>> f(X)
>> C['z'] = 3
>> f(X)

== deque rotate
from collections import deque
Q = deque([1.0, 2.0, 3.0])
def f(x): return x * Q[0]
>> f(X)
>> Q.rotate(1)
>> f(X)

== dataclass class attr and default
import dataclasses
@dataclasses.dataclass
class P:
    a: float = 2.0
    b: list = dataclasses.field(default_factory=lambda: [1.0])
def f(x): return x * P().a * P(3.0).a * P().b[0]
>> f(X)
>> P.a = 9.0
>> f(X)
>> P.__init__.__defaults__
>> P.__init__.__defaults__ = (5.0,) + P.__init__.__defaults__[1:]
>> f(X)

== post init
import dataclasses
c = 2.0
@dataclasses.dataclass
class P:
    a: object
    def __post_init__(s): s.b = s.a * c
def f(x): return P(x).b
>> f(X)
>> c = 3.0
>> f(X)

== slots changed
class A:
    __slots__ = ('k', 'w')
    def __init__(s, k): s.k = k
a = A(2.0)
def f(x): return x * a.k
>> f(X)
>> a.k = 3.0
>> f(X)
>> a.w = np.ones(3)
>> f(X)
>> a = A(4.0)
>> f(X)

== slot deleted
class A:
    __slots__ = ('k',)
    def __init__(s, k): s.k = k
a = A(2.0)
def f(x):
    try: return x * a.k
    except AttributeError: return x * 9
>> f(X)
>> del a.k
>> f(X)
>> a.k = 1.0
>> f(X)

== getattr dunder
class A:
    def __init__(s): s.d = {'k': 2.0}
    def __getattr__(s, n):
        if n in s.d: return s.d[n]
        raise AttributeError(n)
a = A()
def f(x): return x * a.k
>> f(X)
>> a.d['k'] = 3.0
>> f(X)
>> a.k = 7.0
>> f(X)
>> del a.k
>> f(X)

== getattribute dunder
class A:
    def __getattribute__(s, n): return 2.0
a = A()
def f(x): return x * a.k
>> f(X)
>> f(X)

== descriptor
class D:
    def __init__(s, k): s.k = k
    def __get__(s, i, o): return s.k if i is None else s.k * i.m
class A:
    d = D(2.0)
    m = 3.0
a = A()
def f(x): return x * a.d * A.d
>> f(X)
>> A.__dict__['d'].k = 5.0
>> f(X)
>> a.m = 1.0
>> f(X)

== data descriptor set
class D:
    def __get__(s, i, o): return i.__dict__.get('_v', 1.0)
    def __set__(s, i, v): i.__dict__['_v'] = v * 2
class A: d = D()
a = A()
def f(x): return x * a.d
>> f(X)
>> a.d = 4.0
>> f(X)

== inherited attribute shadowed
class A: k = 2.0
class B(A): pass
class C(B): pass
c = C()
def f(x): return x * c.k
>> f(X)
>> B.k = 3.0
>> f(X)
>> C.k = 4.0
>> f(X)
>> c.k = 5.0
>> f(X)
>> del c.k
>> f(X)
>> del C.k
>> f(X)
>> del B.k
>> f(X)
>> A.k = 7.0
>> f(X)

== bases changed
class A:
    def g(s, x): return x * 2
class A2:
    def g(s, x): return x * 3
class B(A): pass
b = B()
def f(x): return b.g(x)
>> f(X)
>> B.__bases__ = (A2,)
>> f(X)

== operator overloads
class V:
    def __init__(s, v): s.v = v
    def __add__(s, o): return V(s.v + getattr(o, 'v', o))
    __radd__ = __add__
    def __mul__(s, k): return V(s.v * k)
    def __len__(s): return len(s.v)
    def __getitem__(s, i): return s.v[i]
    def __iter__(s): return iter(s.v)
    def __bool__(s): return bool(s.v[0] > 0)
    def __eq__(s, o): return bool((s.v == o.v).all())
    def __call__(s, y): return s.v * y
    def __contains__(s, q): return q in list(s.v)
    def __neg__(s): return V(-s.v)
v = V(np.ones(3))
def f(x):
    w = v + V(x)
    w = w * 2 + x
    return (-w)(2.0), len(w), w[0], [u for u in w], bool(w), w == v, 5.0 in w
>> f(X)
>> v.v[0] = -10
>> f(X)
>> V.__mul__ = lambda s, k: V(s.v - k)
>> f(X)

== array ufunc class
class U:
    __array_ufunc__ = None
    def __rmul__(s, o): return 'r'
    def __mul__(s, o): return 'm'
u = U()
def f(x): return u * x, x * u
>> f(X)
>> f(X)

== array protocol
class U:
    def __array__(s, dtype=None, copy=None): return A
A = np.ones(3)
u = U()
def f(x): return np.asarray(u) * x
>> f(X)
>> A[0] = 4
>> f(X)

== weakref
import weakref
class M: k = 2.0
m = M()
r = weakref.ref(m)
def f(x): return x * r().k
>> f(X)
>> m.k = 3.0
>> f(X)

== cached property
import functools
class M:
    def __init__(s): s.a = 2.0
    @functools.cached_property
    def v(s): return s.a * 3
m = M()
def f(x): return x * m.v
>> f(X)
>> f(X)
>> m.a = 4.0
>> f(X)
>> del m.v
>> f(X)
>> f(X)

== lru cache with array-free arg
import functools
n = 2.0
@functools.lru_cache
def g(k): return k * n
def f(x): return x * g(3)
>> f(X)
>> n = 4.0
>> f(X)
>> g.cache_clear()
>> f(X)

== partialmethod
import functools
class M:
    def g(s, k, x): return x * k
    h = functools.partialmethod(g, 2.0)
m = M()
def f(x): return m.h(x)
>> f(X)
>> M.h = functools.partialmethod(M.g, 3.0)
>> f(X)

== reduce and itertools
import functools, itertools, operator
L = [1.0, 2.0]
def f(x): return (functools.reduce(operator.mul, L, x), list(itertools.accumulate(L)),
    [a * b for a, b in itertools.product(L, [x[0]])], list(itertools.chain(L, L)),
    list(itertools.islice(itertools.count(), 3)))
>> f(X)
>> L[1] = 5.0
>> f(X)

== many steered truths
def f(x):
    y = x * 1.0
    for i in range(60):
        if y > 1: y = y * 0.7
        else: y = y + 0.3
    return y
>> f(0.3)
>> f(0.31)
>> f(5.0)
>> f(0.3)
>> f(np.float64(0.3))
>> f(np.nan)

== many steered integers
T = [0.1, 0.2, 0.3]
def f(x):
    for i in range(60):
        x = x + T[int(x * 10) % 3]
    return x
>> f(0.3)
>> f(0.35)
>> f(5.0)
>> f(0.3)

== many powers of numbers
def f(x):
    for i in range(60): x = x - 0.1 * x ** 3 + 1 / (x + 3)
    return x
>> f(0.3)
>> f(0.4)
>> f(-3.0)
>> f(1e200)
>> f(0.5)

== many bool inputs
def f(m, x):
    t = 0.0
    for b in m:
        if b: t = t * 2 + x
        else: t = t - x
    return t
>> f(np.array([True, False] * 20), 1.0)
>> f(np.array([True, False] * 20), 2.0)
>> f(np.array([False, True] * 20), 2.0)

== many counts
def f(x):
    n = 0
    out = []
    for v in x:
        if v > 0:
            n += 1
            out.append(v * n)
        elif v < -1: out.append(-v)
    return out, n
>> f(np.sin(np.arange(40.0)) * 2)
>> f(np.sin(np.arange(40.0)) * 2 + 0.001)
>> f(np.cos(np.arange(40.0)) * 2)

== one array twice and is
def f(x, y): return x * y + (1 if x is y else 0)
>> f(X, X)
>> f(X, X + 0)
>> f(X, X)
>> f(X + 1, X)
>> f(X, X)

== kernel of one set
def k(A, B=None):
    if B is None: B = A
    K = A[:, None] * B
    return K + np.eye(len(A)) if A is B else K
def f(x, y): return k(x), k(x, y)
>> f(X, X + 0)
>> f(X, X)
>> f(X, X + 1)

== is a global array
A = X
def f(x): return x * 2 if x is A else x * 3
>> f(X)
>> f(X + 0)
>> f(A)
>> A = X + 0
>> f(X)
>> f(A)

== is a global twice
A = X
B = A
def f(x): return x * 2 if A is B else x * 3
>> f(X + 0)
>> B = A + 0
>> f(X + 0)

== one list twice
def f(p, q): return p[0] * q[0], p is q
L = [X]
>> f(L, L)
>> f(L, [X + 0])
>> f([X], [X + 1])
>> f(L, L)

== is a class or member
import enum
class E(enum.Enum):
    A = 1
    B = 2
S = object()
def f(x, y, m=E.A, s=S): return x * y if type(x) is np.ndarray and m is E.A and s is S else x
>> f(X, X)
>> f(X, X + 1)
>> f(X, X, E.B)
>> f(X, X, s=None)

== in a list by identity
def f(x, y): return x * (2 if any(v is x for v in [y, x]) else 3) + (5 if any(v is x for v in [y]) else 7)
>> f(X, X + 0)
>> f(X, X)

== cached number goes stale
import functools
n = 2.0
@functools.lru_cache
def g(k): return k * n
def f(x): return x * g(3)
>> f(X)
>> n = 4.0
>> f(X)
>> g.cache_clear()
>> f(X)
>> n = 2.0
>> f(X)
>> g.cache_clear()
>> f(X)

== cached array
import functools
@functools.lru_cache
def g(k): return np.full(3, float(k))
def f(x): return x * g(3), g(3)
>> f(X)
>> g(3)[0] = 8
>> f(X)
>> g.cache_clear()
>> f(X)

== cached array written
import functools
@functools.lru_cache
def g(k): return np.full(3, float(k))
def f(x):
    w = g(3)
    w += 1
    return x * w
>> f(X)
>> f(X)
>> f(X)
>> f(X)

== cached unhashable
import functools
@functools.lru_cache
def g(a): return a * 2
def f(x): return g(x)
>> f(X)
>> f(2.0)
>> f(np.float64(2.0))
>> f(np.array(2.0))

== cached with print
import functools
@functools.lru_cache
def g(k):
    print('once')
    return k * 2.0
def f(x): return x * g(4)
>> f(X)
>> f(X)
>> g.cache_clear()
>> f(X)

== cached that raises
import functools
calls = []
@functools.lru_cache
def g(k):
    if k > 2: raise ValueError('k')
    return k * 2.0
def f(x, k):
    try: return x * g(k)
    except ValueError as e: return x * 100
>> f(X, 1)
>> f(X, 3)
>> f(X, 3)

== cached with keywords and method
import functools
class M:
    def __init__(s): s.k = 2.0
    @functools.lru_cache
    def g(s, k, *, j=1): return s.k * k * j
m = M()
@functools.cache
def h(*a, **k): return sum(a) + sum(k.values())
def f(x): return x * m.g(3, j=2) * h(1, 2, c=3)
>> f(X)
>> f(X)

== cached recursion
import functools
@functools.lru_cache(maxsize=None)
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
def f(x): return x * fib(20)
>> f(X)
>> f(X)
>> fib.cache_info().currsize

== cached counts calls
import functools
calls = []
@functools.lru_cache
def g(k):
    calls.append(k)
    return k * 2.0
def f(x): return x * g(4)
>> f(X)
>> f(X)
>> calls
>> g.cache_clear()
>> f(X)
>> calls

== cached with a gradient inside
import functools
@functools.lru_cache
def g(k): return float(wg.grad(lambda t: t ** k)(2.0))
def f(x): return x * g(4)
>> f(X)
>> f(X + 1)

== gradient with a cache
import functools
@functools.lru_cache
def g(k): return k * 2.0
@functools.lru_cache
def h(t): return t ** 3
f = wg.grad(lambda x: np.sum(x ** g(2)) + h(x[0]))
>> f(X)
>> f(X + 1)

== jit of grad of jit
k = 2.0
g = wg.jit(lambda x: np.sum(x ** 3) * k)
f = wg.grad(g)
>> f(X)
>> f(X + 1)
>> k = 3.0
>> f(X)

== grad of jit with captured
A = np.arange(3.0)
g = wg.jit(lambda x: np.sum(x ** 2 * A))
def f(x): return wg.grad(g)(x), g(x)
>> f(X)
>> A[0] = 5
>> f(X)
>> A = A * 2
>> f(X)

== vmap of jit
g = wg.jit(lambda x: x * 2 + np.sum(x))
f = wg.vmap(g)
>> f(np.ones((2, 3)))
>> f(np.arange(12.0).reshape(4, 3))

== jvp of jit
g = wg.jit(lambda x: np.sin(x) * x)
f = lambda x, v: wg.jvp(g, (x,), (v,))
>> f(X, X + 1)
>> f(X + 1, X)
>> f(1.0, 2.0)

== hessian with hvp
def g(x): return np.sum(x ** 4) + x[0] * x[1]
def f(x): return wg.hessian(g)(x), wg.hvp(g, x, x), wg.jacobian(wg.grad(g))(x)
>> f(X)
>> f(X + 1)

== checkpoint
c = 2.0
g = wg.checkpoint(lambda x: np.sin(x) * c)
f = wg.grad(lambda x: np.sum(g(g(x))))
>> f(X)
>> c = 3.0
>> f(X)

== linear transpose
A = np.arange(6.0).reshape(2, 3)
def f(x, y): return wg.linear_transpose(lambda v: A @ v, x)(y)
>> f(X, np.ones(2))
>> A[0] = 1
>> f(X, np.arange(2.0))

== custom rule with state
c = 2.0
@wg.custom_rule
def g(x): return np.sum(x ** 2)
@g.jvp
def _(out, args, tangents): return c * np.sum(args[0] * tangents[0])
f = wg.grad(g)
>> f(X)
>> c = 5.0
>> f(X)

== stop gradient
f = wg.grad(lambda x: np.sum(x * wg.stop_gradient(x)))
>> f(X)
>> f(X + 1)

== has aux
def g(x): return np.sum(x ** 2), {'n': len(x), 'm': x * 2, 's': 'text'}
f = wg.value_and_grad(g, has_aux=True)
>> f(X)
>> f(X + 1)

== grad of several with trees
def g(p, q): return np.sum(p['a'] * q[0]) + p['b'] * q[1]
f = wg.grad(g, (0, 1))
>> f({'a': X, 'b': 2.0}, [X + 1, 3.0])
>> f({'b': 2.0, 'a': X}, [X + 1, 3.0])
>> f({'a': X, 'b': np.float64(2.0)}, (X + 1, 3.0))

== gradient at kinks
f = wg.grad(lambda x: np.sum(np.abs(x) + np.maximum(x, 0) + np.clip(x, -1, 1) + np.sqrt(np.abs(x)) +
    np.where(x > 0, np.log(np.where(x > 0, x, 1)), 0)))
>> f(np.array([0.0, 1.0, -1.0, 2.0]))
>> f(np.array([1.0, 0.0, -0.0, 2.0]))

== gradient max ties
f = wg.grad(lambda x: np.max(x) + np.sort(x)[0] + np.median(x))
>> f(np.array([1.0, 1.0, 1.0]))
>> f(np.array([2.0, 1.0, 2.0]))
>> f(np.array([1.0, 3.0, 1.0]))

== gradient norm zero
f = wg.grad(lambda x: np.linalg.norm(x) + np.linalg.norm(x) ** 2)
>> f(np.zeros(3))
>> f(np.array([1.0, 0.0, 0.0]))
>> f(np.zeros(3))

== gradient prod zeros
f = wg.grad(lambda x: np.prod(x))
>> f(np.array([0.0, 2.0, 3.0]))
>> f(np.array([0.0, 0.0, 3.0]))
>> f(np.array([1.0, 2.0, 3.0]))

== hessian prod
f = wg.hessian(lambda x: np.prod(x))
>> f(np.array([0.0, 2.0, 3.0]))
>> f(np.array([0.0, 0.0, 3.0]))

== inf times zero
f = wg.grad(lambda x: np.sum(np.where(x > 0, np.log(x), 0.0)))
>> f(np.array([0.0, 1.0]))
>> f(np.array([2.0, 1.0]))
>> f(np.array([-1.0, np.inf]))

== inf minus inf hidden
def f(x): return np.where(np.isfinite(x - x), x, 1.0).sum(), np.nan_to_num(x - x)
>> f(np.array([np.inf, 1.0]))
>> f(np.array([2.0, 1.0]))
>> f(np.array([-np.inf, np.nan]))

== value nan only intermediate
def f(x):
    y = np.log(x)
    return 1.0 if np.isnan(y).any() else 2.0
>> f(np.array([-1.0]))
>> f(np.array([1.0]))
>> f(np.array([-2.0]))

== comparisons with intermediate nan
def f(x):
    y = np.sqrt(x)
    return np.where(y > 0, 1.0, np.where(y <= 0, -1.0, 7.0))
>> f(np.array([-1.0, 0.0, 1.0]))
>> f(np.array([-1.0, -1.0, 1.0]))

== zero times variable
def f(x): return 0 * x, 0.0 * x, x * 0 + 1, x - x, x / x, x ** 0, np.zeros(3) @ x, np.zeros((2,3)) @ x
>> f(X + 1)
>> f(np.array([np.inf, 1.0, 2.0]))
>> f(np.array([np.nan, 1.0, 2.0]))
>> f(np.array([-1.0, 1.0, 0.0]))

== eye times variable
def f(A): return (np.eye(2) @ A, A @ np.eye(2), np.diag(np.array([1.0, 0.0])) @ A, np.eye(2) * A,
    np.trace(np.eye(2) * A))
>> f(np.array([[1.0, 2.0], [3.0, 4.0]]))
>> f(np.array([[np.inf, 2.0], [3.0, 4.0]]))
>> f(np.array([[1.0, np.nan], [3.0, 4.0]]))
>> f(np.array([[1e308, 2.0], [3.0, 4.0]]))

== folding inverse functions
def f(x): return (np.exp(np.log(x)), np.log(np.exp(x)), np.sqrt(x ** 2), np.sqrt(x) ** 2, -(-x),
    1 / (1 / x), x / 2 * 2, (x + 1) - 1, np.abs(np.abs(x)), np.exp(x) * np.exp(-x))
>> f(np.array([0.5, 1.0, 2.0]))
>> f(np.array([-0.5, 0.0, 800.0]))
>> f(np.array([-800.0, 1e-300, 1e300]))
>> f(np.array([np.inf, -np.inf, 1e-320]))

== reassociation overflow
def f(x): return (x * 1e300 * 1e300 * 1e-300 * 1e-300, (x * 1e300) / 1e300, x * 1e-300 * 1e-300 * 1e300,
    1e308 * x - 1e308 * x, (x + 1e308) + 1e308 - 1e308)
>> f(np.array([1.0, 1e10]))
>> f(np.array([0.0, 1e200]))
>> f(np.array([1e-10, -1e308]))
>> f(1.0)
>> f(2.0)

== catastrophic cancellation kept
def f(x): return (x + 1e16) - 1e16, (1 + x) - 1, np.sum(np.array([1e16, 1.0, -1e16]) * x[0])
>> f(np.array([1.0, 1e-17]))
>> f(np.array([3.0, 1e-16]))

== warnings inside
import warnings
def f(x):
    warnings.warn('careful', UserWarning)
    return x * 2
>> f(X)
>> f(X)

== logging inside
import logging
def f(x):
    logging.getLogger('a').info('x')
    return x * 2
>> f(X)
>> f(X)

== random default generator
def f(x):
    r = np.random.default_rng(3)
    return x + r.normal(size=3)
>> f(X)
>> f(X)

== random seed inside
def f(x):
    np.random.seed(3)
    return x + np.random.normal(size=3)
>> f(X)
>> f(X)

== np errstate inside
def f(x):
    with np.errstate(all='ignore'):
        return x / 0.0
>> f(X)
>> f(X + 1)

== np errstate raise inside
def f(x):
    with np.errstate(all='raise'):
        try: return 1 / x
        except FloatingPointError: return x * 0
>> f(X + 1)
>> f(X)
>> f(X + 2)

== np seterr inside
def f(x):
    old = np.seterr(divide='raise')
    try: return 1 / x
    finally: np.seterr(**old)
>> f(X + 1)
>> f(X)
>> f(X + 2)

== printoptions
def f(x):
    with np.printoptions(precision=2): return str(np.ones(2) / 3)
>> f(X)
>> np.set_printoptions(precision=3)
>> f(X)
>> np.set_printoptions(precision=8)

== text of constant array
A = np.ones(2) / 3
def f(x): return str(A), f'{A[0]:.3f}', repr(A.sum())
>> f(X)
>> A[0] = 2
>> f(X)
>> np.set_printoptions(precision=3)
>> f(X)
>> np.set_printoptions(precision=8)

== sys recursion limit
import sys
def f(x): return x * (sys.getrecursionlimit() > 10)
>> f(X)

== thread local
import threading
L = threading.local(); L.k = 2.0
def f(x): return x * L.k
>> f(X)
>> L.k = 3.0
>> f(X)

== contextvar
import contextvars
V = contextvars.ContextVar('v', default=2.0)
def f(x): return x * V.get()
>> f(X)
>> V.set(3.0) and None
>> f(X)

== queue get
import queue
Q = queue.Queue()
for i in range(9): Q.put(float(i))
def f(x): return x * Q.get()
>> f(X)
>> f(X)

== iterator outside
it = iter([1.0, 2.0, 3.0, 4.0])
def f(x): return x * next(it)
>> f(X)
>> f(X)
>> f(X)

== generator outside
g = (float(i) for i in range(9))
def f(x): return x * next(g)
>> f(X)
>> f(X)

== itertools count outside
import itertools
c = itertools.count(1)
def f(x): return x * next(c)
>> f(X)
>> f(X)

== zip outside
z = zip([1.0, 2.0], [3.0, 4.0])
def f(x): return x * sum(a for a, b in z)
>> f(X)
>> f(X)

== enumerate default
def f(x, e=enumerate([1.0, 2.0])): return x * len(list(e))
>> f(X)
>> f(X)

== file object
import io
F = io.StringIO('1 2 3')
def f(x): return x * len(F.read())
>> f(X)
>> f(X)

== string buffer own
import io
def f(x):
    b = io.StringIO(); b.write('abc')
    return x * len(b.getvalue())
>> f(X)
>> f(X)

== object with counter
class C:
    n = 0
    def __call__(s, x):
        s.n += 1
        return x * s.n
c = C()
def f(x): return c(x)
>> f(X)
>> f(X)
>> c.n

== class counter
class C:
    n = 0
    @classmethod
    def up(cls): cls.n += 1; return cls.n
def f(x): return x * C.up()
>> f(X)
>> f(X)
>> C.n

== function attribute counter
def g(x):
    g.n += 1
    return x * g.n
g.n = 0
def f(x): return g(x)
>> f(X)
>> f(X)
>> g.n

== nonlocal counter
def make():
    n = 0
    def f(x):
        nonlocal n
        n += 1
        return x * n
    return f
f = make()
>> f(X)
>> f(X)

== global list pop
L = [1.0, 2.0, 3.0]
def f(x): return x * (L.pop() if L else 7.0)
>> f(X)
>> f(X)
>> f(X)
>> f(X)
>> f(X)

== dict setdefault
D = {}
def f(x): return x * D.setdefault('a', 2.0)
>> f(X)
>> f(X)
>> D['a'] = 3.0
>> f(X)
>> f(X)

== memo of arrays
D = {}
def f(x):
    k = len(x)
    if k not in D: D[k] = np.arange(float(k))
    return x * D[k]
>> f(X)
>> f(X)
>> f(X)
>> D[3][0] = 5
>> f(X + 1)
>> D.clear()
>> f(X)

== del item own
def f(x):
    d = {'a': x, 'b': 2.0}
    del d['a']
    l = [x, 1.0]; l.reverse(); l.sort(key=lambda v: 0)
    return d, l
>> f(X)
>> f(X + 1)

== global sort in place
A = np.array([3.0, 1.0, 2.0])
def f(x):
    A.sort()
    return x * A
>> f(X)
>> A[:] = [3.0, 1.0, 2.0]
>> f(X)
>> A

== work buffer
W = np.zeros(3)
def f(x):
    np.multiply(x, 2, out=W)
    return W + 1
>> f(X)
>> W
>> f(X + 1)
>> W

== work buffer returned
W = np.zeros(3)
def f(x):
    W[:] = x * 2
    return W
>> f(X) is W
>> f(X + 1)
>> W

== shuffle
import random
def f(x):
    l = [0, 1, 2]
    random.Random(3).shuffle(l)
    return x[l]
>> f(X)
>> f(X)

== uuid and time
import time
def f(x): return x * (time.time() > 0) + (time.perf_counter() * 0)
>> f(X)

== datetime now
import datetime
def f(x): return x * (datetime.datetime.now().year > 2000)
>> f(X)

== getattr dynamic name
class M: a = 2.0; b = 3.0
n = 'a'
def f(x): return x * getattr(M, n)
>> f(X)
>> n = 'b'
>> f(X)
>> M.b = 9.0
>> f(X)

== vars and dir
class M: pass
m = M(); m.a = 2.0
def f(x): return x * sum(vars(m).values()) * len([k for k in dir(m) if not k.startswith('_')])
>> f(X)
>> m.b = 3.0
>> f(X)

== globals by name
k = 2.0
def f(x): return x * globals()['k']
>> f(X)
>> k = 3.0
>> f(X)

== locals
def f(x):
    k = 2.0
    return x * locals()['k']
>> f(X)

== exec
def f(x):
    d = {}
    exec('y = 3.0', d)
    return x * d['y']
>> f(X)

== import of a module that changes
import sys, types
m = types.ModuleType('zz_mod'); m.k = 2.0; sys.modules['zz_mod'] = m
def f(x):
    import zz_mod
    return x * zz_mod.k
>> f(X)
>> m.k = 3.0
>> f(X)
>> m2 = types.ModuleType('zz_mod'); m2.k = 7.0; sys.modules['zz_mod'] = m2
>> f(X)

== from import inside
import sys, types
m = types.ModuleType('zz_mod'); m.k = 2.0; sys.modules['zz_mod'] = m
def f(x):
    from zz_mod import k
    return x * k
>> f(X)
>> m.k = 3.0
>> f(X)
>> m2 = types.ModuleType('zz_mod'); m2.k = 7.0; sys.modules['zz_mod'] = m2
>> f(X)

== module getattr
import sys, types
m = types.ModuleType('zz_mod'); m.d = {'k': 2.0}
exec('def __getattr__(n):\n    if n in d: return d[n]\n    raise AttributeError(n)', m.__dict__)
def f(x): return x * m.k
>> f(X)
>> m.d['k'] = 3.0
>> f(X)

== strange memory
def f(x): return x * 2 + 1, x.sum(), x[::-1], np.cumsum(x)
R = np.arange(20.0)
U = np.frombuffer(b'\0' + np.arange(5.0).tobytes(), np.float64, 4, 1)
T = np.zeros(4, [('a', 'i1'), ('b', 'f8')])['b']
>> f(R[:4].copy())
>> f(R[::5])
>> f(R[::-5])
>> f(np.broadcast_to(3.0, (4,)))
>> f(U)
>> f(T)
>> f(R[3:7])
>> f(np.array([1.0, 2.0, 3.0, 4.0]).astype('>f8'))
>> f(R[:4].copy())

== strange matrices
def f(x): return x @ x.T, x.sum(0), x.T * 2, x[0], x.ravel()
M = np.arange(12.0).reshape(3, 4)
>> f(M)
>> f(np.asfortranarray(M))
>> f(M[::-1])
>> f(M[:, ::-1])
>> f(M.T.copy().T)
>> f(np.broadcast_to(np.arange(4.0), (3, 4)))
>> f(np.lib.stride_tricks.sliding_window_view(np.arange(6.0), 4))
>> f(np.repeat(M, 2, 1)[:, ::2])

== overlapping arguments
def f(x, y): return x * 2 + y, x - y
R = np.arange(6.0)
>> f(R[:3], R[1:4])
>> f(R[:3], R[:3])
>> f(R[::2], R[1::2])
>> f(R[:3], R[2::-1])

== exotic dtypes
def f(x): return x * 2, x + x
>> f(np.array([1, 2], np.float16))
>> f(np.array([1, 2], np.longdouble))
>> f(np.array([1, 2], np.clongdouble))
>> f(np.array([1, 2], object))
>> f(np.array([1.5, 2.5], object))
>> f(np.array([1, 2], np.timedelta64))
>> f(np.array([1, 2], np.int8))
>> f(np.array([1, 2], np.uint16))
>> f(np.array([1, 2], np.complex64))
>> f(np.array([1.0, 2.0]))

== strings and dates
def f(x): return x == x, len(x)
>> f(np.array(['a', 'b']))
>> f(np.array(['2020-01-01'], 'M8[D]'))
>> f(np.array([b'a']))
>> f(np.array([True]))
>> f('abc')
>> f(b'abc')
>> f(['a'])

== object global
O = np.array([1.0, 2.0, 3.0], object)
def f(x): return x * O[0], x * 2
>> f(X)
>> O[0] = 5.0
>> f(X)

== int8 arithmetic with python numbers
def f(k): return k + 1, k * 2, k - 200 if False else k, k / 2, k + 1.5, 1 - k, -k
>> f(np.int8(127))
>> f(np.array([127, -128], np.int8))
>> f(np.uint8(0))
>> f(np.array([0, 255], np.uint8))

== out of range python int
def f(k): return k + 300
>> f(np.array([1], np.uint8))
>> f(np.array([1], np.int16))

== uint64 mixing
def f(a, b): return a + b, a * b, a - b, a > b
>> f(np.array([2**63], np.uint64), np.array([1]))
>> f(np.array([2**63], np.uint64), np.array([1], np.uint64))
>> f(np.uint64(5), -1.0)
>> f(np.array([1], np.uint64), np.array([2], np.uint64))

== casting
def f(x): return (x.astype(int), x.astype(np.int8), x.astype(bool), x.astype(np.float32),
    x.astype(complex), x.astype(np.uint8))
>> f(np.array([1.7, -1.7, 0.0]))
>> f(np.array([100.5, -100.5, 1e-300]))

== view of bits
def f(x): return x.view(np.int64), x.view(np.uint8).sum()
>> f(X)
>> f(X + 1)

== float32 mixing
def f(x, s): return x * s, x + 1, x * 2.5, x / 3, x ** 2, np.float64(2) * x, s
>> f(np.ones(2, np.float32), 2.0)
>> f(np.ones(2, np.float32), np.float64(2.0))
>> f(np.ones(2, np.float32), np.float32(2.0))
>> f(np.float32(1.5), 2.0)
>> f(np.float32(1.5), 2)
>> f(np.array(1.5, np.float32), 2.0)

== float16 program
def f(x): return x.sum(), x.mean(), np.exp(x), x @ x, x ** 2, np.sqrt(x), x > 1
>> f(np.array([1, 2, 3], np.float16))
>> f(np.array([60000, 60000], np.float16))

== complex float
def f(z): return np.real(z), z.imag, np.conj(z), abs(z), np.sum(z), z @ z, np.vdot(z, z), z.T, np.exp(1j * z)
>> f(np.array([1 + 2j, 3]))
>> f(np.array([1.0, 3]))
>> f(np.array([1 + 2j, 3], np.complex64))

== complex comparisons
def f(z): return z == 1, z != 1, np.sort(z), np.max(z), np.argmax(z), z > 0
>> f(np.array([1 + 2j, 3]))

== containers of strange arrays
def f(p): return [v * 2 for v in p['a']], p['b'][0] + 1
R = np.arange(20.0)
>> f({'a': [R[::5], R[:4]], 'b': (1.0,)})
>> f({'a': [R[::5].copy(), R[:4].copy()], 'b': (1.0,)})
>> f({'a': [R[::5].astype('>f8'), R[:4]], 'b': (1.0,)})
>> f({'a': [np.matrix(R[:4]), R[:4]], 'b': (1.0,)})
>> f({'a': (R[::5], R[:4]), 'b': (1.0,)})
>> f({'a': [R[::5], R[:4]], 'b': [1.0]})
>> f({'a': [R[::5], R[:4]], 'b': (1,)})
>> f({'a': [R[::5], R[:4]], 'b': (np.float64(1),)})

== subclasses of containers
class L(list): pass
class D(dict): pass
class T(tuple): pass
from collections import OrderedDict, namedtuple, defaultdict, UserDict
P = namedtuple('P', 'a b')
class Q(P):
    def s(self): return self.a + self.b
def f(p): return p[0] * 2, type(p).__name__, len(p)
>> f([X, 1.0])
>> f(L([X, 1.0]))
>> f(T([X, 1.0]))
>> f(P(X, 1.0))
>> f(Q(X, 1.0))
>> f((X, 1.0))
>> f(D({0: X}))
>> f(OrderedDict({0: X}))
>> f({0: X})
>> f(defaultdict(list, {0: X}))

== namedtuple with static fields
from collections import namedtuple
P = namedtuple('P', 'a n s')
def f(p): return p.a ** p.n if p.s == 'x' else p.a
>> f(P(X, 2, 'x'))
>> f(P(X, 3, 'x'))
>> f(P(X, 3, 'y'))
>> f(P(X, 3.0, 'x'))
>> f(P(X[:2], 2, 'x'))
>> f(P(X.astype(np.float32), 2, 'x'))
>> f(P(2.0, 2, 'x'))

== dataclass with static fields
import dataclasses
@dataclasses.dataclass
class P:
    a: object
    n: int = 2
    d: dict = None
    def g(self): return self.a ** self.n * (self.d or {'k': 1.0})['k']
def f(p): return p.g()
>> f(P(X, 2))
>> f(P(X, 3))
>> f(P(X, 3, {'k': 2.0}))
>> f(P(X, 3, {'k': 4.0}))
>> f(P(X, True))
>> f(P(X, 3, {'k': X}))
>> f(P(2.0))

== dataclass frozen equal
import dataclasses
@dataclasses.dataclass(frozen=True)
class C:
    n: int
    s: str = 'a'
def f(x, c): return x * c.n + len(c.s)
>> f(X, C(2))
>> f(X, C(3))
>> f(X, C(2))
>> f(X, C(2, 'bb'))

== object arguments change
class C:
    def __init__(s, n): s.n = n
c = C(2)
def f(x, c): return x * c.n
>> f(X, c)
>> c.n = 3
>> f(X, c)
>> c.n = 3.5
>> f(X, c)
>> f(X, C(3))

== callable arguments
def f(x, g=np.sin, *h): return g(x) + sum(k(x) for k in h)
>> f(X)
>> f(X, np.cos)
>> f(X, np.cos, np.sin, lambda v: v * 2)
>> f(X, lambda v: v * 3)
>> f(X, g=abs)

== registered container
class B:
    def __init__(s, w, n): s.w, s.n = w, n
wg.tree.register(B, lambda b: ((b.w,), b.n), lambda n, c: B(c[0], n)) if not getattr(np, '_zz', None) else None
def f(b): return B(b.w * b.n, b.n)
>> f(B(X, 2))
>> f(B(X, 3))
>> f(B(X + 1, 2))
>> f(B(X + 1, True))
>> f(B(X + 1, 1))

== property with side effect
class M:
    def __init__(s): s.n = 0
    @property
    def k(s):
        s.n += 1
        return s.n
m = M()
def f(x): return x * m.k
>> f(X)
>> f(X)
>> m.n

== property over changing attribute
class M:
    def __init__(s): s.r = 2.0; s.on = True
    @property
    def k(s): return s.r if s.on else -s.r
    @k.setter
    def k(s, v): s.r = v
m = M()
def f(x): return x * m.k
>> f(X)
>> m.on = False
>> f(X)
>> m.k = 5.0
>> f(X)
>> M.k = 3.0
>> f(X)

== method with mutable self argument
class M:
    def __init__(s, w): s.w = w; s.h = {'a': [1.0, 2.0]}
    def f(s, x): return s.w * x * s.h['a'][1]
m = M(np.ones(3)); f = m.f
>> f(X)
>> m.h['a'][1] = 5.0
>> f(X)
>> m.h['a'] = [0.0, 1.0]
>> f(X)
>> m.h = {'a': (1.0, 9.0)}
>> f(X)
>> m.w = np.arange(3.0)
>> f(X)
>> m.w = 2.0
>> f(X)

== list reassigned slice
L = [1.0, 2.0, 3.0]
def f(x): return x * L[-1] + len(L)
>> f(X)
>> L[1:] = [7.0]
>> f(X)
>> L *= 2
>> f(X)
>> L.insert(0, 9.0)
>> f(X)
>> L.reverse()
>> f(X)

== list of lists aliasing
R = [1.0, 2.0]
L = [R, R]
def f(x): return x * L[0][0] * L[1][1]
>> f(X)
>> R[0] = 5.0
>> f(X)
>> L[1] = [3.0, 4.0]
>> f(X)
>> L[1] = R
>> f(X)

== dict of arrays replaced by a list
P = {'w': np.ones(3)}
def f(x): return x * P['w']
>> f(X)
>> P['w'] = [1.0, 2.0, 3.0]
>> f(X)
>> P['w'] = (1.0, 2.0, 3.0)
>> f(X)
>> P['w'] = 2
>> f(X)
>> P['w'] = np.float32(2)
>> f(X)
>> P['w'] = np.array(2.0)
>> f(X)
>> del P['w']
>> f(X)
>> P['w'] = np.ones(3, int)
>> f(X)

== get with default and membership
P = {'a': 1.0}
def f(x): return x * P.get('b', 4.0) + ('c' in P) + len(P)
>> f(X)
>> P['b'] = 2.0
>> f(X)
>> P['c'] = None
>> f(X)
>> P.pop('a')
>> f(X)

== global deleted
k = 2.0
def f(x):
    try: return x * k
    except NameError as e: return str(e)
>> f(X)
>> del k
>> f(X)
>> k = 4.0
>> f(X)

== builtin shadowed
def f(x): return sum([x, x]) + max(1.0, 2.0)
>> f(X)
>> sum = lambda v: v[0] * 10
>> f(X)
>> del sum
>> f(X)
>> max = lambda a, b: a
>> f(X)

== numpy function replaced
g = np.sin
def f(x): return np.cos(x) + g(x)
>> f(X)
>> g = np.tan
>> f(X)
>> g = lambda v: v
>> f(X)

== class attribute array and instance shadow
class M: w = np.ones(3)
m = M()
def f(x): return x * m.w
>> f(X)
>> M.w[0] = 4
>> f(X)
>> m.w = np.zeros(3)
>> f(X)
>> m.w[1] = 3
>> f(X)
>> del m.w
>> f(X)
>> M.w = np.full(3, 9.0)
>> f(X)

== class method replaced by an attribute
class M:
    def g(s, x): return x * 2
m = M()
def f(x): return m.g(x)
>> f(X)
>> m.g = lambda x: x * 3
>> f(X)
>> del m.g
>> f(X)

== call replaced
class M:
    def __call__(s, x): return x * 2
m = M()
def f(x): return m(x)
>> f(X)
>> M.__call__ = lambda s, x: x * 3
>> f(X)

== add on the class later
class V:
    def __init__(s, v): s.v = v
v = V(2.0)
def f(x):
    try: return (v + 1) * x
    except TypeError: return -x
>> f(X)
>> V.__add__ = lambda s, o: s.v + o
>> f(X)

== len and bool of an object
class V:
    def __init__(s, n): s.n = n
    def __len__(s): return s.n
v = V(0)
def f(x): return x * 2 if v else x * 3
>> f(X)
>> v.n = 2
>> f(X)
>> V.__bool__ = lambda s: False
>> f(X)

== hash and eq of objects
class K:
    def __init__(s, n): s.n = n
    def __hash__(s): return 1
    def __eq__(s, o): return s.n == o.n
D = {K(1): 2.0}
def f(x): return x * D.get(K(1), 7.0)
>> f(X)
>> next(iter(D)).n = 5
>> f(X)

== format of objects
class K:
    def __repr__(s): return 'K' * n
n = 3
k = K()
def f(x): return x * len(repr(k)), f'{k}', str(k)
>> f(X)
>> n = 4
>> f(X)

== enum members changed
import enum
class E(enum.Enum):
    A = 1
    B = 2
def f(x, e=E.A): return x * e.value, e.name, e is E.A, list(E)[1].value
>> f(X)
>> f(X, E.B)
>> f(X, e=E.A)

== intenum and flags
import enum
class E(enum.IntEnum):
    A = 1
    B = 2
def f(x, e): return x * e, x[e], e + 1
>> f(X, E.A)
>> f(X, E.B)
>> f(X, 1)
>> f(X, 2)

== fractions and decimals
from fractions import Fraction
from decimal import Decimal
def f(x, q): return x * float(q), q + 1
>> f(X, Fraction(1, 3))
>> f(X, Fraction(2, 3))
>> f(X, Decimal('0.5'))
>> f(X, Fraction(1, 3))

== slices and ellipsis as arguments
def f(x, s): return x[s] * 2
>> f(X, slice(0, 2))
>> f(X, slice(1, 3))
>> f(X, Ellipsis)
>> f(X, (slice(None), None))
>> f(X, [0, 1])
>> f(X, [1, 2])
>> f(X, np.array([True, False, True]))
>> f(X, np.array([False, False, True]))
>> f(X, -1)
>> f(X, [])

== dtype and class as arguments
def f(x, t): return x.astype(t) * 2
>> f(X, np.float32)
>> f(X, int)
>> f(X, 'f4')
>> f(X, np.dtype('>f8'))

== range and iterators as arguments
def f(x, r): return sum(x * i for i in r)
>> f(X, range(3))
>> f(X, range(4))
>> f(X, iter([1, 2]))
>> f(X, iter([1, 2, 3]))
>> f(X, {1: 2})
>> f(X, {1, 5})
>> f(X, {1, 6})

== bytes and big ints
def f(x, n): return x * n
>> f(X, 10**30)
>> f(X, 2**63)
>> f(X, -1)
>> f(1.5, 10**30)
>> f(1.5, 10**400)

== positional only and defaults
def f(x, /, y=1.0, *args, z=2.0, **kw): return x * y + z + sum(args) + sum(kw.values())
>> f(X)
>> f(X, 2.0)
>> f(X, 2.0, 3.0)
>> f(X, 2.0, 3.0, z=4.0)
>> f(X, q=4.0)
>> f(X, x=4.0)
>> f(X, z=4.0, q=1.0)
>> f(X, q=1.0, z=4.0)
>> f(x=X)

== star argument tuple returned
def f(*xs): return xs
>> f(X, 2.0)
>> f()
>> f(X)

== kwargs returned
def f(**kw): return kw
>> f(a=X, b=2.0)
>> f(b=2.0, a=X)
>> f()

== unhashable and weird leaves
def f(x, o): return x * 2
>> f(X, {1, 2})
>> f(X, object())
>> f(X, bytearray(b'a'))
>> f(X, [1, [2, {'a': {3}}]])
>> f(X, np.random.default_rng(0))
>> f(X, open)
>> f(X, ...)

== generators as arguments
def f(x, g): return x * sum(g)
>> f(X, (i for i in range(3)))
>> f(X, (i for i in range(4)))

== name that comes
def f(x):
    try: return x * kk
    except NameError as e: return str(e)
>> f(X)
>> kk = 4.0
>> f(X)

== variable that comes
def make():
    def f(x):
        try: return x * k
        except NameError as e: return x * 100
    def put(v):
        nonlocal k
        k = v
    def drop():
        nonlocal k
        del k
    if 0: k = 0
    return f, put, drop
f, put, drop = make()
>> f(X)
>> put(3.0)
>> f(X)
>> drop()
>> f(X)

== whole numbers of many bits
def f(x, n): return x * n, x + n, n
>> f(X, 10**30)
>> f(X, 2**63)
>> f(X, 2**63 - 1)
>> f(X, -2**63)
>> f(X, -2**63 - 1)
>> f(1.5, 10**30)
>> f(1.5, 10**400)
>> f(np.arange(3), 2**62)
>> f(np.arange(3, dtype=np.uint64), 2**63)

== whole numbers of many bits inside
def f(x): return (x * 3**50, x / 10**25, x > 10**22, x * 2**64, x ** 2 * math.factorial(25),
    np.sum(x) * 2**100, np.maximum(x, 10**20))
import math
>> f(X)
>> f(X + 1)

== powers of whole numbers inside
def f(x): return x * 2.0**100, x * 10.0**-20, x * (1 << 40), np.float64(2**70) * x, x ** 70, x * 1e30
>> f(X)
>> f(X + 1)

== gradient with changing list of layers
W = [np.eye(3), np.eye(3) * 2]
def loss(x):
    for w in W: x = np.tanh(w @ x)
    return np.sum(x)
f = wg.grad(loss)
>> f(X)
>> W.append(np.eye(3) * 3)
>> f(X)
>> W[0][0, 1] = 2.0
>> f(X)
>> W[1] = np.ones((3, 3))
>> f(X)
>> del W[0]
>> f(X)
>> W.clear()
>> f(X)

== gradient with config
import types
cfg = types.SimpleNamespace(act='tanh', scale=2.0, reg=None)
def loss(x):
    y = getattr(np, cfg.act)(x) * cfg.scale
    return np.sum(y) + (0 if cfg.reg is None else cfg.reg * np.sum(x ** 2))
f = wg.value_and_grad(loss)
>> f(X)
>> cfg.act = 'sin'
>> f(X)
>> cfg.reg = 0.5
>> f(X)
>> cfg.reg = 0.25
>> f(X)
>> cfg.scale = 3
>> f(X)
>> cfg.scale = np.ones(3)
>> f(X)

== hessian with data object
class Data:
    def __init__(s, X, y): s.X, s.y = X, y
    def __len__(s): return len(s.y)
D = Data(np.arange(6.0).reshape(2, 3), np.ones(2))
def loss(w): return np.sum((D.X @ w - D.y) ** 2) / len(D)
f = wg.hessian(loss)
>> f(X)
>> D = Data(np.arange(9.0).reshape(3, 3), np.ones(3))
>> f(X)
>> D.X[0] = 7
>> f(X)
>> D.y = np.zeros(3)
>> f(X)
>> D.X = D.X.astype(np.float32)
>> f(X)
>> D.X = np.asfortranarray(np.arange(9.0).reshape(3, 3))
>> f(X)
>> D.X = np.arange(18.0).reshape(3, 6)[:, ::2]
>> f(X)
>> D.X = np.matrix(np.eye(3))
>> f(X)

== vmap with changing axis
ax = 0
f = lambda x: wg.vmap(lambda v: v * np.sum(v), in_axes=ax)(x)
>> f(np.ones((2, 3)))
>> ax = 1
>> f(np.ones((2, 3)))

== transform with a changed function
def g(x): return np.sum(x ** 2)
def f(x): return wg.grad(g)(x)
>> f(X)
>> def g(x): return np.sum(x ** 3)
>> f(X)
>> g.__code__ = (lambda x: np.sum(x)).__code__
>> f(X)

== transform made outside
def g(x): return np.sum(x ** 2) * k
k = 2.0
G = wg.grad(g)
def f(x): return G(x) * 2
>> f(X)
>> k = 3.0
>> f(X)
>> G = wg.value_and_grad(g)
>> G = wg.grad(lambda x: np.sum(x))
>> f(X)

== derivative order by argument
def f(x, n):
    g = lambda t: t ** 5
    for _ in range(n): g = wg.derivative(g)
    return g(x)
>> f(2.0, 1)
>> f(2.0, 3)
>> f(3.0, 3)
>> f(2.0, 0)

== gradient of an int
f = wg.grad(lambda x: x * 2.0)
>> f(3.0)
>> f(3)
>> f(np.arange(3.0))
>> f(True)

== gradient with branches in argument values
def loss(p):
    if p['mode'] == 'a': return np.sum(p['x'] ** 2)
    return np.sum(p['x'] ** 3)
f = lambda p: wg.grad(lambda x: loss({**p, 'x': x}))(p['x'])
>> f({'mode': 'a', 'x': X})
>> f({'mode': 'b', 'x': X})
>> f({'mode': 'a', 'x': X + 1})

== optimiser loop
def loss(w): return np.sum((w - T) ** 2)
T = np.ones(3)
def f(w, n, lr=0.1):
    g = wg.grad(loss)
    for _ in range(n): w = w - lr * g(w)
    return w
>> f(X, 3)
>> f(X, 30)
>> T[0] = 4
>> f(X, 30)
>> f(X, 30, 0.2)

== newton with tolerance
def f(x):
    g, h = wg.grad(F), wg.hessian(F)
    for i in range(20):
        d = np.linalg.solve(h(x), g(x))
        x = x - d
        if np.linalg.norm(d) < 1e-10: break
    return x, i
def F(x): return np.sum(np.cosh(x - 1) + 0.1 * x ** 4)
>> f(X)
>> f(X + 1)
>> f(X * 0)

== gradient raising
def loss(x):
    if np.sum(x) > 10: raise ValueError('big')
    return np.sum(x)
f = wg.grad(loss)
>> f(X)
>> f(X + 10)
>> f(X)

== gradient of a non scalar
f = wg.grad(lambda x: x * 2)
>> f(X)
>> f(2.0)
>> f(X[:1])

== gradient through int cast
f = wg.grad(lambda x: np.sum(x * np.floor(x)) + int(x[0]) * x[1])
>> f(X)
>> f(X + 0.5)
>> f(X + 1)

== complex gradient
f = wg.grad(lambda z: np.sum(np.abs(z) ** 2))
>> f(np.array([1 + 2j, 3.0]))
>> f(np.array([1.0, 3.0]))
>> f(1 + 1j)

== float32 gradient
f = wg.value_and_grad(lambda x: np.sum(np.exp(x) / (1 + x ** 2)))
>> f(X.astype(np.float32))
>> f(X)
>> f(np.float32(2))

== float16 gradient
f = wg.value_and_grad(lambda x: np.sum(np.exp(x) / (1 + x ** 2)))
>> f(X.astype(np.float16))
>> f(np.float16(2))

== mixed precision
S = np.ones(3, np.float32)
f = wg.grad(lambda x: np.sum(x * S))
>> f(X)
>> f(X.astype(np.float32))
>> S = np.ones(3)
>> f(X.astype(np.float32))

== callbacks that raise later
def cb(x):
    if n > 1: raise KeyError('n')
    return x
n = 1
f = wg.grad(lambda x: np.sum(cb(x) ** 2))
>> f(X)
>> n = 2
>> f(X)
>> n = 0
>> f(X)

== work buffer in a gradient
W = np.zeros(3)
def loss(x):
    W[:] = x ** 2
    return np.sum(W)
f = wg.grad(loss)
>> f(X)
>> f(X + 1)
>> W

== gradient kept closures
y, back = wg.vjp(lambda x: np.sin(x), X)
f = lambda g: back(g)
>> f(X)
>> f(X + 1)
>> y, back = wg.vjp(lambda x: np.cos(x), X)
>> f(X)

== pushforward kept
y, push = wg.linearize(lambda x: np.sin(x), X)
f = lambda g: push(g)
>> f(X)
>> y, push = wg.linearize(lambda x: np.cos(x), X)
>> f(X)

== huge exponent
def f(x): return x ** 10**20, x ** 2**64, x ** -10**20
>> f(X)
>> f(X + 1)
>> f(1.0)

== shifts and bits
def f(k): return k << 3, k >> 1, k & 5, k | 2, k ^ 7, ~k, k << k, np.left_shift(k, 70), np.bitwise_count(k)
>> f(np.array([1, 2, 3]))
>> f(np.array([-1, 62, 65]))
>> f(np.array([1, 2, 100], np.int8))

== scan with a changing global
k = 2.0
def f(x): return wg.scan(lambda c, v: (c * 0.5 + v * k, c), 0.0, x)
>> f(X)
>> k = 3.0
>> f(X)
>> f(X + 1)

== scan over an array captured
A = np.arange(4.0)
def f(x): return wg.scan(lambda c, v: (np.tanh(c + v), c[0]), x, A)
>> f(X)
>> A[0] = 3
>> f(X)
>> A = np.arange(5.0)
>> f(X)

== cond with changes
k = 2.0
def f(x): return wg.cond(x[0] > 0, lambda v: v * k, lambda v: v - k, x)
>> f(X)
>> f(X + 1)
>> k = 5.0
>> f(X)
>> f(X + 1)

== while loop with changes
k = 10.0
def f(x): return wg.while_loop(lambda c: np.sum(c) < k, lambda c: c * 2 + 1, x)
>> f(X)
>> f(X * 3)
>> k = 100.0
>> f(X)
>> f(X * 0 + 500)

== gradient of a scan
k = 2.0
f = wg.grad(lambda x: wg.scan(lambda c, v: (np.sin(c) + v * k, None), x[0], x)[0])
>> f(X)
>> k = 3.0
>> f(X)
>> f(X[:2])

== zero steps
def f(x): return wg.scan(lambda c, v: (c + v, c), 1.0, x)
>> f(np.zeros(0))
>> f(np.zeros(1))
>> f(X)

== scan steering on a value
def step(c, v):
    if v > 1: return c + v, c
    return c - v, c
def f(x): return wg.scan(step, 0.0, x)
>> f(X)
>> f(X + 1)

== nested loops with changes
n = 3
def f(x):
    def outer(c, v):
        inner, _ = wg.scan(lambda d, u: (d * 0.5 + u, None), c, x)
        return inner + v, inner
    return wg.scan(outer, 0.0, x[:n])
>> f(X)
>> n = 2
>> f(X)

== vmap of a scan
f = wg.vmap(lambda x: wg.scan(lambda c, v: (c * v + 1, c), 1.0, x)[0])
>> f(np.ones((2, 3)))
>> f(np.arange(12.0).reshape(4, 3))

== equal namespaces
from types import SimpleNamespace
P, Q = SimpleNamespace(k=2.0), SimpleNamespace(k=2.0)
def f(x): return x * 2 if P == Q else x * 3
>> f(X)
>> P.k = 5.0
>> f(X)

== text of a namespace
from types import SimpleNamespace
P = SimpleNamespace(k=2.0)
def f(x): return x * len(repr(P))
>> f(X)
>> P.k = 5.125
>> f(X)

== equal dataclasses
import dataclasses
@dataclasses.dataclass(order=True)
class P:
    k: float
    l: float = 1.0
p, q = P(2.0), P(2.0)
def f(x): return (x * 2 if p == q else x * 3) + (1 if p < q else 0) + len(repr(p)) + len(dataclasses.asdict(q))
>> f(X)
>> p.k = 5.5
>> f(X)
>> q.l = 7.25
>> f(X)

== attribute of a module that comes
import types
m = types.ModuleType('m')
def f(x): return x * 2 if hasattr(m, 'k') else x * 3
>> f(X)
>> m.k = 5.0
>> f(X)
>> del m.k
>> f(X)

== attribute of a module by default
import types
m = types.ModuleType('m')
def f(x): return x * getattr(m, 'k', 3.0)
>> f(X)
>> m.k = 5.0
>> f(X)

== attribute of a module that is missed
import types
m = types.ModuleType('m')
def f(x):
    try: return x * m.k
    except AttributeError: return x * 7
>> f(X)
>> m.k = 5.0
>> f(X)

== default factory
from collections import defaultdict
P = defaultdict(lambda: 3.0)
def f(x): return x * P.default_factory()
>> f(X)
>> P.default_factory = lambda: 5.0
>> f(X)

== flags of an outer array
A = np.ones(3)
def f(x): return x * 2 if A.flags.writeable else x * 3
>> f(X)
>> A.flags.writeable = False
>> f(X)

== order of an outer array
A = np.ones((2, 2))
def f(x): return x * (2 if A.flags.c_contiguous else 3) + (1 if A.flags['F_CONTIGUOUS'] else 0) + A.strides[0]
>> f(X)
>> A = np.asfortranarray(A)
>> f(X)

== memory of outer arrays
A = np.ones(3)
B = A[:2]
def f(x): return (
    x * (2 if np.shares_memory(A, B) else 3) + (1 if B.base is A else 0) + (1 if np.may_share_memory(x, A) else 0))
>> f(X)
>> B = np.ones(2)
>> f(X)
>> f(A)

== error state read
def f(x): return x * (2 if np.geterr()['divide'] == 'warn' else 3)
>> f(X)
>> np.seterr(divide='ignore')
>> f(X)
>> np.seterr(divide='warn')

== print options read
def f(x): return x * np.get_printoptions()['precision']
>> f(X)
>> np.set_printoptions(precision=3)
>> f(X)
>> np.set_printoptions(precision=8)

== print options set
def f(x):
    np.set_printoptions(precision=3)
    return x * 2
>> f(X)
>> np.set_printoptions(precision=8)
>> f(X)
>> np.get_printoptions()['precision']
>> np.set_printoptions(precision=8)

== file written
import os, tempfile
name = os.path.join(tempfile.gettempdir(), 'wengert_tried_0.npy')
def f(x):
    np.save(name, np.ones(3))
    return x * 2
>> f(X)
>> os.path.exists(name)
>> os.remove(name)
>> f(X)
>> os.path.exists(name)
>> os.remove(name)
>> f(X)
>> os.path.exists(name)
>> os.remove(name)

== file read
import os, tempfile
name = os.path.join(tempfile.gettempdir(), 'wengert_tried_1.npy')
np.save(name, np.ones(3))
def f(x): return x * np.load(name)
>> f(X)
>> np.save(name, np.arange(3.0))
>> f(X)
>> os.remove(name)

== text file read
import os, tempfile
name = os.path.join(tempfile.gettempdir(), 'wengert_tried_2.txt')
np.savetxt(name, np.ones(3))
def f(x): return x * np.loadtxt(name) + np.genfromtxt(name)
>> f(X)
>> np.savetxt(name, np.arange(3.0))
>> f(X)
>> os.remove(name)

== raw file read
import os, tempfile
name = os.path.join(tempfile.gettempdir(), 'wengert_tried_3.bin')
np.ones(3).tofile(name)
def f(x): return x * np.fromfile(name)
>> f(X)
>> np.arange(3.0).tofile(name)
>> f(X)
>> os.remove(name)

== raw file written
import os, tempfile
name = os.path.join(tempfile.gettempdir(), 'wengert_tried_4.bin')
A = np.ones(3)
def f(x):
    A.tofile(name)
    return x * 2
>> f(X)
>> os.remove(name)
>> f(X)
>> os.path.exists(name)
>> os.remove(name)

== path of a file
import os, tempfile, pathlib
name = pathlib.Path(tempfile.gettempdir()) / 'wengert_tried_5.txt'
name.write_text('2')
def f(x): return x * float(name.read_text()) * (2 if name.with_suffix('.b5').exists() else 3)
>> f(X)
>> name.write_text('5')
>> f(X)
>> name.with_suffix('.b5').write_text('')
>> f(X)
>> name.unlink(); name.with_suffix('.b5').unlink()

== path made inside
import os, tempfile, pathlib
name = os.path.join(tempfile.gettempdir(), 'wengert_tried_6.txt')
pathlib.Path(name).write_text('2')
def f(x): return x * float(pathlib.Path(name).read_text())
>> f(X)
>> pathlib.Path(name).write_text('5')
>> f(X)
>> os.remove(name)

== pretty print
import pprint, traceback
def f(x):
    pprint.pprint({'a': 1})
    return x * 2
>> f(X)
>> f(X)

== traceback printed
import traceback
def f(x):
    try: raise ValueError('a')
    except ValueError: traceback.print_exc(file=out)
    return x * 2
import io
out = io.StringIO()
>> f(X)
>> f(X)
>> len(out.getvalue()) > 0

== standard output
import sys
def f(x):
    sys.stdout.write('a')
    return x * 2
>> f(X)
>> f(X)

== attribute of an exception class
class E(Exception): code = 3.0
def f(x):
    try: raise E('a')
    except E as e: return x * e.code * E.code
>> f(X)
>> E.code = 5.0
>> f(X)

== attribute of a named tuple class
from collections import namedtuple
P = namedtuple('P', 'a')
P.k = 2.0
def f(x): return x * P.k * P(1.0).k
>> f(X)
>> P.k = 5.0
>> f(X)

== dispatch of a method
import functools
class M:
    @functools.singledispatchmethod
    def g(s, x): return x * 2
m = M()
def f(x): return m.g(x)
>> f(X)
>> M.__dict__['g'].register(np.ndarray, lambda s, x: x * 5)
>> f(X)

== vectorized function
g = np.vectorize(lambda v: v * k)
k = 2.0
def f(x): return g(x)
>> f(X)
>> k = 3.0
>> f(X)
>> g.pyfunc = lambda v: v * 10
>> f(X)
>> g.otypes = 'i'
>> f(X)

== frame
import inspect
def f(x): return x * len(inspect.stack()[0].function)
>> f(X)
>> f(X)

== counter in a closure of a wrapper
import functools
def counted(g):
    calls = [0]
    @functools.wraps(g)
    def wrapper(*a):
        calls[0] += 1
        return g(*a) * calls[0]
    return wrapper
@counted
def f(x): return x * 2
>> f(X)
>> f(X)
>> f(X)

== order of keyword defaults
def g(x, **kw): return x * 2 + sum(i * v for i, v in enumerate(kw.values()))
P = {'a': 1.0, 'b': 2.0}
def f(x): return g(x, **P)
>> f(X)
>> P['a'] = P.pop('a')
>> f(X)

== class made anew each call
def f(x):
    class L:
        k = 2.0
        def g(s, v): return v * s.k
    return L().g(x)
>> f(X)
>> f(X + 1)

== abstract numbers
import numbers
def f(x): return x * 2 if isinstance(k, numbers.Integral) else x * 3
k = 2
>> f(X)
>> k = 2.0
>> f(X)
>> k = np.int64(2)
>> f(X)
>> k = True
>> f(X)

== text of the environment
import os
def f(x): return x * float(os.environ.get('WENGERT_TRIED', '2'))
>> f(X)
>> os.environ['WENGERT_TRIED'] = '5'
>> f(X)
>> os.environ.pop('WENGERT_TRIED')
>> f(X)

== errors asked for outside
def f(x): return 1 / x
>> f(X + 1)
>> np.seterr(all='raise')
>> f(X)
>> f(X + 1)
>> np.seterr(all='warn')
>> f(X)

== state of the global generator
def f(x): return x * 2
>> np.random.seed(5); f(X)
>> f(X + 1)
>> np.random.rand()

== entries in another order
def f(x): return x.ravel('F'), x.T.reshape(-1) * 1
M = np.arange(6.0).reshape(2, 3)
>> f(M)
>> f(np.asfortranarray(M))
>> f(M + 1)
>> f(M[:, ::2])

== module in place of another
import sys, types
def put(k): sys.modules['wengert_tried'] = m = types.ModuleType('wengert_tried'); m.k = k
put(2.0)
def f(x):
    import wengert_tried
    from wengert_tried import k
    return x * wengert_tried.k + k
>> f(X)
>> sys.modules['wengert_tried'].k = 3.0
>> f(X)
>> put(7.0)
>> f(X)

== mixed answers of loops
def f(x):
    y = x * 1.0
    for i in range(40):
        y = y * 0.7 if y > 1 else y + 0.3
        y = y - 0.01 * y ** 3 + 1 / (y + 3)
    return y
>> f(0.3)
>> f(0.31)
>> f(5.0)
>> f(-3.0)
>> f(1e200)

== attribute of an enumeration's member
import enum
class E(enum.Enum):
    A = 1
    B = 2
E.A.scale = 2.0
def f(x, by=None): return x * (E.A if by is None else E[by]).scale, sum(getattr(e, 'scale', 1.0) for e in E)
>> f(X)
>> E.A.scale = 5.0
>> f(X)
>> E.B.scale = 7.0
>> f(X)
>> f(X, 'B')
>> E.B.scale = 8.0
>> f(X, 'B')

== attribute of a member that is an argument
import enum
class E(enum.Enum):
    A = 1
E.A.weights = [2.0, 3.0]
def f(x, e): return x * e.weights[0]
>> f(X, E.A)
>> E.A.weights[0] = 5.0
>> f(X, E.A)
>> E.A.weights = [7.0]
>> f(X, E.A)

== array in an enumeration
import enum
class E(enum.Enum):
    A = (np.arange(3.0), 2.0)
def f(x): return x * E.A.value[0] * E.A.value[1]
>> f(X)
>> E.A.value[0][1] = 50.0
>> f(X)

== methods of enumerations
import enum
k = 2.0
class Base(enum.Enum):
    def run(self, x): return x * self.value * k
class E(Base):
    A = 1.5
    def also(self, x): return x + self.value
def f(x): return E.A.run(x) + E.A.also(x)
>> f(X)
>> k = 3.0
>> f(X)
>> E.also = lambda self, x: x - self.value
>> f(X)
>> Base.run = lambda self, x: x
>> f(X)

== attribute of an enumeration
import enum
class E(enum.Enum):
    A = 1
E.scale, E.members = 2.0, [1.0]
def f(x): return x * E.scale + E.members[0]
>> f(X)
>> E.scale = 3.0
>> f(X)
>> E.members[0] = 5.0
>> f(X)

== registered with an abstract class
import abc
class Shape(abc.ABC): pass
class Below(Shape): pass
class Own: pass
class Other: pass
o = Own()
def f(x): return x * isinstance(o, Shape) + 2 * issubclass(Own, Shape) + 4 * issubclass(Other, Shape)
>> f(X)
>> Shape.register(Own)
>> f(X)
>> Below.register(Other)
>> f(X)
>> abc.ABC.register(Own)
>> f(X)

== registered with Python's abstract classes
import collections.abc, numbers, typing
from collections.abc import Sized
class Own: pass
o = Own()
def f(x):
    return x * isinstance(o, numbers.Real) + 2 * isinstance(o, collections.abc.Sequence) + 4 * isinstance(o, Sized)
def g(x): return x * isinstance(x, np.ndarray) + isinstance(o, numbers.Complex) + 2 * isinstance(o, typing.Mapping)
h = wg.jit(g)
>> f(X), h(X)
>> numbers.Real.register(Own)
>> f(X), h(X)
>> collections.abc.Sequence.register(Own)
>> f(X), h(X)
>> numbers.Complex.register(Own)
>> f(X), h(X)
>> collections.abc.Mapping.register(Own)
>> f(X), h(X)

== context of decimal numbers
import decimal
from decimal import Decimal
three = Decimal(3)
def f(x): return x * float(1 / three), x * float(Decimal(2) / 7)
>> f(X)
>> decimal.setcontext(decimal.Context(prec=3))
>> f(X)
>> decimal.getcontext().rounding = decimal.ROUND_UP
>> f(X)
>> decimal.setcontext(decimal.Context())
>> f(X)
"""


def rows() -> dict[str, tuple[str, list[str]]]:
    """The rows by name: the module, and the steps."""
    found: dict[str, tuple[str, list[str]]] = {}
    for block in TABLE.split("\n== ")[1:]:
        name, *lines = block.strip().split("\n")
        source = "\n".join([line for line in lines if not line.startswith(">> ")])
        assert name not in found
        found[name] = source, [line.removeprefix(">> ") for line in lines if line.startswith(">> ")]
    return found
