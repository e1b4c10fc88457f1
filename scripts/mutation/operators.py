"""The small faults that are put into a file: another comparison, bound, sum, condition or number, a statement less."""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

COMPARED: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
COMPUTED: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
CALLED: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
PASSED_OVER: Final = ("annotation", "returns", "decorator_list", "type_params")
"""Parts of a definition that say what things are, not what is done."""


@dataclass(frozen=True)
class Mutant:
    """One fault in a file. number: its place among all that the file can have; lines: those that reach it."""

    number: int
    line: int
    lines: frozenset[int]
    old: str
    new: str


@dataclass(frozen=True)
class _Change:
    """A node that another one takes the place of. line: where the statement begins that it is part of."""

    line: int
    parent: ast.AST
    field: str
    index: int | None
    old: ast.AST
    new: ast.AST

    def make(self) -> None:
        if self.index is None:
            setattr(self.parent, self.field, self.new)
        else:
            getattr(self.parent, self.field)[self.index] = self.new


def mutants(source: str) -> list[Mutant]:
    """Every fault that the operators know for this source, in its order."""
    found = []
    for number, change in enumerate(_changes(ast.parse(source))):
        first = getattr(change.old, "lineno", change.line)
        last = getattr(change.old, "end_lineno", first)
        lines = frozenset((change.line, *range(first, last + 1)))
        found.append(Mutant(number, first, lines, _shown(change.old), _shown(change.new)))
    return found


def mutated(source: str, number: int) -> ast.Module:
    """The source with the fault of that number."""
    tree = ast.parse(source)
    list(_changes(tree))[number].make()
    return ast.fix_missing_locations(tree)


def _shown(node: ast.AST) -> str:
    (first, *more) = ast.unparse(node).splitlines()
    return f"{first} …" if more else first


def _changes(node: ast.AST, line: int = 1) -> Iterator[_Change]:
    line = node.lineno if isinstance(node, ast.stmt) else line
    for field, value in ast.iter_fields(node):
        if field in PASSED_OVER or (field == "keywords" and isinstance(node, ast.ClassDef)):
            continue
        for index, each in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(each, ast.expr | ast.stmt | ast.comprehension):
                where = each.lineno if isinstance(each, ast.stmt) else line
                for new in _faults_of(each):
                    yield _Change(where, node, field, index, each, ast.copy_location(new, each))
            # what an assert or a text says of a fault is not what is done
            if isinstance(each, ast.AST) and not isinstance(each, ast.Assert | ast.JoinedStr):
                yield from _changes(each, line)


def _faults_of(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(ops=ops):
            for index, op in enumerate(ops):
                for other in COMPARED[type(op)]:
                    yield _replaced(node, ops=[*ops[:index], other(), *ops[index + 1 :]])
        case ast.BinOp(op=operator) | ast.AugAssign(op=operator) if type(operator) in COMPUTED:
            yield _replaced(node, op=COMPUTED[type(operator)]())
        case ast.BoolOp(op=operator, values=values):
            yield _replaced(node, op=ast.Or() if isinstance(operator, ast.And) else ast.And())
            if len(values) > 2:
                yield from (
                    _replaced(node, values=values[:index] + values[index + 1 :]) for index in range(len(values))
                )
            else:
                yield from map(copy.deepcopy, values)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield copy.deepcopy(operand)
        case ast.IfExp(test=test) | ast.If(test=test) if not isinstance(test, ast.Compare | ast.UnaryOp | ast.BoolOp):
            yield _replaced(node, test=ast.UnaryOp(ast.Not(), copy.deepcopy(test)))
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield ast.Constant(value + 1)
        case ast.Call(func=ast.Name(id=called)) if called in CALLED:
            yield _replaced(node, func=ast.Name(CALLED[called], ast.Load()))
        case ast.comprehension(ifs=[_, *_]):
            yield _replaced(node, ifs=[])
        case _:
            pass
    if isinstance(node, ast.Raise | ast.Assert | ast.AugAssign | ast.Delete | ast.Continue | ast.Break) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.YieldFrom | ast.Yield)
    ):
        yield ast.Pass()
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript | ast.Attribute):
        yield ast.Pass()


def _replaced(node: ast.AST, **fields: object) -> ast.AST:
    """A copy of a node with other fields, which are copied too, for a tree holds each node once."""
    made = copy.copy(node)
    for name, value in fields.items():
        setattr(made, name, value)
    return copy.deepcopy(made)
