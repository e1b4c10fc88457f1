"""A consortium: four organisations, their authorities and their staff, in one directory."""

import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec
import tomli_w
from cryptography.hazmat.primitives.serialization import Encoding

from lxr.chaincode.caller import ORGANISATIONS
from lxr.network.fabric.description import FabricDescription
from lxr.network.keyfile import (
    KeyFault,
    new_key,
    read_certificate,
    read_identity,
    read_key,
    write_atomically,
    write_certificate,
    write_key,
)
from lxr.node.disk import GITIGNORE, sync_directory
from lxr.node.forms import EMPLOYER
from lxr.node.inputs import TOML_BYTES_MAX, Unread, read_input, toml_tree
from lxr.node.sealing import Identity

if TYPE_CHECKING:
    from lxr.network.authority import Authority

STAFF: Final = {
    "union": ("admin", "operator", "treasurer", "auditor", "witness"),
    "employer": ("admin", "witness"),
    "bank": ("admin", "teller", "auditor", "witness"),
    "regulator": ("admin", "auditor", "witness"),
}
EMPLOYER_STAFF: Final = ("preparer", "signer", "treasurer")
assert STAFF.keys() == set(ORGANISATIONS)

_FILE: Final = "consortium.toml"
_NAME_CHARACTERS_MAX: Final = 100
BANK_PAYMENTS_MAX: Final = 10_000
"""The most payments in one file of the bank's; the setting bank_payments_max of consortium.toml says fewer."""
PAYMENT_FILE: Final = "pain.001.001.09"
"""The form of the bank's files where the setting payment_file of consortium.toml says no other."""
FORM_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z"
"""What names a form of file, and no path."""
_EMPLOYER_NUMBER: Final = re.compile(EMPLOYER)  # it also names a directory

_WHAT_IT_IS: Final = """\
# This is an embedded consortium: ONE OPERATOR HOLDS ALL KEYS, those of the union, the employers, the bank and the
# regulator. It is for trying and testing. Audit still finds any changed entry of the ledger, but not what this operator
# cut off or left out before anybody else has seen it: that takes checkpoints' files in other hands.
"""
_WHAT_A_NETWORK_IS: Final = """\
# This is a consortium on Hyperledger Fabric with the keys of all four organisations and all their nodes on one machine.
# Audit finds any changed entry of the ledger; that no organisation can write alone takes nodes in different hands.
"""
_WHAT_A_REHEARSAL_IS: Final = """\
# This is a rehearsal: it plays past dates, so it skips the clock check and its certificates are dated back.
"""
_WHAT_THE_BANK_TAKES: Final = """\
# bank_payments_max: how many payments the bank takes in one file.
# payment_file: the form of that file: pain.001.001.09, pain.001.001.03, or a table's template (docs/payment-files.md).
# batch_booking: whether the bank books one total of a file, in place of a line for each payment.
# All who prepare, approve and accept a file must have the same of these.
"""


