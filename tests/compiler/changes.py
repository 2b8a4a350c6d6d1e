"""Programs, and what changes between their calls.

A row is `== name | what is expected`, a module with a function f, and steps: calls, and statements that are run in the
module between them. Expected is how many recordings the calls make, or a part of the reason why the program is left to
Python.
"""

from __future__ import annotations

TABLE = """
== arguments only | 2
def f(x, y): return np.sin(x) * y
>> f(1.0, 2.0)
>> f(2.0, 3.0)
>> f(X, 2.0)
>> f(X + 1, 3.0)

== shape | 2
def f(x): return x.sum() / len(x)
>> f(X)
>> f(X[:2])
>> f(X[1:])
>> f(X * 2)

== dtype | 3
def f(x): return x * 2
>> f(X)
>> f(X.astype(np.float32))
>> f(np.arange(3))
>> f(X + 1)

== python float and scalar | 2
def f(x): return x * 2
>> f(1.5)
>> f(np.float64(1.5))
>> f(2.5)
>> f(np.float64(2.5))

== array of no axes | 2
def f(x): return x * 2, x
>> f(np.array(1.5))
>> f(np.array(2.5))
>> f(np.float64(1.0))

== static integer | 2
def f(x, n): return sum([x**i for i in range(n)])
>> f(X, 2)
>> f(X, 3)
>> f(X + 1, 2)

== integer and bool | 2
def f(x, n): return x if n is True else x * n
>> f(2.0, 1)
>> f(2.0, True)
>> f(3.0, 1)

== text argument | 3
def f(x, how='a'): return x + 1 if how == 'a' else x * 5
>> f(X)
>> f(X, how='b')
>> f(X, 'a')

== none | 3
def f(x, b=None): return x if b is None else x + b
>> f(X + 0)
>> f(X, None)
>> f(X, 2.0)

== nested arguments | 2
def f(p): return {'s': p['w'][0] * p['b'], 't': (p['w'][1],)}
>> f({'w': [X, 2.0], 'b': 3.0})
>> f({'w': [X + 1, 4.0], 'b': 5.0})
>> f({'b': 5.0, 'w': [X + 1, 4.0]})

== order of keys | 2
def f(p):
  t = 0.0
  for k in p: t = t * 2 + p[k]
  return t
>> f({'a': 1.0, 'b': 2.0})
>> f({'b': 2.0, 'a': 1.0})

== keywords | 1
def f(*a, **k): return a[0] * k['c']
>> f(X, c=2.0)
>> f(X, c=3.0)

== branch | 2
def f(x): return x * 2 if x > 0 else -x
>> f(1.0)
>> f(-1.0)
>> f(2.0)
>> f(-3.0)
>> f(0.0)

== branch on nan | 2
def f(x): return 2.0 if x > 0 else 3.0
>> f(1.0)
>> f(np.nan)
>> f(-1.0)

== branch on a sum | 3
def f(x):
  if x.sum() > 1 and x[0] < 5: return x * 2
  return x / 2
>> f(X)
>> f(-X)
>> f(X + 10)
>> f(X * 2)

== while | 3
def f(x):
  n = 0
  while x > 1:
    x, n = x / 2, n + 1
  return x, n
>> f(5.0)
>> f(6.0)
>> f(50.0)
>> f(0.5)

== loop count | 2
def f(x, k):
  for _ in range(int(k)): x = x * 2
  return x
>> f(X, 2.0)
>> f(X, 3.0)
>> f(X + 1, 2.0)
>> f(X, 2.5)

== argmax as an index | 1
def f(x): return x[x.argmax()] * 2
>> f(X)
>> f(-X)
>> f(X[::-1])

== mask | 3
def f(x): return x[x > 1].sum()
>> f(X)
>> f(X + 0.5)
>> f(X + 1)
>> f(-X)

== integer array argument | 1
def f(x, i): return x[i] * 2
>> f(X, np.array([0, 1]))
>> f(X, np.array([2, 2]))

== nonzero | 2
def f(x): return np.nonzero(x)[0] + x.sum()
>> f(X)
>> f(X + 1)
>> f(X * 2)

== assertion | 1
def f(x):
  assert (x > 0).all()
  return np.log(x)
>> f(X + 1)
>> f(X + 2)

== isclose | 2
def f(x): return x if np.allclose(x, 1) else x * 2
>> f(X)
>> f(np.ones(3))
>> f(X + 1)

== where | 1
def f(x): return np.where(x > 1, x, -x)
>> f(X)
>> f(-X)
>> f(X + 1)

== global number | 3
s = 2.0
def f(x): return x * s
>> f(X)
>> s = 3.0
>> f(X)
>> s = 2.0
>> f(X)
>> s = 2
>> f(X)

== sign of zero | 2
s = 0.0
def f(x): return np.copysign(x, s)
>> f(X)
>> s = -0.0
>> f(X)

== global nan | 1
s = float('nan')
def f(x): return x if s > 0 else x * 2
>> f(X)
>> s = float('nan')
>> f(X)

== global array in place | 1
A = np.ones(3)
def f(x): return x * A
>> f(X)
>> A[0] = 5.0
>> f(X)
>> A *= 2
>> f(X)

== global array bound anew | 2
A = np.ones(3)
def f(x): return x @ A
>> f(X)
>> A = np.arange(3.0)
>> f(X)
>> A = np.ones(3, np.float32)
>> f(X)

== global array of another shape | 3
A = np.ones((2, 3))
def f(x): return A @ x
>> f(X)
>> A = np.ones((4, 3))
>> f(X)
>> A = 2.0
>> A = np.ones(3)
>> f(X)

== what is computed of a global array | 1
A = np.ones((2, 3))
def f(x): return A.T @ (A @ x) * np.linalg.norm(A)
>> f(X)
>> A[0, 1] = 7.0
>> f(X)

== shape of an unused array | 2
A = np.ones((2, 3))
def f(x): return x * A.shape[0]
>> f(X)
>> A[0] = 5
>> f(X)
>> A = np.ones((4, 3))
>> f(X)

== branch on a global array | 2
A = np.ones(3)
def f(x): return x if A[0] > 0 else -2 * x
>> f(X + 0)
>> A[0] = -1
>> f(X + 0)
>> A[0] = 1
>> f(X + 0)

== global index array | 1
i = np.array([0, 2])
def f(x): return x[i] * 2
>> f(X)
>> i[0] = 1
>> f(X)
>> i = np.array([1, 1])
>> f(X)

== global mask | 2
m = np.array([True, False, True])
def f(x): return x[m]
>> f(X)
>> m[1] = True
>> f(X)
>> m[1] = False
>> f(X)

== global integers | 2
n = 2
def f(x):
  for _ in range(n): x = x * 2
  return x
>> f(X)
>> n = 3
>> f(X)

== global goes and comes | 2
def f(x): return abs(x) * 2
>> f(-X)
>> abs = np.sin
>> f(-X)
>> del abs
>> f(-X)

== helper bound anew | 3
def g(x): return x * 2
def f(x): return g(x) + 1
>> f(X)
>> g = np.sin
>> f(X)
>> g = lambda x: x * 5
>> f(X)

== helper's global | 2
c = 1.0
def h(x): return x * c
def g(x): return h(x)
def f(x): return g(x) + 1
>> f(X)
>> c = 4.0
>> f(X)

== helper's code | 2
def g(x): return x * 2
def f(x): return g(x)
>> f(X)
>> g.__code__ = (lambda x: x * 7).__code__
>> f(X)

== default argument | 2
def g(x, k=2.0): return x * k
def f(x): return g(x)
>> f(X)
>> g.__defaults__ = (3.0,)
>> f(X)

== own default argument | 2
def f(x, k=2.0): return x * k
>> f(X)
>> __import__('gc'); f.__defaults__
>> f(X, 4.0)

== keyword default | 3
def g(x, *, k=2.0): return x * k
def f(x): return g(x)
>> f(X)
>> g.__kwdefaults__['k'] = 3.0
>> f(X)
>> g.__kwdefaults__ = {'k': 4.0}
>> f(X)

== default array | 1
def g(x, k=np.ones(3)): return x * k
def f(x): return g(x)
>> f(X)
>> g.__defaults__[0][:] = 3.0
>> f(X)

== default list | 2
def g(x, k=[2.0]): return x * k[0]
def f(x): return g(x)
>> f(X)
>> g.__defaults__[0][0] = 3.0
>> f(X)

== closure | 2
def make():
  c = 2.0
  def f(x): return x * c
  def put(v):
    nonlocal c
    c = v
  return f, put
f, put = make()
>> f(X)
>> put(5.0)
>> f(X)
>> put(2.0)
>> f(X)

== closure over an array | 2
def make():
  c = np.ones(3)
  def f(x): return x * c
  def put(v):
    nonlocal c
    c = v
  return f, put, c
f, put, c = make()
>> f(X)
>> c[1] = 9.0
>> f(X)
>> put(np.arange(3.0))
>> f(X)
>> put(3.0)
>> f(X)

== closure over a function | 2
def make(g): return lambda x: g(x) + 1
k = 2.0
f = make(lambda x: x * k)
>> f(X)
>> k = 3.0
>> f(X)

== attribute | 2
class M: pass
m = M(); m.a = 2.0; m.b = 1.0
def f(x): return x * m.a
>> f(X)
>> m.b = 7.0
>> f(X)
>> m.a = 3.0
>> f(X)

== attribute array | 1
class M: pass
m = M(); m.w = np.ones(3)
def f(x): return x @ m.w
>> f(X)
>> m.w += 1
>> f(X)
>> m.w = np.arange(3.0)
>> f(X)

== attribute hides that of the class | 3
class M: a = 2.0
m = M()
def f(x): return x * m.a
>> f(X)
>> m.a = 3.0
>> f(X)
>> del m.a
>> f(X)
>> M.a = 5.0
>> f(X)

== object bound anew | 2
class M:
  def __init__(s, a): s.a = a
  def __call__(s, x): return s.a * x
m = M(2.0)
def f(x): return m(x)
>> f(X)
>> m = M(3.0)
>> f(X)

== object's dictionary | 2
class M: pass
m = M(); m.a = 2.0
def f(x): return x * m.a
>> f(X)
>> m.__dict__ = {'a': 4.0}
>> f(X)

== object's class | 2
class M:
  def g(s, x): return x
class N(M):
  def g(s, x): return 2 * x
m = M()
def f(x): return m.g(x) + 1
>> f(X)
>> m.__class__ = N
>> f(X)

== method bound anew | 2
class M:
  def g(s, x): return x * 2
m = M()
def f(x): return m.g(x)
>> f(X)
>> M.g = lambda s, x: x * 3
>> f(X)

== method added | 2
class A:
  def g(s, x): return x * 2
class B(A): pass
m = B()
def f(x): return m.g(x)
>> f(X)
>> B.g = lambda s, x: x * 3
>> f(X)

== super | 2
class A:
  k = 2.0
  def g(s, x): return x * s.k
class B(A):
  def g(s, x): return super().g(x) + 1
m = B()
def f(x): return m.g(x)
>> f(X)
>> A.g = lambda s, x: x * 3
>> f(X)
>> A.k = 9.0
>> f(X)

== property | 2
class A:
  def __init__(s): s.w = np.ones(3)
  @property
  def v(s): return s.w * k
k = 2.0
m = A()
def f(x): return x @ m.v
>> f(X)
>> m.w[0] = 8
>> f(X)
>> k = 3.0
>> f(X)

== static and class methods | 3
class A:
  c = 3.0
  @staticmethod
  def g(x): return x * k
  @classmethod
  def h(cls, x): return x * cls.c
k = 2.0
def f(x): return A.g(x) + A.h(x)
>> f(X)
>> k = 5.0
>> f(X)
>> A.c = 1.0
>> f(X)

== slots | 2
class A:
  __slots__ = ('w', 'k', 'u')
m = A(); m.w = np.ones(3); m.k = 2.0
def f(x): return x @ m.w * m.k
>> f(X)
>> m.w[0] = 8
>> f(X)
>> m.k = 3.0
>> f(X)
>> m.u = 1
>> f(X)

== class array | 1
class A: w = np.ones(3)
def f(x): return x @ A.w
>> f(X)
>> A.w[0] = 8
>> f(X)
>> A.w = np.zeros(3)
>> f(X)

== bound method | 2
class M:
  def __init__(s): s.a = 2.0
  def g(s, x): return x * s.a
m = M()
f = m.g
>> f(X)
>> m.a = 4.0
>> f(X)

== callable object | 1
class M:
  def __init__(s): s.a = np.ones(3)
  def __call__(s, x): return x * s.a
f = M()
m = f
>> f(X)
>> m.a[1] = 4.0
>> f(X)

== partial | 2
import functools
A = np.ones(3)
def g(a, x, k=1.0): return a * x * k
f = functools.partial(g, A, k=2.0)
p = f
>> f(X)
>> A[0] = 3.0
>> f(X)
>> p.keywords['k'] = 5.0
>> f(X)

== generic class | 2
from typing import Generic, TypeVar
T = TypeVar("T")
class M(Generic[T]):
    def __init__(s, k): s.k = k
    def g(s, x: T) -> T: return x * s.k
m = M(2.0)
def f(x): return m.g(x)
>> f(X)
>> m.k = 3.0
>> f(X)

== options of a script | 2
import argparse
o = argparse.Namespace(rate=0.5, name="a", w=np.ones(3))
def f(x): return x * o.rate * o.w
>> f(X)
>> o.w[0] = 4.0
>> f(X)
>> o.rate = 0.25
>> f(X)

== queue and counter | 3
from collections import Counter, deque
Q, C = deque([np.ones(3), 2.0], maxlen=4), Counter("aab")
def f(x): return x * Q[0] * Q[-1] * C["a"]
>> f(X)
>> Q[0][1] = 4.0
>> f(X)
>> Q.append(5.0)
>> f(X)
>> C.update("a")
>> f(X)

== queue that is filled | writes into Q
from collections import deque
Q = deque([], maxlen=4)
def f(x):
    Q.append(1.0)
    return x * len(Q)
>> f(X)
>> f(X)

== getter of an attribute | 2
import operator
get = operator.attrgetter("k")
class M: k = 1.0
L = [M(), M()]
def f(x): return x * sum(map(get, L))
>> f(X)
>> L[1].k = 5.0
>> f(X)

== layers | 3
class L:
  def __init__(s, n): s.w = np.full((3, 3), 0.1 * n)
  def __call__(s, x): return np.tanh(s.w @ x)
layers = [L(1), L(2)]
def f(x):
  for layer in layers: x = layer(x)
  return x
>> f(X)
>> layers[1].w[:] = 0.5
>> f(X)
>> layers.append(L(3))
>> f(X)
>> layers[0] = L(9)
>> f(X)

== list of arrays | 2
W = [np.ones(3), np.ones(3)]
def f(x): return sum([x * w for w in W])
>> f(X)
>> W[0][1] = 5
>> f(X)
>> W[1] = np.arange(3.0)
>> f(X)
>> W.append(np.ones(3))
>> f(X)
>> del W[0]
>> f(X)

== list of numbers | 3
c = [1.0, 2.0]
def f(x): return np.polyval(c, x)
>> f(X)
>> c[0] = 3.0
>> f(X)
>> c.append(1.0)
>> f(X)
>> c.pop(); c[0] = 1.0
>> f(X)

== array of a list | 1
W = [np.ones(3), np.ones(3)]
def f(x): return np.array(W) @ x
>> f(X)
>> W[0][1] = 5
>> f(X)

== dictionary | 3
P = {'w': np.ones(3), 'k': 2.0}
def f(x): return x * P['w'] * P['k']
>> f(X)
>> P['w'][0] = 4
>> f(X)
>> P['w'] = np.zeros(3)
>> f(X)
>> P['k'] = 3.0
>> f(X)
>> P['z'] = 1
>> f(X)

== loop over a dictionary | 3
P = {'a': 1.0, 'b': 2.0}
def f(x):
  for k in P: x = x * 2 + P[k]
  return x
>> f(X)
>> P['a'] = P.pop('a')
>> f(X)
>> P['c'] = 1.0
>> f(X)

== nested containers | 2
P = {'l': [{'w': np.ones(3)}, (np.ones(3), 2.0)]}
def f(x): return x * P['l'][0]['w'] * P['l'][1][0] * P['l'][1][1]
>> f(X)
>> P['l'][0]['w'][0] = 3
>> f(X)
>> P['l'][1][0][1] = 5
>> f(X)
>> P['l'][1] = (np.ones(3), 3.0)
>> f(X)

== namespace | 2
from types import SimpleNamespace
P = SimpleNamespace(w=np.ones(3), k=2.0)
def f(x): return x * P.w * P.k
>> f(X)
>> P.w[0] = 4
>> f(X)
>> P.k = 1.0
>> f(X)

== namedtuple | 2
from collections import namedtuple
T = namedtuple('T', 'w k')
P = T(np.ones(3), 2.0)
def f(x): return T(x * P.w, P.k)
>> f(X)
>> P.w[0] = 4
>> f(X)
>> P = T(np.ones(3), 3.0)
>> f(X)

== dataclass | 2
import dataclasses
@dataclasses.dataclass
class P:
  w: object
  k: float = 2.0
p = P(np.ones(3))
def f(x): return P(x * p.w, p.k)
>> f(X)
>> p.w[0] = 4
>> f(X)
>> p.k = 1.0
>> f(X)

== dataclass argument | 2
import dataclasses
c = 2.0
@dataclasses.dataclass
class P:
  w: object
  k: float = 2.0
  def g(s, x): return s.w * s.k * x * c
def f(p, x): return p.g(x)
>> f(P(np.ones(3)), X)
>> f(P(np.zeros(3), 3.0), X)
>> c = 3.0
>> f(P(np.ones(3)), X)

== object argument | 2
class M:
  def __init__(s): s.w = np.ones(3)
m = M()
def f(m, x): return m.w * x
>> f(m, X)
>> m.w[0] = 5
>> f(m, X)
>> f(M(), X)

== function argument | 3
k = 2.0
def g(x): return x * k
def f(g, x): return g(x) + 1
>> f(g, X)
>> k = 3.0
>> f(g, X)
>> f(np.sin, X)

== enumeration | 2
import enum
class E(enum.Enum):
  A = 1
  B = 2
mode = E.A
def f(x): return x * 2 if mode is E.A else x * 3
>> f(X)
>> mode = E.B
>> f(X)

== set | 2
on = {'a'}
def f(x): return x * 2 if 'b' in on else x * 3
>> f(X)
>> on.add('b')
>> f(X)

== module | 2
import types
m = types.ModuleType('m'); m.k = 2.0; m.A = np.ones(3)
def f(x): return x * m.k * m.A
>> f(X)
>> m.A[0] = 3
>> f(X)
>> m.k = 3.0
>> f(X)
>> m.A = np.zeros(3)
>> f(X)

== module's function | 3
import types
m = types.ModuleType('m')
exec('k = 2.0; g = lambda x: x * k', m.__dict__)
def f(x): return m.g(x)
>> f(X)
>> m.k = 5.0
>> f(X)
>> m.g = np.cos
>> f(X)

== another numpy | 2
import math
np_ = np
np2 = np
def f(x): return np2.sin(x)
>> f(X)
>> import types; np2 = types.SimpleNamespace(sin=np.cos)
>> f(X)

== function's attribute that is missing | 2
def g(x): return x
def f(x):
    try: return g(x) * g.k
    except AttributeError: return x * 7
>> f(X)
>> g.k = 3.0
>> f(X)

== function's attribute | 2
def g(x): return x * g.k
g.k = 2.0
def f(x): return g(x)
>> f(X)
>> g.k = 3.0
>> f(X)

== dispatch | 2
import functools
@functools.singledispatch
def g(x): return x * 2
def f(x): return g(x)
>> f(X)
>> g.register(np.ndarray, lambda x: x * 5)
>> f(X)

== cached function | 1
import functools
@functools.lru_cache
def n(k): return k * c
c = 2
def f(x): return x * n(3)
>> f(X)
>> f(X + 1)

== mathematics | 1
import math
def f(x): return math.sin(x) + math.sqrt(x)
>> f(1.0)
>> f(2.0)

== float | 1
def f(x): return float(x[0]) * 2
>> f(X)
>> f(X + 1)

== list building | 1
def f(x): return np.array([x[0], x[1] * 2, 1.0])
>> f(X)
>> f(X + 1)

== writing into its own | 1
def f(x):
  y = np.zeros(3)
  y[1:] = x[:2]
  y *= 2
  return y
>> f(X)
>> f(X + 1)

== comprehension and closure | 1
def f(x):
  c = x.sum()
  g = lambda y: y * c
  return [g(v) for v in x]
>> f(X)
>> f(X + 1)

== recursion | 3
def f(x): return x if np.sum(x) > 100 else f(x * 2)
>> f(X + 1)
>> f(X + 2)
>> f(X + 30)

== generator | 1
def g(x):
  for v in x: yield v * 2
def f(x): return sum(g(x))
>> f(X)
>> f(X + 1)

== context manager | 2
import contextlib
k = 2.0
@contextlib.contextmanager
def scaled(x): yield x * k
def f(x):
  with scaled(x) as y: return y
>> f(X)
>> k = 3.0
>> f(X)

== exception | 1
def f(x):
  try: return {}['a']
  except KeyError: return x * 2
>> f(X)
>> f(X + 1)

== import inside | 1
def f(x):
  import numpy as n
  from math import pi
  return n.sin(x) * pi
>> f(X)
>> f(X + 1)

== constant result | 1
def f(x): return 3.0, 'a', None, np.arange(3)
>> f(X)
>> f(X)[3].__setitem__(0, 9)
>> f(X)

== gradient | 1
A = np.ones((3, 3))
def loss(x): return np.sum(np.tanh(A @ x) ** 2)
f = wg.value_and_grad(loss)
>> f(X)
>> A[0, 1] = 5
>> f(X)
>> f(-X)

== gradient inside | 2
k = 2.0
def f(x): return wg.grad(lambda y: np.sum(y**3) * k)(x)
>> f(X)
>> k = 3.0
>> f(X)

== gradient of a branch | 2
def loss(x): return x**2 if x > 0 else x**3
f = wg.grad(loss)
>> f(2.0)
>> f(-2.0)
>> f(3.0)

== hessian | 1
def loss(x): return np.sum(x**4) + x[0] * x[1]
f = wg.hessian(loss)
>> f(X)
>> f(X + 1)

== batch | 2
A = np.ones((3, 3))
f = wg.vmap(lambda x: np.tanh(A @ x))
>> f(np.ones((4, 3)))
>> A[0] = 2
>> f(np.ones((4, 3)))
>> f(np.ones((5, 3)))

== batch of gradients | 1
f = wg.vmap(wg.grad(lambda x: np.sum(x**3)))
>> f(np.ones((4, 3)))
>> f(np.arange(12.0).reshape(4, 3))

== forward mode | 1
f = lambda x: wg.jvp(lambda y: y**2, (x,), (np.ones(3),))
>> f(X)
>> f(X + 1)

== jacobian | 1
A = np.ones((2, 3))
f = wg.jacobian(lambda x: np.sin(A @ x))
>> f(X)
>> A[0] = 2
>> f(X)

== rule of the user's | 2
k = 2.0
@wg.custom_rule
def g(x): return x * x
@g.vjp
def _(out, args, c): return (c * args[0] * k,)
def f(x): return wg.grad(lambda y: np.sum(g(y)))(x)
>> f(X)
>> k = 5.0
>> f(X)

== solve | 1
A = np.eye(3) * 3
def f(x): return np.linalg.solve(A, x)
>> f(X)
>> A[0, 1] = 1
>> f(X)

== value that does not depend | 2
k = 2.0
f = lambda x: wg.value_and_grad(lambda y: np.sum(x) * k)(1.0)
>> f(X)
>> f(X + 1)
>> k = 3.0
>> f(X)

== auxiliary object | 2
class M:
  def __init__(s, v): s.v = v
  def g(s): return s.v * k
k = 2.0
def loss(x): return np.sum(x**2), M(7.0)
def f(x):
  g, m = wg.grad(loss, has_aux=True)(x)
  return g + m.g()
>> f(X)
>> k = 3.0
>> f(X)

== jit inside | 2
from wengert.api.jit import jit
k = 2.0
g = jit(lambda x: x * k)
def f(x): return g(x) + g(2.0)
>> g(2.0)
>> f(X)
>> k = 3.0
>> f(X)

== frozen distribution | 2
from scipy import stats
d = stats.norm(0.5, 2.0)
def f(x): return d.logpdf(x)
>> f(X)
>> f(X + 1)
>> d = stats.norm(0.5, 3.0)
>> f(X)

== function of scipy | 1
from scipy.special import expit
from scipy import linalg
A = np.eye(3) * 2
def f(x): return linalg.solve(A, expit(x))
>> f(X)
>> A[0, 1] = 1
>> f(X)

== spline | s, an object
from scipy.interpolate import CubicSpline
s = CubicSpline(np.arange(4.0), np.ones(4))
def f(x): return x * s(1.5)
>> f(X)
>> s.c[:] = 2
>> f(X)

== polynomial object | p, an object
p = np.poly1d([1.0, 2.0])
def f(x): return x * p(2.0)
>> f(X)
>> p.coeffs[0] = 5
>> f(X)

== sparse matrix | S, an object
from scipy import sparse
S = sparse.eye(3, format='csr')
def f(x): return x * (S @ np.ones(3))
>> f(X)
>> S.data[0] = 5
>> f(X)

== method of a list | pop, an object
L = [1.0]
pop = L.copy
def f(x): return x * sum(pop())
>> f(X)
>> L.append(2.0)
>> f(X)

== pullback kept | 1
y, back = wg.vjp(np.sin, np.arange(3.0))
def f(x): return back(x)[0]
>> f(X)
>> f(X + 1)

== print | print
def f(x):
  print(x)
  return x * 2
>> f(X)

== global statement | global variable n
n = 0
def f(x):
  global n
  n = n + 1
  return x * n
>> f(X)
>> f(X)

== nonlocal statement | enclosing function
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

== append | writes into seen
seen = []
def f(x):
  seen.append(1)
  return x * len(seen)
>> f(X)
>> f(X)
>> f(X)

== dictionary write | writes into seen
seen = {}
def f(x):
  seen['n'] = seen.get('n', 0) + 1
  return x * seen['n']
>> f(X)
>> f(X)

== attribute write | writes into m
class M: n = 0
m = M()
def f(x):
  m.n += 1
  return x * m.n
>> f(X)
>> f(X)

== class attribute write | writes into the class M
class M: n = 0
def f(x):
  M.n += 1
  return x * M.n
>> f(X)
>> f(X)

== method write | writes into
class M:
  def __init__(s): s.n = 0
  def g(s, x):
    s.n += 1
    return x * s.n
m = M()
f = m.g
>> f(X)
>> f(X)

== slot write | writes into m
class M: __slots__ = ('n',)
m = M(); m.n = 0
def f(x):
  m.n += 1
  return x * m.n
>> f(X)
>> f(X)

== array write | writes into A
A = np.zeros(3)
def f(x):
  A[0] += 1
  return x * A
>> f(X)
>> f(X)

== array update | writes into A
A = np.zeros(3)
def f(x):
  B = A
  B += 1
  return x * A
>> f(X)
>> f(X)

== array view write | writes into A
A = np.zeros(3)
def f(x):
  A[1:][0] = 4.0
  return x * A
>> f(X)
>> f(X)

== argument write | writes into argument
Y = np.zeros(3)
def f(y):
  y[0] += 1
  return y * 2
>> f(Y)
>> f(Y)

== argument list write | argument
Y = [1.0]
def f(y):
  y.append(2.0)
  return sum(y)
>> f(Y)
>> f(Y)

== module write | m.n
import types
m = types.ModuleType('m'); m.n = 0
def f(x):
  m.n += 1
  return x * m.n
>> f(X)
>> f(X)

== function attribute write | writes into f
def f(x):
  f.n += 1
  return x * f.n
f.n = 0
>> f(X)
>> f(X)

== cached property | 1
import functools
class M:
  @functools.cached_property
  def w(s): return np.ones(3)
m = M()
def f(x): return x * m.w
>> m.w
>> f(X)
>> f(X + 1)

== cached property at first | writes into m
import functools
class M:
  @functools.cached_property
  def w(s): return np.ones(3)
m = M()
def f(x): return x * m.w
>> f(X)

== random numbers | random
def f(x):
  np.random.seed(0)
  return x * np.random.rand()
>> f(X)
>> f(X)

== generator of its own | random
def f(x): return x * np.random.default_rng(0).normal(size=3)
>> f(X)
>> f(X)

== global generator | rng
rng = np.random.default_rng(0)
def f(x): return x * rng.normal()
>> f(X)
>> f(X)

== generator in an object | rng
class M:
  def __init__(s): s.rng = np.random.default_rng(0); s.k = 2.0
m = M()
def f(x): return x * m.rng.normal()
>> f(X)
>> f(X)

== unused generator | 1
class M:
  def __init__(s): s.rng = np.random.default_rng(0); s.k = 2.0
m = M()
def f(x): return x * m.k
>> f(X)
>> f(X + 1)

== draws of a distribution | draws random numbers
from scipy import stats
def f(x): return x * 0 * stats.norm.rvs(size=3)
>> f(X)
>> f(X)

== draws of a frozen distribution | draws random numbers
from scipy import stats
d = stats.norm(0.0, 1.0)
def f(x): return x * 0 * d.rvs(size=3)
>> f(X)
>> f(X)

== minimum inside | 2
from scipy.optimize import minimize
A = np.ones(1)
def f(x): return x * minimize(lambda t: (t[0] - A[0]) ** 2, [0.0]).x
>> f(X)
>> f(X + 1)
>> A[0] = 2.0
>> f(X)

== functions of scipy's packages | 1
import scipy.fft
from scipy.signal import convolve
from scipy.spatial.distance import cdist
A = np.ones((2, 3))
def f(x): return scipy.fft.rfft(convolve(x, A[0])), cdist(A, x[None]), scipy.special.erf(x)
>> f(X)
>> A[0, 1] = 3.0
>> f(X)

== python's random | random
import random
def f(x):
  random.seed(1)
  return x * random.random()
>> f(X)
>> f(X)

== clock | time
import time
def f(x): return x * (time.time() > 0)
>> f(X)

== environment | os
import os
def f(x): return x if 'HOME' in os.environ else x
>> f(X)

== refusal that is caught | time
import time
def f(x):
  try: return x * time.time() * 0
  except Exception: return x
>> f(X)

== error of ours that is caught | catches UnsupportedError
def f(x):
  try: many = np.histogram(x, bins=2)[0][0]
  except Exception: many = 1
  return np.sum(x) * many
>> f(X[:2])
>> f(X)
>> f(X * 2)

== globals | globals
k = 2.0
def f(x): return x * globals()['k']
>> f(X)
>> k = 3.0
>> f(X)

== eval | eval
k = 2.0
def f(x): return x * eval('k')
>> f(X)
>> k = 3.0
>> f(X)

== iterator | it
it = iter([1.0, 2.0, 3.0])
def f(x): return x * next(it)
>> f(X)
>> f(X)

== text of a value | text
def f(x): return x * len(f'{x:.3f}')
>> f(2.0)
>> f(20.0)

== list returned | not its own
L = [1.0]
def f(x): return L
>> f(X) is L
>> f(X)

== argument list returned | not its own
def f(p): return p
>> f([X])

== order in memory | lies in memory
A = np.asfortranarray(np.arange(6.0).reshape(2, 3))
def f(x): return A.ravel(order="K") + x[0]
>> f(X)

== argument's order in memory | lies in memory
def f(x): return x.ravel(order="K") * 2
>> f(np.arange(6.0).reshape(3, 2).T)
>> f(np.arange(6.0).reshape(3, 2).T)

== order that makes no difference | 1
A = np.arange(6.0).reshape(2, 3)
def f(x): return A @ x.T
>> f(np.ones((2, 3)))
>> A = np.asfortranarray(A)
>> f(np.ones((3, 2)).T)

== order that makes one | 2
A = np.arange(6.0).reshape(2, 3)
def f(x): return A.ravel(order="A") + x[0]
>> f(X)
>> f(X + 1)
>> A = np.arange(3.0)[None]
>> f(X)

== matched attributes | 2
class P:
    __match_args__ = ("k",)
    def __init__(s): s.k = 2.0
p = P()
def f(x):
    match p:
        case P(k=2.0): return x * 2
        case _: return x * 3
>> f(X)
>> p.k = 5.0
>> f(X)

== attribute by its text | 2
class M: k = 2.0
m = M()
def f(x): return x * float("{0.k}".format(m))
>> f(X)
>> m.k = 3.0
>> f(X)

== attribute that may be missing | 3
class M: pass
m = M()
def f(x): return x * getattr(m, "k", 1.0)
>> f(X)
>> m.k = 3.0
>> f(X)
>> m.other = 1
>> f(X)

== attribute that is missed | 2
class M: pass
m = M()
def f(x):
    try: return x * m.k
    except AttributeError: return x
>> f(X + 0)
>> m.k = 3.0
>> f(X)

== attributes as a dictionary | 2
class M: pass
m = M(); m.a = 1.0
def f(x): return x * sum(vars(m).values())
>> f(X)
>> m.b = 3.0
>> f(X)

== table of functions | 3
G = {"a": lambda x: x * 2, "b": np.cos}
def f(x): return G["a"](x) + G["b"](x)
>> f(X)
>> G["a"] = np.sin
>> f(X)
>> G["b"] = lambda x: x * len(x)
>> f(X)

== closure of a closure | 2
def make():
    k = 2.0
    def g(x): return x * k
    def put(v):
        nonlocal k
        k = v
    return (lambda x: g(x) + 1), put
f, put = make()
>> f(X)
>> put(3.0)
>> f(X)

== list in a tuple | 2
T = ([2.0], np.ones(3))
def f(x): return x * T[0][0] * T[1]
>> f(X)
>> T[1][0] = 4
>> f(X)
>> T[0][0] = 3.0
>> f(X)

== default dictionary | 2
def g(x, o={"k": 2.0}): return x * o["k"]
def f(x): return g(x)
>> f(X)
>> g.__defaults__[0]["k"] = 3.0
>> f(X)

== view of another array | 1
A = np.arange(6.0)
B = A[1:4]
def f(x): return x * B
>> f(X)
>> A[2] = 9.0
>> f(X)

== array that becomes a list | 2
A = np.ones(3)
def f(x): return x * np.asarray(A)
>> f(X)
>> A = [1.0, 2.0, 3.0]
>> f(X)

== array of no axes outside | 1
A = np.array(2.0)
def f(x): return x * A
>> f(X)
>> A[...] = 3.0
>> f(X)

== length from an array | 2
n = np.array([2])
def f(x): return np.zeros(n[0]) + x[0]
>> f(X)
>> n[0] = 3
>> f(X)

== flag | 2
on = True
def f(x): return x * 2 if on else x * 3
>> f(X)
>> on = False
>> f(X)
>> on = True
>> f(X)

== decorator | 2
import functools
k = 2.0
def scaled(g):
    @functools.wraps(g)
    def h(*a, **o): return g(*a, **o) * k
    return h
@scaled
def f(x): return x + 1
>> f(X)
>> k = 3.0
>> f(X)

== object that holds itself | 2
class M: pass
m = M(); m.me = m; m.k = 2.0; D = {"m": m}; D["me"] = D
def f(x): return x * m.me.me.k * D["me"]["m"].k
>> f(X)
>> m.k = 3.0
>> f(X)

== two names of a list | 2
L = [np.ones(3)]
K = L
def f(x): return x * len(L) * L[-1]
>> f(X)
>> K.append(np.ones(3) * 2)
>> f(X)

== truth of a list | 2
L = []
def f(x): return x * 2 if L else x * 3
>> f(X)
>> L.append(0)
>> f(X)

== key in a dictionary | 2
P = {}
def f(x): return x * 2 if "k" in P else x * 3
>> f(X)
>> P["k"] = 0
>> f(X)

== number in a list | 2
L = [1.0, 2.0]
def f(x): return x * 2 if 2.0 in L else x * 3
>> f(X)
>> L[1] = 3.0
>> f(X)

== class bound anew | 2
class M:
    def g(s, x): return x * 2
def f(x): return M().g(x)
>> f(X)
>> M = type("M", (), {"g": lambda s, x: x * 5})
>> f(X)

== made in the program | 2
class M:
    k = 2.0
    def __init__(s, x): s.x = x; s.seen = []
    def g(s):
        s.seen.append(1)
        s.x = s.x * s.k
        return s.x * len(s.seen)
def f(x):
    m = M(x)
    m.g()
    return m.g()
>> f(X)
>> f(X + 1)
>> M.k = 3.0
>> f(X)

== own nonlocal variable | 1
def f(x):
    n = 0
    def g(y):
        nonlocal n
        n += 1
        return y * n
    return g(x) + g(x)
>> f(X)
>> f(X + 1)

== scalars of numpy | 3
a, b = np.float32(2.0), np.int64(3)
def f(x): return x * a * b
>> f(X)
>> b = np.int64(4)
>> f(X)
>> a = 2.0
>> f(X)

== numbers of other kinds | 3
from fractions import Fraction
r, q, c = range(3), Fraction(1, 2), 1 + 2j
def f(x): return sum([x * i for i in r]) * float(q) * c
>> f(X)
>> r = range(2)
>> f(X)
>> c = 2 + 2j
>> f(X)

== slice outside | 2
part = slice(0, 2)
def f(x): return x[part]
>> f(X)
>> part = slice(1, 3)
>> f(X)

== record with methods | 2
from typing import NamedTuple
k = 2.0
class P(NamedTuple):
    w: object
    b: float = 1.0
    def moved(s, x): return P(s.w * x * k, s.b)
p = P(np.ones(3))
def f(x): return p.moved(x), [p.moved(x)._replace(b=2.0)]
>> f(X)
>> p.w[0] = 4
>> f(X)
>> k = 3.0
>> f(X)

== frozen dataclass with slots | 2
import dataclasses
@dataclasses.dataclass(frozen=True, slots=True)
class P:
    w: object
    k: float = 2.0
    def moved(s, x): return dataclasses.replace(s, w=s.w * x * s.k)
p = P(np.ones(3))
def f(x): return p.moved(x)
>> f(X)
>> p.w[0] = 4
>> f(X)
>> p = P(np.ones(3), 3.0)
>> f(X)

== own exception | 2
class BadError(Exception): pass
def g(x):
    if x.sum() > 10: raise BadError
    return x
def f(x):
    try: return g(x) * 2
    except BadError: return x * 3
>> f(X)
>> f(X + 10)
>> f(X + 1)

== iteration to a tolerance | 3
tol = 1e-3
def f(x):
    y = x
    for _ in range(50):
        z = (y + x / y) / 2
        if np.max(np.abs(z - y)) < tol: break
        y = z
    return z
>> f(X + 1)
>> f(X + 1.001)
>> tol = 1e-9
>> f(X + 1)
>> f(X + 100)

== copies written into | 1
A = np.ones(3)
def f(x):
    B = A.copy()
    B[0] = x[0]
    C = np.array(A)
    C += x
    D = A * 1
    D.sort()
    np.add.at(C, [0, 0], 1.0)
    np.multiply(C, 2, out=C)
    return B + C + D
>> f(X)
>> A[1] = -5.0
>> f(X)

== same array twice in the result | 1
def f(x):
    y = x * 2
    return [y, y], x, x
>> f(X)[0][0].__setitem__(0, 5.0)
>> f(X)

== numpy's error state | 1
def f(x):
    with np.errstate(divide="ignore"):
        return 1 / (x + 1)
>> f(X)
>> f(X + 1)

== division of numbers | 2
def f(x, y): return x / y if y else x
>> f(1.0, 2.0)
>> f(1.0, 0.0)
>> f(3.0, 4.0)

== rounding | 2
def f(x): return x * round(x)
>> f(2.4)
>> f(2.6)
>> f(2.3)

== floor of a number | 2
import math
def f(x): return x * math.floor(x) if not math.isnan(x) else 0.0
>> f(2.4)
>> f(2.6)
>> f(3.3)

== eigenvalues that become complex | 2
f = np.linalg.eigvals
>> f(np.array([[2.0, 1.0], [0.5, 1.0]]))
>> f(np.array([[0.0, 1.0], [-1.0, 0.0]]))
>> f(np.array([[3.0, 1.0], [0.5, 1.0]]))

== pseudoinverse | 1 and content of a float
f = np.linalg.pinv
>> f(np.array([[2.0, 1.0], [0.5, 1.0], [1.0, 1.0]]))
>> f(np.array([[3.0, 1.0], [0.5, 1.0], [1.0, 1.0]]))
>> f(np.array([[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]))

== least squares | 1
f = lambda a: np.linalg.lstsq(a, np.ones(3), rcond=None)[:2]
>> f(np.array([[2.0, 1.0], [0.5, 1.0], [1.0, 1.0]]))
>> f(np.array([[3.0, 1.0], [0.5, 1.0], [1.0, 1.0]]))

== rank | 1
f = lambda a: np.linalg.matrix_rank(a) * a
>> f(np.array([[2.0, 1.0], [0.5, 1.0]]))
>> f(np.array([[1.0, 1.0], [1.0, 1.0]]))

== condition number | 1 and UndefinedDerivativeError
f = wg.grad(np.linalg.cond)
>> f(np.array([[2.0, 1.0], [0.5, 1.0]]))
>> f(np.array([[3.0, 1.0], [0.5, 1.0]]))
>> f(np.array([[1.0, 1.0], [1.0, 1.0]]))

== entry by entry | 1 and OutputError
g = lambda x: x**2 * (x[0] if x[0] > 0 else 1.0)
f = wg.elementwise_grad(lambda x: g(x))
>> f(-X - 1)
>> f(X + 1)
>> f(-X - 2)

== branch in a batch | 2 and TracingError
f = wg.vmap(lambda x: x * 2 if x > 0 else -x)
>> f(X + 1)
>> f(-X - 1)
>> f(X + 2)
>> f(X - 1)

== number in a batch | 2 and TracingError
f = wg.vmap(lambda x, n: x * np.ones(n), in_axes=(0, 0))
>> f(X, np.array([2, 2, 2]))
>> f(X, np.array([3, 3, 3]))
>> f(X, np.array([1, 2, 3]))

== not a number in Python | 2
import math
def f(x): return 0.0 if math.isnan(x) else math.exp(x)
>> f(1.0)
>> f(float("nan"))
>> f(2.0)

== what mathematics cannot do | 1 and raises
import math
def f(x): return math.sqrt(x) + math.log(x + 1.0)
>> f(1.0)
>> f(2.0)
>> f(-0.5)
>> f(-1.0)
>> f(1e308)

== overflow in mathematics | 1 and raises
import math
def f(x): return math.exp(x)
>> f(1.0)
>> f(1000.0)
>> f(-1000.0)

== powers of numbers | 1 and complex
def f(x): return x**0.5
>> f(4.0)
>> f(-4.0)
>> f(9.0)
>> f(0.0)

== powers of whole numbers | 1 and raises
def f(x): return x**3 + 2.0**x
>> f(4.0)
>> f(-4.0)
>> f(1e200)
>> f(5000.0)

== division by a number | 1 and raises
def f(x, y): return x / y + x % y + x // y
>> f(4.0, 3.0)
>> f(5.0, -3.0)
>> f(5.0, 0.0)

== division of scalars | 1
def f(x, y): return x / y
>> f(np.float64(4.0), np.float64(3.0))
>> f(np.float64(4.0), np.float64(0.0))

== finite entries only | 1 and raises
def f(x): return np.asarray_chkfinite(x) * 2
>> f(X)
>> f(X + 1)
>> f(X / 0)

== singular matrix | 1 and raises
def f(a): return np.linalg.inv(a)
>> f(np.array([[2.0, 1.0], [0.5, 1.0]]))
>> f(np.array([[1.0, 1.0], [1.0, 1.0]]))

== hash of a number | content of a float
def f(x): return x * {1.0: 2.0}.get(x, 3.0)
>> f(1.0)
>> f(2.0)

== integer key | 3
def f(x, n): return x * {1: 2.0}.get(n, 3.0)
>> f(X, np.int64(1))
>> f(X, np.int64(2))
>> f(X, np.int64(3))
>> f(X, np.int64(1))

== equal arrays | 3
A = np.arange(3.0)
def f(x): return x * 2 if np.array_equal(x, A) else x * 3
>> f(X)
>> f(X + 1)
>> A += 1
>> f(X)
>> f(X + 1)
>> f(X[:2])

== unique entries | 1 and equal entries
def f(x): return np.unique(x).size * x
>> f(X)
>> f(X * 0)

== unique entries outside | 2
A = np.array([1.0, 2.0, 2.0])
def f(x): return np.unique(A).size * x
>> f(X)
>> A[1] = 1.5
>> f(X)

== linear where a constant is zero | 1 and NonlinearError
c = np.zeros(3)
def f(x): return wg.linear_transpose(lambda y: y * 2 + c, x)(x)
>> f(X)
>> c[0] = 1.0
>> f(X)

== order of a matrix power | 2
def f(a, n): return np.linalg.matrix_power(a, n)
>> f(np.eye(2) * 2, 2)
>> f(np.eye(2) * 3, 2)
>> f(np.eye(2) * 3, 3)

== split at places | 2
def f(x, i): return np.split(x, i)
>> f(X, np.array([1]))
>> f(X, np.array([2]))
>> f(X + 1, np.array([1]))

== repeated as often as told | 2
def f(x, n): return np.repeat(x, n)
>> f(X, np.array([1, 2, 0]))
>> f(X, np.array([1, 1, 1]))
>> f(X + 1, np.array([1, 2, 0]))

== counter | it, an object
import itertools
it = itertools.count()
def f(x): return x * next(it)
>> f(X)
>> f(X)

== context variable | v, an object
from contextvars import ContextVar
v = ContextVar("v", default=2.0)
def f(x): return x * v.get()
>> f(X)
>> v.set(3.0)
>> f(X)

== today | clock
import datetime
def f(x): return x * (datetime.datetime.now().year > 0)
>> f(X)

== today by name | datetime
from datetime import datetime
def f(x): return x * (datetime.now().year > 0)
>> f(X)

== file | open
def f(x):
    with open("/dev/null") as file: return x * len(file.read())
>> f(X)

== logging | logging
import logging
def f(x):
    logging.getLogger("a").debug("x")
    return x * 2
>> f(X)

== class with a metaclass | cannot be copied
class Meta(type): pass
class M(metaclass=Meta): k = 2.0
def f(x): return x * M.k
>> f(X)
>> M.k = 3.0
>> f(X)

== subclass of a dictionary | cannot be copied
class D(dict): pass
d = D(k=2.0)
def f(x): return x * d["k"]
>> f(X)
>> d["k"] = 3.0
>> f(X)

== array sorted | writes into A
A = np.array([3.0, 1.0, 2.0])
def f(x):
    A.sort()
    return x * A
>> f(X)

== array filled | writes into A
A = np.zeros(3)
def f(x):
    A.fill(x[1])
    return x * A
>> f(X)

== array copied to | writes into A
A = np.zeros(3)
def f(x):
    np.copyto(A, x)
    return x * A
>> f(X)

== array as an output | writes into A
A = np.zeros(3)
def f(x):
    np.multiply(x, 2, out=A)
    return x * A
>> f(X)

== list sorted | writes into L
L = [3.0, 1.0]
def f(x):
    L.sort()
    return x * L[0]
>> f(X)

== list in a closure | writes into
def make():
    seen = []
    def f(x):
        seen.append(1)
        return x * len(seen)
    return f
f = make()
>> f(X)
>> f(X)

== key deleted | writes into P
P = {"a": 1.0, "b": 2.0}
def f(x):
    del P["b"]
    return x * len(P)
>> f(X)
"""


def rows() -> dict[str, tuple[str, list[str], int | str]]:
    """The rows by name: the module, the steps, and what is expected."""
    found: dict[str, tuple[str, list[str], int | str]] = {}
    for block in TABLE.split("\n== ")[1:]:
        head, *lines = block.strip().split("\n")
        name, expected = head.split(" | ")
        source = "\n".join([line for line in lines if not line.startswith(">> ")])
        steps = [line.removeprefix(">> ") for line in lines if line.startswith(">> ")]
        assert name not in found
        found[name] = source, steps, int(expected) if expected.isdigit() else expected
    return found
