"""A contract that is like the newest one, but for some changes."""

import shutil
from pathlib import Path
from typing import Final

import lxr.chaincode
import lxr.token
from lxr.node.version import PARTS, version_of

A_COMMENT: Final = {"chaincode/revocation.py": ('"""Revocation of', '"""The revocation of')}
"""A change that changes nothing but the version."""


def made(directory: Path, changes: dict[str, tuple[str, str]]) -> str:
    """A contract like the newest one but for these changes, in a folder named by its version, which is given back.

    changes: by file, what stands in it once and what takes its place.
    """
    building = directory / "building"
    for part, package in zip(PARTS, (lxr.chaincode, lxr.token), strict=True):
        shutil.copytree(package.__path__[0], building / part, ignore=shutil.ignore_patterns("__pycache__", "py.typed"))
    for name, (there, instead) in changes.items():
        text = (building / name).read_text()
        assert 1 == text.count(there), name
        (building / name).write_text(text.replace(there, instead))
    version = version_of({part: building / part for part in PARTS})
    building.rename(directory / version)
    return version
