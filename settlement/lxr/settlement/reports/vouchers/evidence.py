"""What a voucher stands on: the founding and some transactions of the ledger, read as one small state.

From the ledger and from a proof comes the same Evidence, so what a voucher says is made, and checked, by one function.
What that function reads is noted: a proof shows those parts of records and no others.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Final, Self, TypeVar

import msgspec

from lxr.chaincode.caller import Caller
from lxr.chaincode.command import AnyCommand, Command, RequestRecord, requests
from lxr.chaincode.contract import decode_command
from lxr.chaincode.envelope import Envelope, open_payload
from lxr.chaincode.founding import Genesis, geneses
from lxr.chaincode.leaves import ACT, ActRecord
from lxr.chaincode.parts import COMMON, SUMS
from lxr.chaincode.receipt import Receipt
from lxr.chaincode.types import Record
from lxr.chaincode.world import Part, Table
from lxr.node.client import answer_of
from lxr.node.contracts import contract_at
from lxr.node.port import Ledger, LedgerFault, Located
from lxr.settlement.errors import VoucherFault
from lxr.token.refusal import Refusal

A = TypeVar("A", bound=Record)
R = TypeVar("R", bound=Record)
Parts = Mapping[str, Mapping[str, bytes]]
"""By key and number, the parts of records."""


class Act:
    """One transaction: who signed it, and parts of what it wrote. read: key and number of those that were asked for."""

    def __init__(self, act: ActRecord, parts: Parts, complete: bool, envelope: Envelope | None) -> None:
        if act.signing is None:
            raise VoucherFault("transaction {tx_id} is not valid", tx_id=act.tx_id)
        signing = act.signing
        self.block: Final = act.block
        self.position: Final = act.position
        self.tx_id: Final = act.tx_id
        self.at_ms: Final = signing.at_ms
        self.command_name: Final = signing.command
        self.caller: Final = Caller(signing.organisation, signing.role, signing.employer, signing.certificate_serial)
        self.signature: Final = signing.signature
        self.read: Final[set[tuple[str, str]]] = set()
        self.envelope_read = False
        self._envelope: Final = envelope
        self._complete: Final = complete
        self._parts: Final = parts

    @classmethod
    def from_ledger(cls, ledger: Ledger, located: Located) -> Self:
        """All of it, as the ledger holds it."""
        transaction = located.transaction
        under = contract_at(ledger, located.block, located.position)
        act = under.act(located.block, located.position, transaction)
        return cls(act, under.parts(transaction.writes), True, transaction.envelope)

    @classmethod
    def from_receipt(cls, act: ActRecord, receipt: Receipt, envelope: Envelope | None) -> Self:
        """Return what a proof shows of it. act: as `open_receipt` gives it."""
        parts: dict[str, dict[str, bytes]] = {}
        for leaf in (shown.leaf for shown in receipt.shown):
            if leaf.key != ACT:
                parts.setdefault(leaf.key, {})[leaf.of] = leaf.value.encode()
        return cls(act, parts, receipt.complete, envelope)

    @cached_property
    def command(self) -> AnyCommand:
        """As the present contract reads it. Raises VoucherFault: the proof does not show the envelope."""
        self.envelope_read = True
        if self._envelope is None:
            raise VoucherFault("what was signed as transaction {tx_id} is not shown", tx_id=self.tx_id)
        try:
            return decode_command(bytes(open_payload(self._envelope).command))
        except Refusal as refusal:
            raise VoucherFault("transaction {tx_id}: {refusal}", tx_id=self.tx_id, refusal=refusal) from refusal

    @cached_property
    def request(self) -> tuple[str, RequestRecord]:
        """The id of its request, and the record of that."""
        found = self.all(requests, where=lambda record: record.tx_id == self.tx_id and record.body is not None)
        for (_, request_id), record in found.items():
            return request_id, record
        raise VoucherFault("transaction {tx_id} wrote no answer to its request", tx_id=self.tx_id)

    def answer(self, kind: type[Command[A]]) -> A:
        """Return what the contract answered, to a command of that kind. Raises VoucherFault: it is no answer to one."""
        try:
            return answer_of(kind, bytes(self.request[1].result))
        except LedgerFault as fault:
            raise VoucherFault("transaction {tx_id}: {fault}", tx_id=self.tx_id, fault=fault) from None

    def everything(self) -> Sequence[str]:
        """Return the keys of all records that it wrote, of which everything is then shown.

        Raises VoucherFault: it is not.
        """
        if not self._complete:
            raise VoucherFault("not everything that transaction {tx_id} wrote is shown", tx_id=self.tx_id)
        self.read.update((key, of) for key, parts in self._parts.items() for of in parts)
        return tuple(self._parts)

    def wrote(self, table: Table[R], *parts: Part, of: str = COMMON) -> R | None:
        """Return the record that it wrote under this key, or None. of: the worker whose part is to be in it, or SUMS.

        Raises VoucherFault: its sums are asked for, and not shown.
        """
        key = table.key(*parts)
        return self._record(table, key, of) if key in self._parts else None

    def whole(self, table: Table[R], *parts: Part) -> R | None:
        """Return the record with everybody's part in it. Raises VoucherFault: not everything is shown."""
        key = table.key(*parts)
        return _join(table, key, self._parts[key]) if key in self.everything() else None

    def all(
        self, table: Table[R], of: str = COMMON, where: Callable[[R], bool] = lambda _: True
    ) -> dict[tuple[str, ...], R]:
        """Return the records of a table that it wrote, by their key's parts.

        of: only those in which that one has a part.
        """
        found = {}
        for key, parts in self._parts.items():
            name, *rest = key.split("/")
            if name == table.name and of in parts and where(record := self._joined(table, key, of)):
                self._read(key, of)
                found[tuple(rest)] = record
        return found

    def _record(self, table: Table[R], key: str, of: str) -> R:
        self._read(key, of)
        return self._joined(table, key, of)

    def _joined(self, table: Table[R], key: str, of: str) -> R:
        there = self._parts[key]
        if of == SUMS and SUMS not in there:
            raise VoucherFault("the sums of {key} in transaction {tx_id} are not shown", key=key, tx_id=self.tx_id)
        return _join(table, key, {number: there[number] for number in (COMMON, of) if number in there})

    def _read(self, key: str, of: str) -> None:
        self.read.update({(key, COMMON), (key, of)})


