"""What a voucher stands on: the founding and some transactions of the ledger, read as one small state.

From the ledger and from a proof comes the same Evidence, so what a voucher says is made, and checked, by one function.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final, TypeVar

import msgspec

from lxr_chaincode.caller import Caller, caller_of
from lxr_chaincode.command import Command, request_scope, requests
from lxr_chaincode.contract import decode_command
from lxr_chaincode.governance import Genesis, geneses
from lxr_chaincode.types import Record
from lxr_chaincode.world import Part, Table
from lxr_node.envelope import Payload, open_payload
from lxr_node.port import Located
from lxr_settlement.errors import VoucherFault
from lxr_token.refusal import Refusal

R = TypeVar("R", bound=Record)


class Act:
    """One transaction, as its sender signed it, with what it wrote."""

    def __init__(self, located: Located) -> None:
        self.block: Final = located.block
        self.position: Final = located.position
        self.tx_id: Final = located.transaction.tx_id
        self.signature: Final = located.transaction.envelope.signature
        self.envelope: Final = located.transaction.envelope
        self.writes: Final = dict(located.transaction.writes)

    @cached_property
    def payload(self) -> Payload:
        """What was signed."""
        return open_payload(self.envelope)

    @cached_property
    def command(self) -> Command:
        """As the present contract reads it."""
        try:
            return decode_command(bytes(self.payload.command))
        except Refusal as refusal:
            raise VoucherFault(f"transaction {self.tx_id}: {refusal}") from None

    @cached_property
    def caller(self) -> Caller:
        """Whose certificate signed."""
        return caller_of(self.payload.certificate)

    @property
    def at_ms(self) -> int:
        """Its own time, unix ms."""
        return self.payload.at_ms

    @property
    def command_name(self) -> str:
        """As in "payroll.fund"."""
        return str(type(self.command).__struct_config__.tag)

    @cached_property
    def answer(self) -> dict[str, Any]:
        """What the contract answered, from the record of the request."""
        found = self.wrote(requests, request_scope(self.caller), self.command.request_id)
        if found is None:
            raise VoucherFault(f"transaction {self.tx_id} wrote no answer to its request")
        answer: dict[str, Any] = msgspec.json.decode(found.result)
        return answer

    def wrote(self, table: Table[R], *parts: Part) -> R | None:
        """The record that it wrote under this key, or None."""
        value = self.writes.get(table.key(*parts))
        return None if value is None else table.decode(value)

    def all(self, table: Table[R]) -> dict[tuple[str, ...], R]:
        """The records of a table that it wrote, by their key's parts."""
        split = {tuple(key.split("/")): value for key, value in self.writes.items()}
        return {parts[1:]: table.decode(value) for parts, value in split.items() if parts[0] == table.name}


class Evidence:
    """The acts in the ledger's order. A record is as the last of them left it."""

    def __init__(self, founding: Located, located: Sequence[Located]) -> None:
        self.founding: Final = Act(founding)
        self.acts: Final = tuple(Act(each) for each in located)
        if not self.acts:
            raise VoucherFault("there is no transaction to stand on")

    @cached_property
    def genesis(self) -> Genesis:
        """Of the ledger."""
        found = self.founding.wrote(geneses)
        if found is None:
            raise VoucherFault("the first transaction is not the founding of a ledger")
        return found

    def get(self, table: Table[R], *parts: Part) -> R | None:
        """The record as the last act left it, or None if none wrote it."""
        act = self.writer(table, *parts)
        return None if act is None else act.wrote(table, *parts)

    def need(self, table: Table[R], *parts: Part) -> R:
        """A record that must have been written."""
        record = self.get(table, *parts)
        if record is None:
            raise VoucherFault(f"nothing here wrote {table.key(*parts)}")
        return record

    def writer(self, table: Table[Any], *parts: Part) -> Act | None:
        """The last act that wrote this key."""
        key = table.key(*parts)
        return next((act for act in reversed(self.acts) if key in act.writes), None)

    def all(self, table: Table[R]) -> dict[tuple[str, ...], R]:
        """The records of a table by their key's parts, in the order in which they were first written."""
        found: dict[tuple[str, ...], R] = {}
        for act in self.acts:
            found |= act.all(table)
        return found

    def only(self) -> Act:
        """The one act of a voucher about one transaction."""
        if len(self.acts) != 1:
            raise VoucherFault("the voucher is about one transaction, and here are several")
        return self.acts[0]
