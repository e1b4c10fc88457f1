"""The version of a contract: what names it on ledgers and among releases."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

import lxr.chaincode
import lxr.token

PARTS: Final = ("chaincode", "token")
"""The folders that a contract is made of."""


def version_of(folders: dict[str, Path]) -> str:
    """Return SHA-256, in hexadecimal, over names and bytes of all source files of a contract's two folders."""
    state = hashlib.sha256()
    for part in PARTS:
        root = folders[part]
        for path in sorted(root.rglob("*.py")):
            for data in (f"{part}/{path.relative_to(root).as_posix()}".encode(), path.read_bytes()):
                state.update(len(data).to_bytes(4, "big") + data)
    return state.hexdigest()


@cache
def contract_version() -> str:
    """Return the version of the contract that this release is built with: of the newest one on this node."""
    return version_of({"chaincode": Path(lxr.chaincode.__path__[0]), "token": Path(lxr.token.__path__[0])})
