from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from consortium import CUSTODY, House, rehearsal
from lxr_chaincode.custody import AssignDeposit
from lxr_chaincode.custody_records import bookings
from lxr_settlement import cashout, deposits
from lxr_settlement.bankfiles import camt053
from lxr_settlement.bankfiles.camt053 import Entry, Statement
from lxr_settlement.reconcile import Reconciliation, reconcile
from treasury import PAYDAY, bring, entry, instructed, paid, payouts, statement

NUMBER = "CE001-20260915"


@dataclass
class Month:
    """Three statements, imported: deposit and three payouts; one of them back; a deposit in transit beside them."""

    house: House
    orders: tuple[cashout.OrderView, ...]
    paths: list[Path]

    def reconcile(self) -> Reconciliation:
        return reconcile(self.house.client("bank", "auditor"), CUSTODY, self.paths)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    directory = tmp_path_factory.mktemp("month")
    with rehearsal(directory) as house:
        paid(house, house.employ(4))
        (((_, ref), _),) = house.treasurer.scan(bookings, CUSTODY)
        orders = instructed(house, NUMBER)
        days: list[list[Entry]] = [
            [entry(ref, 10_000_000, True, "E001DABC"), *payouts(orders[:3])],
            [entry("R1", orders[0].amount_fen, True, orders[0].order, "AC04")],
            [entry("D2", 500, True, "E001DXYZ"), entry("D3", 700, True, "E001DXYZ2"), *payouts(orders[3:], "Q")],
        ]
        paths, opening_fen = [], 0
        for sequence, lines in enumerate(days, start=1):
            day = PAYDAY + timedelta(days=sequence)
            paths.append(statement(directory, lines, sequence=sequence, day=day, opening_fen=opening_fen))
            opening_fen += sum(line.signed_fen for line in lines)
            bring(house, paths[-1])
        deposits.attest_deposit(house.teller, CUSTODY, "T1", "E001", 900)
        yield Month(house, orders, paths)


def read(path: Path) -> Statement:
    return camt053.read(path.read_bytes(), path.name)


def test_a_month_in_order_has_no_break(month: Month) -> None:
    found = month.reconcile()
    assert (8, 8, ()) == (found.lines, found.matched, found.breaks)
    assert (found.reserve_fen + 900, 900, 0) == (found.supply_fen, found.in_transit_fen, found.shortfall_fen)
    assert msgspec.json.encode(found)


def test_from_a_later_statement_on_the_earlier_ones_are_not_asked_for(month: Month) -> None:
    found = reconcile(month.house.treasurer, CUSTODY, month.paths[1:])
    assert (4, 4, ()) == (found.lines, found.matched, found.breaks)


Edit = Callable[[Statement], Statement]


def balanced(given: Statement, entries: tuple[Entry, ...]) -> Statement:
    """With other entries, and a closing balance that fits them."""
    return replace(given, entries=entries, closing_fen=given.opening_fen + sum(line.signed_fen for line in entries))


def changed(number: int, **fields: object) -> Edit:
    """With one entry, by its number, that differs."""

    def edit(given: Statement) -> Statement:
        entries = list(given.entries)
        entries[number] = replace(entries[number], **fields)
        return balanced(given, tuple(entries))

    return edit


def doubled(given: Statement) -> Statement:
    return balanced(given, (*given.entries, replace(given.entries[1], bank_ref="P1-AGAIN")))


