"""Reading a TOML file that a person wrote."""

from pathlib import Path
from typing import Any

from lxr.node.inputs import TOML_BYTES_MAX, Unread, read_input, toml_tree
from lxr.settlement.errors import InputFault


def read_toml(path: Path) -> dict[str, Any]:
    """Return the tree in a file.

    Raises InputFault: cannot be read, too long, not UTF-8, not TOML, nested too deeply.
    """
    try:
        return toml_tree(read_input(path, TOML_BYTES_MAX))
    except Unread as fault:
        raise InputFault(file=str(path), problem=fault.problem, expected=fault.expected) from None


def toml_of(data: bytes, name: str) -> dict[str, Any]:
    """Return the tree in the bytes of a file called `name`.

    Raises InputFault: not UTF-8, not TOML, nested too deeply.
    """
    try:
        return toml_tree(data)
    except Unread as fault:
        raise InputFault(file=name, problem=fault.problem, expected=fault.expected) from None
