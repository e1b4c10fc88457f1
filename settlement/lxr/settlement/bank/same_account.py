"""Payments that came back, and would go to the very account that they came back from.

Whether they may is the treasurer's decision, with a reason. The ledger has no room for that: it shows that the new
order has the commitment of the old one, where the account stayed in use, and who prepared and approved it; the reason
is kept at the union's office.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta, Struct

from lxr.chaincode.cashout_records import cash_outs, payment_orders
from lxr.node.client import Client
from lxr.node.said import Said
from lxr.settlement.bank.cashout import orders_of
from lxr.settlement.errors import InputFault
from lxr.settlement.files import read_bounded, write_durably
from lxr.settlement.people.person import Person
from lxr.settlement.people.shown import shown

if TYPE_CHECKING:
    from lxr.settlement.people.store import People

DECISIONS: Final = "same-account.jsonl"
"""The file's name in the union's directory."""
_BYTES_MAX: Final = 16 * 1024 * 1024
_OF_MONEY_THAT_CAME_BACK: Final = ("workers", "all")


class SentBack(Struct, frozen=True):
    """An order whose money came back or was rejected, with the bank's reason, and goes again where it came from."""

    order: str
    worker: str
    reason: str | None


class Decision(Struct, frozen=True, forbid_unknown_fields=True):
    """That an order's money may go to the same account again, with another cash-out: who says so, when and why."""

    cashout: str
    order: str
    reason: Annotated[str, Meta(min_length=1, max_length=200)]
    person: str
    at_ms: int


def sent_back(client: Client, people: "People", number: str) -> tuple[SentBack, ...]:
    """Return what a cash-out sends again to an account that it came back from, be it payments ago.

    One that is in use again after another has a new commitment; the persons tell that it is the same.
    Raises PeopleFault: unknown person. Refuses: Unknown; as ShowPerson.
    """
    if client.need(cash_outs, number).scope not in _OF_MONEY_THAT_CAME_BACK:
        return ()
    again = client.get_each(payment_orders, [(view.order,) for view in orders_of(client, number)])
    pairs = [(order, each) for order in again if order is not None and order.worker for each in order.instead_of]
    workers = list(dict.fromkeys(order.worker for order, _ in pairs if order.worker))
    persons = shown(client, people, workers, f"payment {number}")
    found: list[SentBack] = []
    while pairs:
        before = client.get_each(payment_orders, [(each,) for _, each in pairs])
        longer = []
        for (order, each), earlier in zip(pairs, before, strict=True):
            if earlier is None or not order.worker:
                continue
            if _same(persons[order.worker], order.payee_commitment, earlier.payee_commitment):
                found.append(SentBack(each, order.worker, earlier.reason))
            longer += [(order, one) for one in earlier.instead_of]
        pairs = longer
    return tuple(dict.fromkeys(found))


def _same(person: Person, one: str, other: str) -> bool:
    """Whether two commitments are to one account of a person's."""
    first, second = person.behind(one), person.behind(other)
    if first is None or second is None:
        return one == other
    return (first.bank_account, first.bank_code) == (second.bank_account, second.bank_code)


def refuse_same_account(cases: Sequence[SentBack]) -> None:
    """Raise InputFault: there is one, and nobody has decided that it may go there again."""
    if cases:
        case = cases[0]
        problem = Said(
            "{worker} would be paid to the account from which {order} came back ({reason})",
            worker=case.worker,
            order=case.order,
            reason=case.reason or "-",
        )
        expected = "another account that the worker approves, or `--same-account` with the reason"
        raise InputFault(file=Said("order {order}", order=case.order), problem=problem, expected=expected)


def keep(path: Path, decisions: Sequence[Decision]) -> None:
    """Add decisions to those that the office keeps, each once. Raises InputFault: the file cannot be read."""
    there = kept(path)
    said = {(each.cashout, each.order, each.reason, each.person) for each in there}
    new = [each for each in decisions if (each.cashout, each.order, each.reason, each.person) not in said]
    if new:
        write_durably(path, msgspec.json.Encoder().encode_lines([*there, *new]))


def kept(path: Path) -> list[Decision]:
    """Return the decisions that the office keeps. Raises InputFault: the file cannot be read."""
    if not path.exists():
        return []
    try:
        return msgspec.json.Decoder(Decision).decode_lines(read_bounded(path, _BYTES_MAX))
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise InputFault(
            file=path.name, problem=Said("{fault}", fault=fault), expected="the office's decisions"
        ) from None
