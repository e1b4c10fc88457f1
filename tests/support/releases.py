"""Nodes of other releases: without a contract, or with one more."""

import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

import lxr.chaincode
import lxr.node
import lxr.token
from fabricnet import restart
from lxr.network.consortium import Consortium
from lxr.network.fabric.connection import connection
from lxr.network.fabric.endorsement import wait_until_endorsing
from lxr.node import contracts
from lxr.node.version import PARTS, contract_version
from lxr.released import RELEASES
from othercontract import A_COMMENT, made

__all__ = ["A_COMMENT", "install", "made", "next_release", "released", "without"]


def without(version: str, patch: pytest.MonkeyPatch) -> None:
    """From here on the node does not have the contract of that version, which is the newest; it has another."""
    assert version == contract_version()
    patch.setattr("lxr.node.contracts.contract_version", lambda: "f" * 64)
    for name in [name for name, there in RELEASES.items() if there == version]:
        patch.delitem(RELEASES, name)
    contracts.contract.cache_clear()


def released(directory: Path, version: str, patch: pytest.MonkeyPatch) -> None:
    """From here on the node has the contract of that version, from that directory, beside the newest and no other."""
    patch.setattr(contracts, "RELEASED", directory)
    for name in tuple(RELEASES):
        patch.delitem(RELEASES, name)
    patch.setitem(RELEASES, "earlier", version)
    contracts.contract.cache_clear()


def next_release(directory: Path, version: str) -> Path:
    """The packages of a release whose newest contract is that one, and which has the present one among the earlier.

    directory: holds the contract under its version, see `made`. Given back is what goes before the installed packages.
    """
    home = directory / "next"
    skipping = shutil.ignore_patterns("__pycache__", "py.typed")
    shutil.copytree(lxr.node.__path__[0], home / "lxr" / "node", ignore=skipping)
    for part, package in zip(PARTS, (lxr.chaincode, lxr.token), strict=True):
        shutil.copytree(directory / version / part, home / "lxr" / part, ignore=skipping)
        shutil.copytree(package.__path__[0], home / "lxr" / "released" / contract_version() / part, ignore=skipping)
    listed = f'RELEASES = {{"now": "{contract_version()}"}}\n'
    (home / "lxr" / "released" / "__init__.py").write_text(f'"""Of the next release."""\n\n{listed}')
    return home


def install(consortium: Consortium, organisations: Iterable[str], packages: Path) -> None:
    """Restart the contract services of these organisations as those of the release with those packages."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYTHONPATH", str(packages))  # goes before the installed packages
        for organisation in organisations:
            restart(consortium, f"{organisation}-contract")
    for organisation in organisations:
        wait_until_endorsing(connection(consortium, organisation))