class Evidence:
    """The acts in the ledger's order. A record is as the last of them left it."""

    def __init__(self, founding: Act, acts: Sequence[Act]) -> None:
        self.founding: Final = founding
        self.acts: Final = tuple(acts)
        if not self.acts:
            raise VoucherFault("there is no transaction to stand on")

    @cached_property
    def genesis(self) -> Genesis:
        """Of the ledger."""
        found = self.founding.wrote(geneses)
        if found is None:
            raise VoucherFault("the first transaction is not the founding of a ledger")
        return found

    def get(self, table: Table[R], *parts: Part, of: str = COMMON) -> R | None:
        """Return the record as the last act left it, or None if none wrote it. of: see `Act.wrote`."""
        written = [act.wrote(table, *parts, of=of) for act in self.acts]  # all: so each shows what it has to do with it
        return next((record for record in reversed(written) if record is not None), None)

    def need(self, table: Table[R], *parts: Part, of: str = COMMON) -> R:
        """Return a record that must have been written."""
        record = self.get(table, *parts, of=of)
        if record is None:
            raise VoucherFault("nothing here wrote {key}", key=table.key(*parts))
        return record

    def all(self, table: Table[R], of: str = COMMON) -> dict[tuple[str, ...], R]:
        """Return the records of a table by their key's parts, see `Act.all`, as the last act left each."""
        found: dict[tuple[str, ...], R] = {}
        for act in self.acts:
            found |= act.all(table, of)
        return found

    def only(self) -> Act:
        """Return the one act of a voucher about one transaction."""
        if len(self.acts) != 1:
            raise VoucherFault("the voucher is about one transaction, and here are several")
        return self.acts[0]


def _join(table: Table[R], key: str, parts: Mapping[str, bytes]) -> R:
    try:
        return table.join(parts)
    except msgspec.ValidationError:
        raise
    except (ValueError, LookupError) as fault:
        raise VoucherFault("what is shown of {key} makes no record: {fault}", key=key, fault=fault) from None
