"""The contracts that this node has: the one it is built with, and every one released before it.

Each transaction runs, and is checked, under the contract in force at its place of the ledger. Those of earlier releases
are loaded under names of their own (`lxr_VERSION`), from the bytes that their version names.
"""

import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec
from msgspec import Struct

from lxr.chaincode.envelope import Envelope, encode_envelope
from lxr.chaincode.leaves import ActRecord, Leaf
from lxr.chaincode.ledger_refusals import ContractMissing
from lxr.chaincode.refusals import BY_CODE
from lxr.chaincode.world import Reader, Verify
from lxr.node.blocks import Transaction
from lxr.node.port import NOT_FOUNDED, Ledger, LedgerFault
from lxr.node.version import PARTS, contract_version, version_of
from lxr.released import RELEASES
from lxr.token.refusal import Refusal

if TYPE_CHECKING:
    from lxr.chaincode.contract import Accepted, Call

IN_FORCE: Final = "contract"
"""The key of the record that says which contract is in force: the same under every contract."""


RELEASED: Final = Path(str(files("lxr.released")))
"""The folder of the released contracts."""


class CanRead(Protocol):
    """What has a state: a ledger, or the file of one."""

    def read(self, keys: Sequence[str]) -> list[bytes | None]:
        """See `Ledger.read`."""


class _Record(Struct):
    """What every contract keeps under that key; a later one may keep more."""

    version: str
    switches: list[tuple[str, str]] = []


_record: Final = msgspec.json.Decoder(_Record).decode
_act: Final = msgspec.json.Decoder(ActRecord).decode


class Founding(Struct, frozen=True):
    """What a founding says. roots: organisation → its root certificate (PEM). contract: see `Contract.version`."""

    roots: Mapping[str, str]
    rehearsal: bool
    channel: str
    genesis_block: str
    contract: str


class Contract:
    """One contract, by its version. What it is given and gives back are bytes, plain values, and a call of its own.

    All functions refuse as those of `lxr.chaincode.interface`; whichever contract says it, a refusal is of the newest
    one's classes.
    """

    def __init__(self, version: str, interface: Any) -> None:
        self.version: Final = version
        self._interface: Final = interface
        self._refusal: Final[type[Exception]] = interface.Refusal

    @property
    def is_newest(self) -> bool:
        """Whether it is the one that this node is built with."""
        return self.version == contract_version()

    def admit(self, envelope: Envelope, genesis: bytes) -> "Call":
        """Return the call in an envelope. genesis: the record of the ledger's founding."""
        call: Call = self._ask("admit", encode_envelope(envelope), genesis)
        return call

    def admit_founding(self, envelope: Envelope) -> "tuple[Call, Founding]":
        """Return the call that founds a ledger, and what it says."""
        call, said = self._ask("admit_founding", encode_envelope(envelope))
        return call, Founding(**said)

    def admit_shown(self, envelope: Envelope, ledgers: Sequence[str] | None, roots: Mapping[str, str]) -> "Call":
        """Return the call in an envelope that is shown without its seed."""
        call: Call = self._ask("admit_shown", encode_envelope(envelope), ledgers, roots)
        return call

    def execute(self, reader: Reader, call: "Call", verify: Verify | None = None) -> "Accepted":
        """Run a call on the state under it. call: as this contract has admitted it. verify: see `verify`, the default.

        What another contract makes of a worker's signature never counts: a later one may be stricter.
        """
        from lxr.chaincode.contract import Accepted

        accepted = self._ask("execute", reader, call, verify or self.verify)
        return Accepted(accepted.result, accepted.writes, accepted.replay)

    def verify(self, public_key: str, signature: bytes, message: bytes) -> bool:
        """Return whether that key made this signature, as this contract judges it. See `lxr.chaincode.world.Verify`."""
        good: bool = self._ask("bare_verify", public_key, signature, message)
        return good

    def brings(self, call: "Call") -> str | None:
        """Return the version that a call states to be on its sender's node, or brings into force; None: neither."""
        brought: str | None = self._ask("brings", call)
        return brought

    def foreseen(self, envelope: Envelope) -> list[str]:
        """Return the keys that are read of an envelope whatever it commands."""
        keys: list[str] = self._ask("foreseen", encode_envelope(envelope))
        return keys

    def act(self, block: int, position: int, transaction: Transaction) -> ActRecord:
        """Return what the first leaf of a transaction at that place says."""
        return _act(self._ask("act", *_placed(block, position, transaction)))

    def leaves(self, block: int, position: int, transaction: Transaction) -> list[Leaf]:
        """Return the leaves of a transaction at that place."""
        leaves = self._ask("leaves", *_placed(block, position, transaction), transaction.writes)
        return [Leaf(*each) for each in leaves]

    def leaf_hashes(self, block: int, position: int, transaction: Transaction) -> list[bytes]:
        """Return the hashes of the leaves of a transaction at that place."""
        hashes: list[bytes] = self._ask("leaf_hashes", *_placed(block, position, transaction), transaction.writes)
        return hashes

    def parts(self, writes: tuple[tuple[str, bytes], ...]) -> dict[str, dict[str, bytes]]:
        """Return the parts of each of these records, by key and number."""
        return dict(self._ask("parts", writes))

    def _ask(self, function: str, *given: Any) -> Any:
        try:
            return getattr(self._interface, function)(*given)
        except self._refusal as refusal:
            raise _as_newest(refusal) from None