class _Founded(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    rehearsal: bool
    engine: Literal["embedded", "fabric"]
    organisations: tuple[str, ...]
    bank_payments_max: Annotated[int, msgspec.Meta(ge=1, le=BANK_PAYMENTS_MAX)] = BANK_PAYMENTS_MAX
    payment_file: Annotated[str, msgspec.Meta(pattern=FORM_NAME)] = PAYMENT_FILE
    batch_booking: bool = False
    fabric: FabricDescription | None = None


@dataclass(frozen=True, slots=True)
class Consortium:
    """A consortium on disk, and where each of its parts lies.

    fabric: None for an embedded one. bank_payments_max: how many payments its bank takes in one file.
    payment_file, batch_booking: the form of such a file, and whether the bank books one total of it.
    """

    directory: Path
    name: str
    rehearsal: bool
    fabric: FabricDescription | None = None
    bank_payments_max: int = BANK_PAYMENTS_MAX
    payment_file: str = PAYMENT_FILE
    batch_booking: bool = False

    @property
    def ledger_path(self) -> Path:
        return self.directory / "ledger.db"

    @property
    def store_path(self) -> Path:
        return self.directory / "union" / "store.db"

    @property
    def bank_dir(self) -> Path:
        return self.directory / "bank"

    def employer_dir(self, number: str) -> Path:
        """Where the employer's certificates and keys lie. Raises KeyFault: not an employer number."""
        if _EMPLOYER_NUMBER.fullmatch(number) is None:
            raise KeyFault("{number} is no employer number; expected E and 3 to 6 digits", number=repr(number))
        return self.org_dir("employer") / number

    def roots(self) -> dict[str, str]:
        """Organisation → its root certificate (PEM). Raises KeyFault: one is missing or not a certificate."""
        certificates = {org: read_certificate(self.org_dir(org) / "ca.crt") for org in ORGANISATIONS}
        return {org: certificate.public_bytes(Encoding.PEM).decode() for org, certificate in certificates.items()}

    def validity(self, org: str) -> tuple[datetime, datetime]:
        """Return the first and the last moment of an organisation's root certificate. Raises KeyFault."""
        root = read_certificate(self.org_dir(org) / "ca.crt")
        return root.not_valid_before_utc, root.not_valid_after_utc

    def enrol_employer(self, number: str, passphrase: bytes, not_before: datetime, not_after: datetime) -> None:
        """Issue the employer's own certificates: preparer, signer and treasurer. Those it already has stay.

        Raises KeyFault: not an employer number, wrong passphrase, dates outside those of the authority.
        """
        directory = self.employer_dir(number)
        from lxr.network.authority import Authority  # X.509 is slow to load, and most commands issue nothing

        authority = Authority.load(self.org_dir("employer"), passphrase)
        make_private_directory(directory)
        for role in EMPLOYER_STAFF:
            _enrol(authority, directory, role, number, passphrase, not_before, not_after)

    def identity(self, org: str, role: str, employer: str | None = None, *, passphrase: bytes) -> Identity:
        """Return the certificate and key of one role: of an organisation's staff or, with its number, of an employer's.

        Raises KeyFault: no such role there, wrong passphrase, key open to others, certificate of another key.
        """
        if org not in ORGANISATIONS or (employer is not None and org != "employer"):
            raise KeyFault(
                "no organisation {org} with employer {employer} in {directory}",
                org=repr(org),
                employer=repr(employer),
                directory=self.directory,
            )
        directory = self.org_dir(org) if employer is None else self.employer_dir(employer)
        roles = STAFF[org] if employer is None else EMPLOYER_STAFF
        if role not in roles:
            raise KeyFault(
                "{employer} has no {role}; expected one of {names}",
                employer=employer or org,
                role=repr(role),
                names=", ".join(roles),
            )
        return read_identity(directory / f"{role}.crt", directory / f"{role}.key", passphrase)

    def org_dir(self, org: str) -> Path:
        """Where the organisation's authorities and its staff's certificates and keys lie."""
        return self.directory / "orgs" / org

    def nodes_dir(self, org: str) -> Path:
        """Where the organisation's Fabric nodes have their keys, data and logs."""
        return self.directory / "nodes" / org


Organise = Callable[[Path], None]
"""Brings organisations into a directory that is being made."""


def found(
    directory: Path,
    name: str,
    rehearsal: bool,
    passphrase: bytes,
    not_before: datetime,
    not_after: datetime,
    organise: Organise | None = None,
    payment_file: str = PAYMENT_FILE,
) -> Consortium:
    """Create an embedded consortium with all its keys: the whole directory appears at once, or nothing does.

    name: 1..100 printable characters. passphrase: 1..1023 bytes, one for all keys. The dates are those of every
    certificate; for a rehearsal they reach back to the past it plays. organise: brings organisations that are there
    already; else new ones are made. payment_file: the form of the bank's files.
    Raises KeyFault: directory not empty or not writable, bad name, empty passphrase, dates out of order.
    """

    def build(building: Path) -> None:
        build_organisations(building, passphrase, not_before, not_after, organise)
        write_description(building, name, rehearsal, None, payment_file)

    return create_whole(directory, name, build)


def create_whole(directory: Path, name: str, build: Callable[[Path], None]) -> Consortium:
    """Have a consortium built in a new directory that takes its place when all is there, or leaves nothing behind.

    Raises KeyFault: directory not empty or not writable, bad name; what `build` raises.
    """
    directory = directory.resolve()
    if (directory / _FILE).exists():
        raise KeyFault("{directory}: already holds a consortium", directory=directory)
    if not 1 <= len(name) <= _NAME_CHARACTERS_MAX or not name.isprintable():
        raise KeyFault(
            "{name} cannot name a consortium; expected 1..{name_characters_max} printable characters",
            name=repr(name),
            name_characters_max=_NAME_CHARACTERS_MAX,
        )
    try:
        if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
            raise KeyFault("{directory}: is not an empty directory", directory=directory)
        if directory == Path.cwd():
            raise KeyFault(
                "{directory}: is the current directory, which cannot be replaced; name another", directory=directory
            )
        directory.parent.mkdir(parents=True, exist_ok=True)
        # Beside its place, so that the rename stays on one file system; what a fault leaves unfinished is removed.
        with tempfile.TemporaryDirectory(prefix=f".{directory.name}.", dir=directory.parent) as beside:
            building = Path(beside) / "consortium"
            build(building)
            os.rename(building, directory)
            sync_directory(directory.parent)
    except OSError as error:
        raise KeyFault("{directory}: cannot be created: {fault}", directory=directory, fault=error) from None
    return open_consortium(directory)


def open_consortium(directory: Path) -> Consortium:
    """Raise KeyFault: no consortium there, or its consortium.toml is not one."""
    path = directory / _FILE
    try:
        founded = msgspec.convert(toml_tree(read_input(path, TOML_BYTES_MAX)), _Founded)
    except Unread as unread:
        if unread.missing:
            raise KeyFault(
                "{directory}: no consortium here ({file} is missing)", directory=directory, file=_FILE
            ) from None
        raise KeyFault("{path}: {unread}", path=path, unread=unread) from None
    except (ValueError, RecursionError) as error:
        raise KeyFault("{path}: not a consortium's description: {error}", path=path, error=error) from None
    if founded.organisations != ORGANISATIONS:
        raise KeyFault("{path}: field organisations; expected {names}", path=path, names=", ".join(ORGANISATIONS))
    if (founded.engine == "fabric") != (founded.fabric is not None):
        raise KeyFault("{path}: field fabric; expected with engine fabric, and with that only", path=path)
    if founded.fabric is not None and (fault := founded.fabric.fault(ORGANISATIONS)) is not None:
        raise KeyFault("{path}: {fault}", path=path, fault=fault)
    return Consortium(
        directory=directory,
        name=founded.name,
        rehearsal=founded.rehearsal,
        fabric=founded.fabric,
        bank_payments_max=founded.bank_payments_max,
        payment_file=founded.payment_file,
        batch_booking=founded.batch_booking,
    )


def build_organisations(
    directory: Path, passphrase: bytes, not_before: datetime, not_after: datetime, organise: Organise | None
) -> None:
    """Make a directory with every organisation's authority and staff. organise, raised: see `found`."""
    if organise is not None:
        organise(directory)
        return
    from lxr.network.authority import Authority  # as above

    for part in (".", "orgs", "union", "bank"):
        make_private_directory(directory / part)
    for org, roles in STAFF.items():
        org_dir = directory / "orgs" / org
        make_private_directory(org_dir)
        authority = Authority.create(org, not_before, not_after)
        authority.save(org_dir, passphrase)
        for role in roles:
            _enrol(authority, org_dir, role, None, passphrase, not_before, not_after)


def write_description(
    directory: Path, name: str, rehearsal: bool, fabric: FabricDescription | None, payment_file: str = PAYMENT_FILE
) -> None:
    """consortium.toml: with it, a directory is a consortium. fabric: None for an embedded one."""
    what_it_is = _WHAT_IT_IS if fabric is None else _WHAT_A_NETWORK_IS
    described = {
        "name": name,
        "rehearsal": rehearsal,
        "engine": "embedded" if fabric is None else "fabric",
        "organisations": ORGANISATIONS,
        "bank_payments_max": BANK_PAYMENTS_MAX,
        "payment_file": payment_file,
        "batch_booking": False,
        **({} if fabric is None else {"fabric": msgspec.to_builtins(fabric)}),
    }
    comment = f"{what_it_is}{_WHAT_A_REHEARSAL_IS if rehearsal else ''}{_WHAT_THE_BANK_TAKES}\n"
    write_atomically(directory / _FILE, (comment + tomli_w.dumps(described)).encode())


def _enrol(
    authority: "Authority",
    directory: Path,
    role: str,
    employer: str | None,
    passphrase: bytes,
    not_before: datetime,
    not_after: datetime,
) -> None:
    certificate_path, key_path = directory / f"{role}.crt", directory / f"{role}.key"
    if certificate_path.exists():
        return
    broken_off = key_path.exists()  # between the two files: taken up where it stopped
    key = read_key(key_path, passphrase) if broken_off else new_key()
    common_name = f"{role}@{employer or authority.org}"
    certificate = authority.issue(common_name, role, employer, key.public_key(), not_before, not_after)
    if not broken_off:
        write_key(key_path, key, passphrase)
    write_certificate(certificate_path, certificate)


def make_private_directory(directory: Path) -> None:
    """Make a directory for keys, persons' data or openings, which no repository takes in. Raises KeyFault."""
    make_directory(directory)
    if not (directory / GITIGNORE).exists():
        write_atomically(directory / GITIGNORE, b"*\n")


def make_directory(directory: Path) -> None:
    """Mode 0700, if it is not there yet; on disk when this returns. Raises KeyFault: cannot be created."""
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise KeyFault("{directory}: cannot be created: {fault}", directory=directory, fault=error) from None
    sync_directory(directory.parent)
