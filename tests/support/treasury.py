"""What the tests of the treasury share: a month that is paid, statements made by hand."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from consortium import House
from lxr.chaincode.cashout_records import CashOutState, cash_outs
from lxr.chaincode.custody_records import Transit, transits
from lxr.chaincode.days import day_of
from lxr.chaincode.instruction import AcceptCashOut
from lxr.chaincode.pay_rules import PerUnit
from lxr.node.port import Ledger
from lxr.settlement.bank import cashout, instruction
from lxr.settlement.bank.desk import ImportReport, import_statement
from lxr.settlement.bank.formats import camt053
from lxr.settlement.bank.model import Entry, Party, Statement
from lxr.settlement.errors import InputFault
from lxr.settlement.pay import payday
from lxr.settlement.terms import agreement as terms
from parties import CUSTODY
from team import BANK_CODE, Team
from termsdocuments import RIDER_RULES, rider_terms

UNION: Final = Party("成都灵活就业工会", BANK_CODE)
PAYDAY: Final = date(2026, 9, 15)
DAY_FEN: Final = 20_000
"""What a worker earns on a day of 8 hours and 20 orders: 130.00 for the orders, 200.00 guaranteed."""
SHANGHAI: Final = timezone(timedelta(hours=8))


LEFT: Final = (
    *("wages/", "account/employer:E001", "account/held:", "account/pending_redemption:", "account/run:"),
    *("run/", "run_shard/", "lines/", "earned/", "cashout/", "cashout_shard/", "payment_order/"),
)
"""Where a payday leaves its marks: balances, lines, orders."""


def worked(house: House, team: Team, days: int = 2) -> None:
    """The first days of August, the same for all; then it is noon of the payday in September."""
    for number in range(days):
        day = house.clock.go(date(2026, 8, 3) + timedelta(days=number))
        house.work(day, team.rows(orders=20, minutes=480))
    house.clock.go(PAYDAY)


def worked_and_amended(house: House, team: Team) -> None:
    """Two days of August at 6.50 an order and, after an amendment, two at 7.00; then it is noon of the payday.

    Days like those of `worked`, 3, 4, 6 and 7 August.
    """
    for day in (3, 4):
        house.work(house.clock.go(date(2026, 8, day)), team.rows(orders=20, minutes=480))
    rules = (PerUnit("orders", 700), *RIDER_RULES[1:])
    amended = rider_terms(team.employer, rules=rules, effective_from=date(2026, 8, 5))
    terms.propose(house.signer(team.employer), team.employer, team.terms, amended)
    terms.accept(house.operator, team.terms, 2)
    terms.activate(house.operator, team.terms, 2)
    terms.join(house.operator, team.terms, 2, team.keys)
    for day in (6, 7):
        house.work(house.clock.go(date(2026, 8, day)), team.rows(orders=20, minutes=480))
    house.clock.go(PAYDAY)


def worked_and_paid_into(house: House, workers: int, shards: int, days: int) -> None:
    """Employ workers of E001 who have worked these days, which nobody has answered; and its money is there."""
    worked(house, house.employ(workers, employer="E001", shards=shards), days)
    house.deposit(50_000_000)


def left_by_a_payday(ledger: Ledger) -> dict[str, bytes]:
    """The run and its cash-out, every line and order, the balances of all workers, of E001 and of the union."""
    return {key: value for prefix in LEFT for key, value in ledger.scan(prefix)}


def paid(house: House, team: Team, days: int = 2) -> payday.PaydayReport:
    """The month worked, funded and paid, its cash-out held."""
    worked(house, team, days)
    house.deposit(10_000_000, team.employer)
    return payday.payday(house.treasurer, house.operator, team.employer, PAYDAY)


def instructed(house: House, number: str, day: date = PAYDAY) -> tuple[cashout.OrderView, ...]:
    """The cash-out given to the bank that day, in the consortium's own directory, and accepted by it.

    A deposit that two persons have attested covers it up to the next working day, later only one on a statement.
    """
    house.clock.go(day)
    instruction.instruct(house.treasurer, house.people, number, UNION, noon(day), day)
    approved(house, number)
    accepted(house, number)
    return cashout.orders_of(house.treasurer, number)


def approved(house: House, number: str, **fields: Any) -> instruction.Instruction:
    """What is prepared, approved by all whom it takes and given to the bank."""
    bank = house.consortium.bank_dir
    said = instruction.approve(house.operator, house.people, number, bank, UNION, **fields)
    if said.waiting_for:
        said = instruction.approve(house.admin, house.people, number, bank, UNION, **fields)
    return said


def accepted(house: House, number: str) -> None:
    """The bank's teller accepts the file that has left: it will be paid."""
    digests = tuple(file.digest for file in house.treasurer.need(cash_outs, number).files)
    house.teller.submit(AcceptCashOut(request_id=f"accept:{number}", cashout=number, files=digests))
    assert cashout.cash_out_status(house.treasurer, number).state is CashOutState.ACCEPTED


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=SHANGHAI)


def bring(house: House, path: Path) -> ImportReport:
    """The teller brings a statement: on its day, or now where that is later."""
    with suppress(InputFault):  # a file that is no statement has no day
        written = camt053.read(path.read_bytes(), path.name).date
        if day_of(house.clock()) < written:
            house.clock.go(written)
    return import_statement(house.teller, CUSTODY, path)


def entry(
    ref: str,
    amount_fen: int,
    credit: bool,
    end_to_end: str | None = None,
    reason: str | None = None,
    remittance: str = "",
) -> Entry:
    """One line of a statement, of the payday."""
    return Entry(amount_fen, credit, False, PAYDAY, PAYDAY, ref, end_to_end, "", "", reason, remittance)


def in_transit(house: House) -> tuple[Entry, ...]:
    """The lines of all deposits that are attested and on no statement, each of its own booking day."""
    found = house.treasurer.get(transits, CUSTODY) or Transit()
    return tuple(
        replace(
            entry(each.booking, each.amount_fen, True, f"{each.employer}D1"),
            booking_date=each.day,
            value_date=each.day,
        )
        for each in found.deposits
    )


def payouts(orders: Iterable[cashout.OrderView], prefix: str = "P") -> tuple[Entry, ...]:
    """The debits that pay these orders, P1, P2 …"""
    return tuple(
        entry(f"{prefix}{number}", order.amount_fen, False, order.order) for number, order in enumerate(orders, start=1)
    )


def statement(
    directory: Path,
    entries: Sequence[Entry],
    *,
    sequence: int | None = 1,
    day: date = PAYDAY,
    opening_fen: int = 0,
    account: str = CUSTODY,
    earlier: Sequence[Entry] = (),
) -> Path:
    """A statement that adds up, as a file; all its lines are of its day, but for earlier ones, of days of their own.

    A statement must have what is `in_transit`, or that is missing.
    """
    entries = [*earlier, *(replace(line, booking_date=day, value_date=day) for line in entries)]
    closing_fen = opening_fen + sum(line.signed_fen for line in entries)
    made = Statement(f"S{sequence}", sequence, account, day, opening_fen, closing_fen, tuple(entries))
    path = directory / f"statement-{sequence}.xml"
    path.write_bytes(camt053.write(made))
    return path
