"""Reading a TOML file that a person wrote."""

import tomllib
from pathlib import Path
from typing import Any

from lxr_settlement.errors import InputFault


def read_toml(path: Path) -> dict[str, Any]:
    """The tree in a file. Raises InputFault: cannot be read, not UTF-8, not TOML."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as fault:
        raise InputFault(file=str(path), problem=f"cannot be read: {fault.strerror}") from None
    except UnicodeDecodeError:
        raise InputFault(file=str(path), problem="is not UTF-8", expected="a TOML file in UTF-8") from None
    except ValueError as fault:  # TOMLDecodeError is one; so is a number that is too long to be read
        raise InputFault(file=str(path), problem=f"is not TOML: {fault}") from None
    except RecursionError:
        raise InputFault(file=str(path), problem="is not TOML: it is nested too deeply") from None
