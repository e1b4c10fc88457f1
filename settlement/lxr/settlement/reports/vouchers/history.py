"""Where to find what a voucher stands on: the transactions that wrote a record, up to a moment of the ledger."""

from typing import TYPE_CHECKING, Final, TypeVar

from lxr.chaincode.types import Record
from lxr.chaincode.world import Part, Table
from lxr.node.port import Ledger
from lxr.settlement.errors import VoucherFault

if TYPE_CHECKING:
    from lxr.settlement.reports.projection import Projection
    from lxr.settlement.reports.projection_tables import OrderRow, PayLineRow

R = TypeVar("R", bound=Record)

Place = tuple[int, int, str]
"""Block, position, and id of a transaction."""


class History:
    """The projection points to transactions, and only they are believed. until: the last one that is looked at."""

    def __init__(self, ledger: Ledger, projection: "Projection", until: Place | None = None) -> None:
        self._ledger: Final = ledger
        self._projection: Final = projection
        self._until: Final = until

    def of(self, table: Table[R], *parts: Part) -> set[Place]:
        """Return the transactions that wrote the record."""
        rows = self._projection.writes_of(table.key(*parts))
        places = {(row.block, row.position, row.tx_id) for row in rows}
        return {place for place in places if self._until is None or place <= self._until}

    def get(self, table: Table[R], *parts: Part) -> R | None:
        """Return the record as it is now, or None."""
        (value,) = self._ledger.read([table.key(*parts)])
        return None if value is None else table.decode(value)

    def need(self, table: Table[R], *parts: Part) -> R:
        """Return the record as it is now."""
        record = self.get(table, *parts)
        if record is None:
            raise VoucherFault(
                "the ledger holds no {name} {names}", name=table.name, names="/".join(str(part) for part in parts)
            )
        return record

    def pay_lines(self, worker: str) -> "list[PayLineRow]":
        """Return the worker's, in the order in which they were priced."""
        return self._projection.runs_of_worker(worker)

    def orders(self, worker: str) -> "list[OrderRow]":
        """Return the worker's, in the order in which they were held."""
        return self._projection.orders_of_worker(worker)
