"""An organisation that runs an altered contract: a copy of the packages with changes, in place of its contract service.

with altered_contract(consortium, "employer", directory, [Change("lxr/chaincode/attestations.py", there, instead)]): ...
"""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import pytest

import lxr.chaincode
import lxr.node
import lxr.token
from fabricnet import restart
from lxr.network.consortium import Consortium
from lxr.network.fabric.connection import connection
from lxr.network.fabric.endorsement import wait_until_endorsing
from lxr.node.version import contract_version


class Change(NamedTuple):
    """there: what stands in the file once. instead: what takes its place."""

    file: str
    there: str
    instead: str


LIES_ABOUT_ITS_VERSION: Final = Change("lxr/node/version.py", "state.hexdigest()", f"{contract_version()!r}")


@contextmanager
def altered_contract(
    consortium: Consortium, organisation: str, directory: Path, changes: Iterable[Change]
) -> Iterator[None]:
    """While it is open, this organisation's contract service runs the copy; the honest one runs again afterwards.

    It has no released contract: with the one in force, it would run that.
    """
    for package in (lxr.token, lxr.chaincode, lxr.node):
        source = Path(package.__path__[0])
        shutil.copytree(source, directory / "lxr" / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    (directory / "lxr" / "released").mkdir()
    (directory / "lxr" / "released" / "__init__.py").write_text("RELEASES = {}\n")
    for change in changes:
        text = (directory / change.file).read_text()
        assert 1 == text.count(change.there), change
        (directory / change.file).write_text(text.replace(change.there, change.instead))
    try:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("PYTHONPATH", str(directory))  # goes before the installed packages
            _replace(consortium, organisation)
        yield
    finally:
        _replace(consortium, organisation)


def _replace(consortium: Consortium, organisation: str) -> None:
    restart(consortium, f"{organisation}-contract")
    wait_until_endorsing(connection(consortium, organisation))
