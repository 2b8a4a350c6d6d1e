"""Nested containers: take the leaves out, put leaves back.

A derivative is taken with respect to arrays, while programs keep arrays in tuples, lists, dictionaries,
namedtuples and dataclasses, nested at will. :func:`flatten` separates such a tree into its leaves and a
:class:`Structure`, and :meth:`Structure.unflatten` builds the tree again around other leaves:

>>> from wengert import tree
>>> leaves, structure = tree.flatten({"w": (1.0, 2.0), "b": 3.0})
>>> leaves
[3.0, 1.0, 2.0]
>>> structure.unflatten([30.0, 10.0, 20.0])
{'w': (10.0, 20.0), 'b': 30.0}

What is a container, and what is a leaf:

- ``tuple``, ``list``, ``dict``, ``OrderedDict``, namedtuples, dataclasses, and what :func:`register` adds.
- ``None`` is a container without leaves.
- Everything else is a leaf, subclasses of ``list`` and ``dict`` included.

Two dictionaries with the same keys have equal structures in whatever order the keys were inserted: the
leaves come in the order of the sorted keys. A rebuilt dictionary has its keys in the order of the
dictionary that was flattened, so a program that loops over it is not changed. The order of an
``OrderedDict`` is part of its structure, as it is part of Python's own ``==`` for that type.

A dataclass is rebuilt field by field. Neither ``__init__`` nor ``__post_init__`` runs, so a check written
for the values of a program cannot reject a gradient or a batch in their place.
"""

from wengert.tree.registry import register
from wengert.tree.structure import Structure, difference
from wengert.tree.traversal import flatten, map

__all__ = ["Structure", "difference", "flatten", "map", "register"]
