"""Taking the organisations of one consortium's directory into another: their authorities, staff and persons.

For a ledger that follows another: it is the same organisations', so what they and their workers signed still holds.
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from lxr.chaincode.caller import ORGANISATIONS
from lxr.network.authority import Authority
from lxr.network.consortium import make_private_directory, open_consortium
from lxr.network.keyfile import KeyFault

_KEPT: Final = (".crt", ".key", ".old")
_OF_NODES: Final = "tlsca."
"""What only opens connections belongs to the nodes of one network."""


def copy_organisations(old: Path, passphrase: bytes, new: Path) -> None:
    """Copy certificates and keys of all organisations and employers, workers' keys and the store of persons.

    old: a consortium's directory. new: one that is being made. Raises KeyFault: no consortium in `old`, another
    passphrase, something that cannot be read.
    """
    consortium = open_consortium(old)
    for organisation in ORGANISATIONS:
        Authority.load(consortium.org_dir(organisation), passphrase)  # or nothing that is copied could be opened
    try:
        for part in (".", "orgs", "union", "bank"):
            make_private_directory(new / part)
        for organisation in ORGANISATIONS:
            _copy_keys(consortium.org_dir(organisation), new / "orgs" / organisation)
        for employer in sorted((old / "orgs" / "employer").iterdir()):
            if employer.is_dir():
                _copy_keys(employer, new / "orgs" / "employer" / employer.name)
        if (old / "workers").is_dir():
            _copy_keys(old / "workers", new / "workers")
        if consortium.store_path.exists():
            _copy_database(consortium.store_path, new / "union" / "store.db")
    except (OSError, sqlite3.Error) as fault:
        raise KeyFault("{old}: cannot be copied: {fault}", old=old, fault=fault) from None


def _copy_keys(old: Path, new: Path) -> None:
    make_private_directory(new)
    for path in sorted(old.iterdir()):
        if path.is_file() and path.suffix in _KEPT and not path.name.startswith(_OF_NODES):
            shutil.copy2(path, new / path.name)


def _copy_database(old: Path, new: Path) -> None:
    """Copy as it is at one moment, whoever writes it meanwhile."""
    where = f"{old.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(where, uri=True)) as source, closing(sqlite3.connect(new)) as target:
        source.backup(target)
    new.chmod(0o600)
