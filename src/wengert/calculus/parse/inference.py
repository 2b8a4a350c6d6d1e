"""Which sort every name and every operation has, from how they are used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from wengert.calculus.parse.nodes import Creation, Tree
from wengert.calculus.parse.pointing import at_character, rejected, shown
from wengert.calculus.parse.sorts import COLUMN, MATRIX, NUMBER, ROW, Row, described, rows
from wengert.errors import ParseError

__all__ = ["Sorts", "inferred"]

# letters that mean numbers to most readers, where the text leaves it open
_NUMBERS: Final = frozenset(
    {"c", "k", "l", "s", "t", "alpha", "beta", "gamma", "delta", "eps", "epsilon", "eta", "theta", "kappa", "lam",
     "mu", "nu", "rho", "sigma", "tau", "omega"}
)  # fmt: skip
# letters that the reference tool takes for numbers, and others for vectors
_EITHER: Final = frozenset("abdefg")
_MOST_STEPS: Final = 200_000
_PASSES: Final = 8


class _ContradictionError(Exception):
    def __init__(self, node: int) -> None:
        super().__init__()
        self.node = node


class _Inference:
    """Sets of sorts, one for each name and each operation, which only shrink."""

    def __init__(self, tree: Tree, declared: Mapping[str, int]) -> None:
        self.tree = tree
        self.first: dict[str, int] = {}
        self.owner: list[int] = []
        self.sorts: list[int] = []
        self.demanded: dict[int, list[Row]] = {}
        self.readings: dict[int, list[Row]] = {}
        self.users: list[list[int]] = []
        self.trail: list[tuple[int, int]] = []
        self.steps = 0
        for place, node in enumerate(tree.nodes):
            name = node.value if node.operation == "name" else None
            self.owner.append(self.first.setdefault(name, place) if name is not None else place)
            self.sorts.append(self.initial(place, declared))
            self.users.append([])

    def initial(self, place: int, declared: Mapping[str, int]) -> int:
        node = self.tree.nodes[place]
        if node.operation in ("number", "dimension"):
            return NUMBER
        if isinstance(node.value, Creation):
            vector = len(node.value.lengths) == 1
            return (ROW if node.value.row else COLUMN) if vector else MATRIX
        if node.operation == "name":
            if node.value in declared:
                return declared[node.value]
            return MATRIX if node.value[0].isupper() else NUMBER | COLUMN
        return NUMBER | COLUMN | ROW | MATRIX

    def variables(self, place: int) -> list[int]:
        return [self.owner[part] for part in (*self.tree.nodes[place].operands, place)]

    def restrict(self, start: Iterable[int]) -> None:
        """Take away what no reading of an operation has, until nothing changes."""
        waiting = list(start)
        while waiting:
            place = waiting.pop()
            variables = self.variables(place)
            self.steps += 1
            if self.steps > _MOST_STEPS:
                complaint = "the formula is too long to find out what its letters stand for"
                raise rejected(self.tree.text, 0, complaint, "Write a shorter formula.")
            fitting = [row for row in self.readings[place] if self.fits(row, variables)]
            if not fitting:
                raise _ContradictionError(place)
            for index, variable in enumerate(variables):
                left = 0
                for row in fitting:
                    left |= row[index]
                waiting.extend(self.narrow(variable, left))

    def fits(self, row: Row, variables: list[int]) -> bool:
        if len(variables) == 3 and variables[0] == variables[1] and row[0] != row[1]:
            return False
        return all(self.sorts[variable] & sort for variable, sort in zip(variables, row, strict=False))

    def narrow(self, variable: int, sorts: int) -> list[int]:
        old = self.sorts[variable]
        if old & sorts == old:
            return []
        self.trail.append((variable, old))
        self.sorts[variable] = old & sorts
        return self.users[variable]

    def attempt(self, action: Callable[[], None]) -> bool:
        """Do what may lead to a contradiction, and take it back then."""
        mark = len(self.trail)
        try:
            action()
        except _ContradictionError:
            while len(self.trail) > mark:
                variable, old = self.trail.pop()
                self.sorts[variable] = old
            return False
        return True

    def likely(self, place: int, declared: Mapping[str, int]) -> list[Row]:
        """The readings, without those in which a mere letter is what nobody would write so, as a transposed number."""
        found = rows(self.tree, self.tree.nodes[place])
        operands = [self.tree.nodes[operand] for operand in self.tree.nodes[place].operands]
        if len(operands) == 1 and operands[0].operation == "name" and operands[0].value not in declared:
            return [row for row in found if row[0] != NUMBER or row[-1] < 2]
        return found

    def enter(self, declared: Mapping[str, int]) -> None:
        """What the operations demand, each after those before it, so that the first misfit is the one reported."""
        for place, node in enumerate(self.tree.nodes):
            if not node.operands or node.operation in ("tuple", "shape", "slogdet"):
                continue
            self.readings[place] = self.demanded[place] = self.likely(place, declared)
            before = [self.sorts[self.owner[operand]] for operand in node.operands]
            for variable in set(self.variables(place)):
                self.users[variable].append(place)
            try:
                self.restrict([place])
            except _ContradictionError as contradiction:
                raise self.misfit(place, before, contradiction.node) from None

    def prefer(self, rank: int, beside_arrays: bool = False) -> bool:
        """Take the readings up to a rank where they contradict nothing; whether that decided anything."""
        mark = len(self.trail)
        for place, readings in self.readings.items():
            variables = self.variables(place)
            if beside_arrays and all(self.sorts[variable] & NUMBER for variable in variables):
                continue
            natural = [row for row in readings if row[-1] <= rank and self.fits(row, variables)]
            if not natural or len(natural) == len(readings):
                continue
            self.readings[place] = natural
            if not self.attempt(lambda place=place: self.restrict([place])):  # type: ignore[misc]
                self.readings[place] = readings
        return len(self.trail) > mark

    def decide(self, names: Iterable[str], sort: int) -> None:
        """Let names that are still open be of one sort."""
        for name in names:
            variable = self.first[name]
            open_still = self.sorts[variable] & (self.sorts[variable] - 1)
            if open_still and self.sorts[variable] & sort:
                self.attempt(lambda variable=variable: self.restrict(self.narrow(variable, sort)))  # type: ignore[misc]

    def refuse_two_readings(self) -> None:
        """Refuse a name that could as well be a number as a vector beside arrays, where neither is the usual one."""
        tree = self.tree
        for place, readings in self.readings.items():
            operands, result = tree.nodes[place].operands, self.sorts[place]
            if len(operands) != 2 or result not in (COLUMN, ROW, MATRIX):
                continue
            fitting = [row for row in readings if self.fits(row, self.variables(place))]
            for side, operand in enumerate(operands):
                if not {NUMBER, COLUMN} <= {row[side] for row in fitting}:
                    continue
                node, part = tree.nodes[place], tree.written(operand)
                complaint = f"{shown(_symbol(tree, place))} {at_character(node.position)} gives "
                complaint += f"{described(result, tree.language)} whether {shown(part)} is a number or a vector"
                name = part if part in self.first else "its name"
                raise rejected(tree.text, node.position, complaint, f"Declare {name}: scalar or {name}: vector.")

    def surprises(self, declared: Mapping[str, int]) -> bool:
        """Whether an operation could only be read in a way that surprises; refused where a guessed number is in it."""
        guessed: list[str] = []
        found = False
        for place, node in enumerate(self.tree.nodes):
            own = node.value if node.operation == "name" and node.value not in declared else ""
            own = own if own and self.sorts[self.owner[place]] == NUMBER else ""
            guessed.append(own or next((guessed[operand] for operand in node.operands if guessed[operand]), ""))
            if place not in self.demanded:
                continue
            variables = self.variables(place)
            if all(row[-1] == 2 for row in self.demanded[place] if self.fits(row, variables)):
                found = True
                if guessed[place]:
                    raise self.unlikely(place, guessed[place])
        return found

    def unlikely(self, place: int, name: str) -> ParseError:
        node = self.tree.nodes[place]
        sorts = [
            f"{shown(self.tree.written(operand))}, {described(self.sorts[self.owner[operand]], self.tree.language)}"
            for operand in node.operands
        ]
        complaint = f"{shown(_symbol(self.tree, place))} {at_character(node.position)} would have {' and '.join(sorts)}"
        complaint += f", as {name} fits only as a number"
        return rejected(self.tree.text, node.position, complaint, f"Declare {name}: scalar if this is meant.")

    def misfit(self, place: int, before: list[int], other: int) -> ParseError:
        tree = self.tree
        node = tree.nodes[place]
        where = f"{shown(_symbol(tree, place))} {at_character(node.position)}"
        local = [all(b & sort for b, sort in zip(before, row, strict=False)) for row in self.readings[place]]
        if other == place or not any(local):
            operands = [
                f"{shown(tree.written(operand))}, {described(sorts, tree.language)}"
                for operand, sorts in zip(node.operands, before, strict=True)
            ]
            complaint = f"{where} does not fit {' and '.join(operands)}"
        else:
            clash = tree.nodes[other]
            complaint = f"{where} and {shown(_symbol(tree, other))} {at_character(clash.position)} want different sorts"
            complaint += " of one name"
        return rejected(tree.text, node.position, complaint, _advice(tree, place))


def _symbol(tree: Tree, place: int) -> str:
    node = tree.nodes[place]
    return {"'": "'" if tree.language == "matlab" else "T", "negative": "-"}.get(node.operation, node.operation)


def _advice(tree: Tree, place: int) -> str:
    operation = tree.nodes[place].operation
    matlab = {
        "*": "Write x'*y or x*y' for products of vectors, or .* entry by entry.",
        "/": "Divide by a number, or write ./ entry by entry.",
        "^": "Write .^ entry by entry; a matrix takes an integer power.",
        "norm": "Write norm2(X) for the root of the sum of squares.",
    }
    numpy = {"@": "Write * for products with numbers.", "dot": "Write * for products with numbers."}
    found = (matlab if tree.language == "matlab" else numpy).get(operation)
    if found is not None:
        return found
    capitals = [tree.nodes[operand].value for operand in tree.nodes[place].operands
                if tree.nodes[operand].operation == "name" and tree.nodes[operand].value[0].isupper()]  # fmt: skip
    if capitals:
        return f"Capitals are matrices: declare {capitals[0]}: vector or {capitals[0]}: scalar if it is none."
    names = dict.fromkeys(node.value for node in tree.nodes if node.operation == "name")
    return f"Declare what the names are, as {next(iter(names), 'x')}: vector, or write it with operands that fit."


class Sorts(list[int]):
    """The sort of every node, and whether one of the operations was read in a way that surprises."""

    surprising = False


def inferred(tree: Tree, declared: Mapping[str, int]) -> Sorts:
    """The sort of every node.

    Capitals are matrices and small letters numbers or columns, unless declared. Where the operations leave it open,
    the readings that surprise least decide, then what a letter usually means; what is open even then is a number.
    """
    found = _inferred(tree, declared)
    if tree.language == "matlab" and found and found[-1] != NUMBER:
        _refuse_another_whole(tree, declared, found)
    return found


def _refuse_another_whole(tree: Tree, declared: Mapping[str, int], found: Sorts) -> None:
    """Refuse a letter that was taken for a vector, where the whole is a number if it is one."""
    letters = {node.value: place for place, node in enumerate(tree.nodes)
               if node.operation == "name" and node.value in _EITHER and node.value not in declared}  # fmt: skip
    for name, place in letters.items():
        if found[place] != COLUMN:
            continue
        try:
            other = _inferred(tree, {**declared, name: NUMBER})
        except ParseError:
            continue
        same = all(found[at] == other[at] for at, node in enumerate(tree.nodes) if node.value not in (None, name))
        if other[-1] == NUMBER and same and not other.surprising:
            complaint = f"the formula is {described(found[-1], tree.language)} if {shown(name)} "
            position = tree.nodes[place].position
            complaint += f"{at_character(position)} is a vector, and a number if it is a number"
            raise rejected(tree.text, position, complaint, f"Declare {name}: scalar or {name}: vector.")


def _inferred(tree: Tree, declared: Mapping[str, int]) -> Sorts:
    inference = _Inference(tree, declared)
    inference.enter(declared)
    inference.prefer(1)
    inference.decide([name for name in inference.first if name in _NUMBERS], NUMBER)
    # what stands beside an array first, and what that decides
    for _ in range(_PASSES):
        if not inference.prefer(0, beside_arrays=True):
            break
    inference.prefer(0)
    inference.refuse_two_readings()
    inference.decide(inference.first, NUMBER)
    inference.decide(inference.first, COLUMN)
    for name, place in inference.first.items():
        if inference.sorts[place] & (inference.sorts[place] - 1):
            position = tree.nodes[place].position
            complaint = f"whether {shown(name)} {at_character(position)} is a number or a vector stays open"
            raise rejected(tree.text, position, complaint, f"Declare {name}: scalar or {name}: vector.")
    found = Sorts(inference.sorts[owner] for owner in inference.owner)
    found.surprising = inference.surprises(declared)
    return found
