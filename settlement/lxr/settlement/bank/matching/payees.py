"""To whom orders go, as the payment files say that the bank holds."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from lxr.chaincode.cashout_records import BankFile, CashOut, PaymentOrder, file_place
from lxr.node.client import Client
from lxr.settlement.bank.held_files import transfers_held
from lxr.settlement.bank.matching.evidence import Side, side_of
from lxr.settlement.bank.payment_forms import PaymentForm
from lxr.settlement.bank.stated_files import orders_by_file
from lxr.settlement.errors import InputFault


class HeldFiles:
    """The files that the bank has accepted, where they lie, and their form."""

    def __init__(self, client: Client, inbox: Path, form: PaymentForm) -> None:
        self._client, self._inbox, self._form = client, inbox, form

    def payees(self, orders: Mapping[str, PaymentOrder], heads: Mapping[str, CashOut]) -> dict[str, Side]:
        """Return to whom orders go. Those of a file that is not there, or is another one, are left out."""
        wanted: dict[str, set[int]] = defaultdict(set)
        for order in orders.values():
            place = file_place(heads[order.cashout], order.shard)
            if place is not None:
                wanted[order.cashout].add(place)
        found: dict[str, Side] = {}
        for number, places in wanted.items():
            head = heads[number]
            listed = orders_by_file(self._client, number, head)
            for place in sorted(places):
                numbers = [order.order for order in listed[place]]
                found.update(zip(numbers, self._sides(head.files[place], len(numbers)), strict=False))
        return found

    def _sides(self, file: BankFile, payments: int) -> Iterable[Side]:
        try:
            path = self._inbox / f"{file.message_id}{self._form.suffix}"
            read = transfers_held(path, file.digest, payments, self._form)
        except InputFault:
            return ()
        return [side_of(each.creditor_account, each.creditor_name) for each in read or ()]
