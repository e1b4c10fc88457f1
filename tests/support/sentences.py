"""Every sentence that code below the edges says, found in its text."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
FOLDERS: Final = ("node", "network", "settlement", "cli")
SAYING: Final = frozenset(
    {
        *("Said", "Fault", "LedgerFault", "KeyFault", "VoucherFault", "BackupFault", "NetworkFault", "PeopleFault"),
        *("SeenFault", "CheckpointFault", "ProjectionFault", "Unreachable", "Ambiguous", "Failed", "Mismatch"),
        *("_Bad", "Unsound"),
    }
)
"""Calls whose first argument is a sentence, and whose keywords are its facts."""
FROM_FIRST: Final = {
    "fault": 0,
    "_fault": 2,
    "refuse": 0,
    "CellFault": 1,
    "cell_fault": 1,
    "StrictFault": 2,
    "rule": 1,
    "Finding": 1,
    "Unread": 0,
}
"""Calls that take sentences by their place, from that one on: as they are, or `Said`."""
NAMED: Final = frozenset({"problem", "expected", "NOT_FOUNDED", "EXPECTED"})
"""Arguments and variables that are sentences."""
Place = str


def calls() -> Iterator[tuple[Place, ast.Call]]:
    """Yield every call in the code that people are told of; what a node's service writes into its log is English."""
    for path, tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield f"{path}:{node.lineno}", node


def name_of(call: ast.Call) -> str:
    """Return the last part of what is called."""
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


@cache
def sentences() -> dict[str, Place]:
    """Return every sentence with a place where it is said."""
    found: dict[str, Place] = {}
    for place, call in calls():
        name = name_of(call)
        if name in SAYING:
            _add(found, place, *call.args[:1])
        if name in FROM_FIRST and not place.startswith("cli/lxr/cli/arguments.py"):
            _add(found, place, *call.args[FROM_FIRST[name] :])
        _add(found, place, *(each.value for each in call.keywords if each.arg in NAMED))
    for path, tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(isinstance(each, ast.Name) and each.id in NAMED for each in targets):
                    _add(found, f"{path}:{node.lineno}", node.value)
    return found


def pieced_together() -> list[Place]:
    """Return where a sentence is put together from pieces, which no catalogue has."""
    return [
        place
        for place, call in calls()
        if name_of(call) in SAYING and call.args and isinstance(call.args[0], ast.JoinedStr | ast.BinOp)
    ]


def _add(found: dict[str, Place], place: Place, *said: ast.expr) -> None:
    for each in said:
        match each:
            case ast.Constant(value=str(text)) if text:
                found.setdefault(text, place)
            case ast.IfExp():
                _add(found, place, each.body, each.orelse)
            case ast.BoolOp():
                _add(found, place, *each.values)


@cache
def _trees() -> tuple[tuple[str, ast.Module], ...]:
    return tuple(
        (path.relative_to(ROOT).as_posix(), ast.parse(path.read_text()))
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "node/fabric/service" not in path.as_posix()
    )