class Succession:
    """Which contract each next transaction of a ledger runs under, as its blocks are gone through.

    version: the one in force before the next block; None before the founding.
    """

    def __init__(self, version: str | None = None) -> None:
        self.version = version

    def next(self, transaction: Transaction) -> Contract:
        """Return the contract of the next transaction, which may bring another into force. Refuses: ContractMissing."""
        under, self.version = self._around(transaction)
        return contract(under)

    def pass_over(self, transaction: Transaction) -> None:
        """Go on to what follows a transaction."""
        _, self.version = self._around(transaction)

    def _around(self, transaction: Transaction) -> tuple[str, str | None]:
        brought = next((value for key, value in transaction.writes if key == IN_FORCE), None)
        after = self.version if brought is None else _decoded(brought).version
        # A founding runs under the contract that it names. What Fabric has before it is not valid, and of that every
        # contract makes the same leaf.
        return self.version or after or contract_version(), after


def contracts_here() -> tuple[str, ...]:
    """Return the versions of all contracts that this node has, the newest first."""
    earlier = [version for version in reversed(RELEASES.values()) if version != contract_version()]
    return (contract_version(), *earlier)


@cache
def contract(version: str) -> Contract:
    """Return the contract of that version. Refuses: ContractMissing."""
    if version == contract_version():
        from lxr.chaincode import interface as newest  # all commands are slow to load, and reading needs none

        return Contract(version, newest)
    if version not in RELEASES.values():
        raise ContractMissing(contract=version)
    return Contract(version, load(version, RELEASED / version))


def load(version: str, folder: Path) -> ModuleType:
    """Load a contract's interface from its folder, under a name of its own.

    Raises LedgerFault: the folder holds another contract than its name says, or what could run in place of it.
    """
    found = version_of({part: folder / part for part in PARTS})
    beside = [path for path in folder.rglob("*") if _could_run_unseen(path)]
    if found != version or beside:
        holds = f"holds {beside[0].name}" if beside else f"holds contract {found}"
        raise LedgerFault("{folder}: {holds}: this release is damaged, install it again", folder=folder, holds=holds)
    name = f"lxr_{version}"
    package = ModuleType(name)
    package.__path__ = [str(folder)]
    sys.modules[name] = package
    return import_module(f"{name}.chaincode.interface")


def _could_run_unseen(path: Path) -> bool:
    """Whether Python could take it in place of a source file, and the version says nothing of it."""
    if path.is_dir():
        return path.is_symlink()  # what is behind it is not gone through
    return path.suffix != ".py" and (path.suffix, path.parent.name) != (".pyc", "__pycache__")


def in_force(reader: Reader) -> Contract | None:
    """Return the contract under which the next transaction runs; None before the founding. Refuses: ContractMissing."""
    (value,) = reader.get_many([IN_FORCE])
    return None if value is None else contract(_decoded(value).version)


def refuse_lacking(under: Contract, call: "Call") -> None:
    """Refuse the word that a node has a contract, and the switch to one, where this node does not have it.

    Whoever's word it is: where an organisation's own node refuses, the others are asked. So no such word is endorsed,
    and a mistyped version comes nowhere, before as many nodes have the contract as endorse. Refuses: ContractMissing.
    """
    version = under.brings(call)
    if version is not None and version not in contracts_here():
        raise ContractMissing(contract=version)


def admit_shown(envelope: Envelope, ledgers: Sequence[str] | None, roots: Mapping[str, str]) -> "Call":
    """Return the call in an envelope that is shown by itself, as the newest contract admits it that does.

    Refuses: as the newest.
    """
    first: Refusal | None = None
    for version in contracts_here():
        try:
            return contract(version).admit_shown(envelope, ledgers, roots)
        except Refusal as refusal:
            first = first or refusal
    assert first is not None
    raise first


def version_in_force(ledger: CanRead) -> str | None:
    """Return the version under which a ledger's next transaction runs, whether this node has it or not."""
    (value,) = ledger.read([IN_FORCE])
    return None if value is None else _decoded(value).version


def founder(founding: Envelope) -> "tuple[Contract, Call, Founding]":
    """Return the contract that a founding names, and what that makes of it. Refuses: as the newest does; else
    ContractMissing."""
    named, refused = "", None
    for version in contracts_here():  # an older contract may read its own founding otherwise, or alone
        under = contract(version)
        try:
            call, said = under.admit_founding(founding)
        except Refusal as refusal:
            refused = refused or (refusal if under.is_newest else None)
            continue
        if said.contract == version:
            return under, call, said
        named = named or said.contract
    raise refused or ContractMissing(contract=named)


def contract_at(ledger: Ledger, block: int, position: int) -> Contract:
    """Return the contract under which the transaction at that place ran. Refuses: ContractMissing."""
    (value,) = ledger.read([IN_FORCE])
    if value is None:
        raise LedgerFault(NOT_FOUNDED)
    record = _decoded(value)
    for ended, tx_id in record.switches:
        switch = ledger.transaction(tx_id)
        if switch is None:
            raise LedgerFault("transaction {tx_id}, which ended contract {ended}, is missing", tx_id=tx_id, ended=ended)
        if (block, position) <= (switch.block, switch.position):
            return contract(ended)
    return contract(record.version)


def _decoded(value: bytes) -> _Record:
    try:
        return _record(value)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise LedgerFault("the record of the contract in force is damaged") from None


def _placed(block: int, position: int, transaction: Transaction) -> tuple[int, int, str, bool, bytes]:
    return block, position, transaction.tx_id, transaction.valid, encode_envelope(transaction.envelope)


def _as_newest(refusal: Any) -> Refusal:
    if isinstance(refusal, Refusal):
        return refusal
    return BY_CODE[refusal.code](**refusal.facts)