PLANTED: dict[str, tuple[int, Edit, set[tuple[str, str]]]] = {
    "an amount is changed": (1, changed(1, amount_fen=1), {("amount", "P1"), ("balance", "statement-1.xml")}),
    "a payout is missing": (
        1,
        lambda given: balanced(given, given.entries[:-1]),
        {("not_on_statement", "P3"), ("balance", "statement-1.xml")},
    ),
    "a return is missing": (2, lambda given: balanced(given, ()), {("not_on_statement", "R1")}),
    "an entry is doubled": (1, doubled, {("not_booked", "P1-AGAIN"), ("balance", "statement-1.xml")}),
    "an entry of another day stands here too": (
        3,
        lambda given: balanced(given, (*given.entries, entry("P2", 40_000, False))),
        {("kind", "P2"), ("balance", "statement-3.xml")},
    ),
    "a payout has a foreign reference": (1, changed(1, end_to_end_id="LX260915WGAAAAAAAAAAAAX"), {("reference", "P1")}),
    "a payout has no reference": (1, changed(1, end_to_end_id=None), {("reference", "P1")}),
    "a return is of another order": (2, changed(0, end_to_end_id="FOREIGN0001"), {("reference", "R1")}),
    "a return has another reason": (2, changed(0, return_reason="BE01"), {("reference", "R1")}),
    "a deposit is of another employer": (3, changed(0, end_to_end_id="E002DXYZ"), {("reference", "D2")}),
    "a deposit has another reference of the bank": (
        3,
        changed(0, bank_ref="D9"),
        {("not_booked", "D9"), ("not_on_statement", "D2")},
    ),
    "a debit is a credit": (1, changed(1, credit=True), {("kind", "P1"), ("balance", "statement-1.xml")}),
    "two deposits have changed places": (
        3,
        lambda given: balanced(
            given,
            (
                replace(given.entries[0], bank_ref="D3"),
                replace(given.entries[1], bank_ref="D2"),
                *given.entries[2:],
            ),
        ),
        {("amount", "D2"), ("amount", "D3")},
    ),
    "both balances are off by one fen": (
        2,
        lambda given: replace(given, opening_fen=given.opening_fen + 1, closing_fen=given.closing_fen + 1),
        {("balance", "statement-2.xml"), ("balance", "statement 2"), ("balance", "statement 3")},
    ),
    "the day is another": (
        3,
        lambda given: replace(given, date=given.date + timedelta(days=1)),
        {("balance", "statement-3.xml")},
    ),
    "the number is another": (
        3,
        lambda given: replace(given, sequence=4),
        {("sequence", "statement 3"), ("sequence", "statement 4"), ("kind", "Q1")},
    ),
    "it is of another account": (
        3,
        lambda given: replace(given, account="6222000000000002"),
        {("file", "statement-3.xml"), ("sequence", "statement 3"), ("not_on_statement", "Q1")},
    ),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_error_is_found_and_named(month: Month, tmp_path: Path, planted: str) -> None:
    sequence, edit, expected = PLANTED[planted]
    made = tmp_path / f"statement-{sequence}.xml"
    made.write_bytes(camt053.write(edit(read(month.paths[sequence - 1]))))
    paths = [made if path.name == made.name else path for path in month.paths]
    found = reconcile(month.house.treasurer, CUSTODY, paths)
    assert expected <= {(each.kind, each.reference) for each in found.breaks}
    assert {"file", "sequence"} & {each.kind for each in found.breaks}  # it is not what was imported under its number
    assert all("\n" not in each.detail for each in found.breaks)


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"400.00", b"400.01"), (b"<Cd>CLBD</Cd>", b"<Cd>CLXX</Cd>"), (b"</Document>", b""), (b"CRDT", b"DBIT")],
)
def test_a_file_that_does_not_add_up_or_is_none_is_a_break(
    month: Month, tmp_path: Path, old: bytes, new: bytes
) -> None:
    made = tmp_path / "statement-1.xml"
    assert old in month.paths[0].read_bytes()
    made.write_bytes(month.paths[0].read_bytes().replace(old, new, 1))
    found = reconcile(month.house.treasurer, CUSTODY, [made, *month.paths[1:]])
    assert ("file", made.name) == (found.breaks[0].kind, found.breaks[0].reference)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([1, 3], {("sequence", "statement 2"), ("not_on_statement", "R1")}),
        ([1, 2], {("sequence", "statement 3"), ("not_on_statement", "D2"), ("not_on_statement", "Q1")}),
        ([1, 2, 2, 3], {("sequence", "statement-2.xml")}),
        ([], {("sequence", "statement 1"), ("sequence", "statement 2"), ("sequence", "statement 3")}),
    ],
)
def test_a_gap_or_a_statement_given_twice_is_found(
    month: Month, numbers: list[int], expected: set[tuple[str, str]]
) -> None:
    found = reconcile(month.house.treasurer, CUSTODY, [month.paths[number - 1] for number in numbers])
    assert expected <= {(each.kind, each.reference) for each in found.breaks}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


def test_an_order_is_outstanding_when_the_bank_has_it_for_more_than_three_days(house: House, tmp_path: Path) -> None:
    paid(house, house.employ(1))
    (((_, ref), _),) = house.treasurer.scan(bookings, CUSTODY)
    left = PAYDAY + timedelta(days=10)  # held on the payday; the bank has it since then only
    (order,) = instructed(house, NUMBER, left)
    paths, opening_fen = [], 0
    for sequence, (lines, days, expected) in enumerate(
        [([entry(ref, 10_000_000, True)], 0, []), ([], 3, []), ([], 4, [("outstanding", order.order)])], start=1
    ):
        day: date = left + timedelta(days=days)
        paths.append(statement(tmp_path, lines, sequence=sequence, day=day, opening_fen=opening_fen))
        opening_fen = 10_000_000
        bring(house, paths[-1])
        found = reconcile(house.treasurer, CUSTODY, paths)
        assert expected == [(each.kind, each.reference) for each in found.breaks]


def test_a_stray_debit_is_a_break_until_it_is_made_good_and_a_credit_of_nobody_until_it_is_assigned(
    house: House, tmp_path: Path
) -> None:
    house.employ(1)
    first = statement(tmp_path, [entry("D1", 500, True), entry("S1", 60, False)])
    bring(house, first)
    found = reconcile(house.treasurer, CUSTODY, [first])
    assert {("suspense", "D1"), ("stray", "S1")} == {(each.kind, each.reference) for each in found.breaks}
    assert (0, 60) == (found.matched, found.shortfall_fen)
    second = statement(
        tmp_path,
        [entry("M1", 60, True, remittance="MADE GOOD")],
        sequence=2,
        day=PAYDAY + timedelta(days=1),
        opening_fen=440,
    )
    bring(house, second)
    house.teller.submit(AssignDeposit(request_id="assign-D1", custody=CUSTODY, booking="D1", employer_no="E001"))
    found = reconcile(house.treasurer, CUSTODY, [first, second])
    assert ((), 3, 0) == (found.breaks, found.matched, found.shortfall_fen)


def test_a_statement_that_is_not_on_the_ledger_yet_is_named_and_so_are_its_lines(house: House, tmp_path: Path) -> None:
    path = statement(tmp_path, [entry("D1", 500, True)])
    found = reconcile(house.treasurer, CUSTODY, [path])
    assert [("sequence", "statement 1"), ("not_booked", "D1")] == [(each.kind, each.reference) for each in found.breaks]
