"""What the bank's teller decides in a sheet: what each waiting line is. All is checked before anything is said."""

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from lxr.chaincode.assignments import AssignLine
from lxr.chaincode.cashout_records import PaymentOrder, payment_orders
from lxr.chaincode.custody_records import PLATFORM, Booking, bookings
from lxr.chaincode.lines import PARTS_MAX, Target
from lxr.chaincode.types import EmployerNo, EndToEnd
from lxr.node.client import Client
from lxr.node.said import Said
from lxr.settlement.bank.formats import texts
from lxr.settlement.bank.line_commands import assigning
from lxr.settlement.bank.line_sheets.columns import COMPARED, WHAT
from lxr.settlement.bank.line_sheets.reading import SheetRow, read_sheet
from lxr.settlement.bank.line_sheets.rows import by_line, fen_of, refuse_other_facts
from lxr.settlement.bank.line_sheets.sending import Checked, checked
from lxr.settlement.bank.statement_lines import plain
from lxr.settlement.errors import InputFault
from lxr.settlement.keys import BookingKey
from lxr.settlement.permissions import gives

_BETWEEN_PARTS: Final = re.compile(r"[+;；、\s]+")
_TAKEN: Final = ("order", "line", "deposit")
"""What only one line can be."""


class Decision(Struct, frozen=True):
    """What a row says that a line is. booking: the line as the ledger has it."""

    row: SheetRow
    booking: Booking
    target: Target


@gives(AssignLine)
def check_decisions(teller: Client, custody: str, path: Path) -> Checked:
    """Return what a sheet asks the bank to say, all of it checked and tried; a row that decides nothing is passed over.

    A row is done where the bank has said this, or the line was booked so. Raises InputFault: as `read_sheet`.
    """
    sheet = read_sheet(path, (*COMPARED, "what", "number"), ("what", "number"))
    rows, faults = by_line(sheet.rows)
    booked = {booking.line.key: booking for _, booking in teller.scan(bookings, custody)}
    decided: list[Decision] = []
    done = 0
    for key, row in rows.items():
        try:
            decision = _decision(row, booked.get(key))
        except InputFault as fault:
            faults.append(fault)
            continue
        if decision is None:
            done += 1
        else:
            decided.append(decision)
    wrong = _wrong_orders(teller, decided) | _claimed_twice(booked, decided)
    faults += [*sheet.faults, *wrong.values()]
    good = [
        (each.row, assigning(custody, BookingKey.read(each.booking.line.key), each.target))
        for each in decided
        if each.row.number not in wrong
    ]
    return checked(teller, good, done, faults)


def _decision(row: SheetRow, booking: Booking | None) -> Decision | None:
    """Return what a row decides; None: it is done. Raises InputFault."""
    if booking is None:
        raise row.cell_fault("line", "is no line of the ledger", "the line as it was exported")
    target = _target(row)
    said = booking.proposal
    if said is not None and said.target == target and (booking.kind == "waiting" or booking.by_hand):
        amount_fen = booking.waiting_fen if booking.kind == "waiting" else booking.standing_fen
        refuse_other_facts(row, booking, amount_fen, said=False)
        return None
    if booking.kind != "waiting":
        problem = Said("is booked already, as {kind}", kind=booking.kind)
        raise row.cell_fault("line", problem, "a line that waits")
    refuse_other_facts(row, booking, booking.waiting_fen, said=True)
    return Decision(row, booking, target)


def _target(row: SheetRow) -> Target:
    """Return what a row says that its line is. Raises InputFault."""
    word, number = plain(row["what"]), plain(row["number"])
    what = next((each for each, words in WHAT.items() if word in (plain(words.en), plain(words.zh))), None)
    match what:
        case "order":
            return Target("order", _number(row, number, EndToEnd, "a payment order's number, LX…"))
        case "employer":
            return Target("employer", _number(row, number, EmployerNo, "an employer's number like E001"))
        case "line" | "deposit":
            return Target(what, _key(row, number))
        case "parts":
            return Target("parts", "", _parts(row))
        case "platform":
            if number not in ("", plain(PLATFORM)):
                raise row.cell_fault("number", "has a number", "nothing beside the bank's fee or interest")
            return Target("platform", PLATFORM)
    if not word:
        raise row.cell_fault("what", "is empty, and there is a number", "what the line is")
    raise row.cell_fault("what", "is no word of the list", "a word of the list")


def _number(row: SheetRow, number: str, form: Any, expected: str) -> str:
    try:
        return str(msgspec.convert(number, form))
    except msgspec.ValidationError:
        raise row.cell_fault("number", "is no such number", expected) from None


def _key(row: SheetRow, number: str) -> str:
    try:
        return str(BookingKey.read(number))
    except ValueError:
        raise row.cell_fault("number", "is no such number", "a day and a reference like 2026-09-16/B1") from None


def _parts(row: SheetRow) -> tuple[int, ...]:
    amounts = [each for each in _BETWEEN_PARTS.split(row["number"]) if each]
    if not 2 <= len(amounts) <= PARTS_MAX:
        problem = Said("has {count} amounts", count=len(amounts))
        raise row.cell_fault("number", problem, Said("2 to {most} amounts, with + between them", most=PARTS_MAX))
    parts_fen = tuple(fen_of(row, "number", each) for each in amounts)
    if 0 in parts_fen:
        raise row.cell_fault("number", "has an amount of 0", "amounts above 0")
    return parts_fen


def _wrong_orders(client: Client, decided: list[Decision]) -> dict[int, InputFault]:
    """Return what is wrong with the orders that rows name: a whole line is a whole order, to the fen."""
    named = [each for each in decided if each.target.what == "order"]
    found = client.get_each(payment_orders, [(each.target.number,) for each in named])
    faults = {each.row.number: _wrong_order(each, order) for each, order in zip(named, found, strict=True)}
    return {row: fault for row, fault in faults.items() if fault is not None}


def _wrong_order(decision: Decision, order: PaymentOrder | None) -> InputFault | None:
    if order is None:
        return decision.row.cell_fault("number", "is no order of the ledger", "the number of a payment order")
    if order.amount_fen != decision.booking.waiting_fen:
        problem = Said("the order is of {yuan}", yuan=texts.yuan(order.amount_fen))
        return decision.row.cell_fault("number", problem, "an order of the line's amount, or `lxr bank line assign`")
    return None


def _claimed_twice(booked: Mapping[str, Booking], decided: list[Decision]) -> dict[int, InputFault]:
    """Return the rows that name what another line is too: by a row, by what the bank has said, or by its own id."""
    targets = {
        key: booking.proposal.target
        for key, booking in booked.items()
        if booking.kind == "waiting" and booking.proposal is not None
    }
    targets |= {each.booking.line.key: each.target for each in decided}
    claimed: dict[str, set[str]] = defaultdict(set)
    for key, target in targets.items():
        claimed[key].add(key)  # so that nothing undoes it at the same time
        if target.what in _TAKEN:
            claimed[target.number].add(key)
    for key, booking in booked.items():
        if booking.kind == "waiting" and booking.line.order is not None:
            claimed[booking.line.order].add(key)
    faults = {}
    for each in decided:
        key = each.booking.line.key
        things = [key, *([each.target.number] if each.target.what in _TAKEN else [])]
        others = sorted({other for thing in things for other in claimed[thing]} - {key})
        if others:
            problem = Said("{other} is or undoes the same", other=others[0])
            faults[each.row.number] = each.row.cell_fault("number", problem, "one line for it")
    return faults
