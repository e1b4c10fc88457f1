from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from consortium import House, rehearsal
from lxr.chaincode.cashout_records import PaymentOrderState, payment_orders
from lxr.chaincode.clock import MoveClock
from lxr.chaincode.custody_records import Proposal, attestations, bookings, custodies
from lxr.chaincode.lines import Target
from lxr.chaincode.period import ClosePeriod
from lxr.chaincode.types import canonical
from lxr.chaincode.world import Table
from lxr.node.port import Ledger
from lxr.settlement.bank import cashout, deposits, waiting_lines
from lxr.settlement.bank.formats import camt053
from lxr.settlement.bank.model import Entry, Statement
from lxr.settlement.bank.reconcile import Reconciliation, reconcile
from parties import CUSTODY
from treasury import PAYDAY, bring, entry, in_transit, instructed, paid, payouts, statement

NUMBER = "CE001-20260915"
Finding = tuple[str, str]
DAYS = [PAYDAY + timedelta(days=number) for number in range(1, 4)]


@dataclass
class Month:
    """Three statements, imported: deposit and three payouts; one of them back; a deposit in transit beside them."""

    house: House
    orders: tuple[cashout.OrderView, ...]
    paths: list[Path]
    deposit: str

    def reconcile(self, paths: list[Path] | None = None) -> Reconciliation:
        return reconcile(self.house.client("bank", "auditor"), CUSTODY, self.paths if paths is None else paths)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    directory = tmp_path_factory.mktemp("month")
    with rehearsal(directory) as house:
        paid(house, house.employ(4))
        orders = instructed(house, NUMBER)
        (deposit,) = in_transit(house)
        days: list[list[Entry]] = [
            [*payouts(orders[:3])],
            [entry("R1", orders[0].amount_fen, True, orders[0].order, "AC04")],
            [entry("D2", 500, True, "E001DXYZ"), entry("D3", 700, True, "E001DXYZ2"), *payouts(orders[3:], "P")],
        ]
        paths, opening_fen = [], 0
        for sequence, (day, lines) in enumerate(zip(DAYS, days, strict=True), start=1):
            earlier = [deposit] if sequence == 1 else []
            paths.append(
                statement(directory, lines, sequence=sequence, day=day, opening_fen=opening_fen, earlier=earlier)
            )
            opening_fen += sum(line.signed_fen for line in (*earlier, *lines))
            bring(house, paths[-1])
        house.clock.go(DAYS[2] + timedelta(days=1))  # a Saturday
        house.deposit(900)
        yield Month(house, orders, paths, f"{PAYDAY}/{deposit.bank_ref}")


def read(path: Path) -> Statement:
    return camt053.read(path.read_bytes(), path.name)


def named(found: Reconciliation) -> set[Finding]:
    return {(each.kind, each.reference) for each in found.breaks}


def test_a_month_in_order_has_no_break(month: Month) -> None:
    found = month.reconcile()
    assert (8, 8, ()) == (found.lines, found.matched, found.breaks)
    assert (found.reserve_fen + 900, 900, 0) == (found.supply_fen, found.in_transit_fen, found.shortfall_fen)
    assert msgspec.json.encode(found)


def test_files_are_given_in_any_order_and_under_any_names(month: Month, tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.xml" for name in ("c", "a", "b")]
    for path, given in zip(paths, month.paths, strict=True):
        path.write_bytes(given.read_bytes())
    assert month.reconcile() == month.reconcile([paths[1], paths[2], paths[0]])


def test_a_statement_downloaded_again_is_the_same_statement(month: Month, tmp_path: Path) -> None:
    again = tmp_path / "again.xml"
    given = read(month.paths[1])
    again.write_bytes(camt053.write(replace(given, statement_id="M9", entries=given.entries[::-1])))
    assert month.reconcile() == month.reconcile([month.paths[0], again, month.paths[2]])
    assert month.reconcile() == month.reconcile([*month.paths, again])


def test_a_file_of_the_same_lines_that_says_another_fact_of_one_is_named_and_is_no_sum(
    month: Month, tmp_path: Path
) -> None:
    retold = tmp_path / "retold.xml"
    retold.write_bytes(camt053.write(changed("D2", end_to_end_id="E009DXYZ")(read(month.paths[2]))))
    told = next(each for each in month.reconcile([*month.paths, retold]).breaks if each.kind == "file")
    assert ("retold.xml", 0) == (told.reference, told.amount_fen)
    assert f"it has the lines of {THIRD}, but of {DAYS[2]}/D2 payer is E009, not E001" == told.detail


def test_an_attested_deposit_is_a_break_once_its_statement_is_due(month: Month) -> None:
    after = month.house.clock.at_ms
    (waiting,) = in_transit(month.house)
    month.house.clock.go(date(2026, 9, 21))  # the Monday on which it is due
    assert () == month.reconcile().breaks
    month.house.clock.go(date(2026, 9, 22))
    (found,) = month.reconcile().breaks
    assert ("in_transit", f"2026-09-19/{waiting.bank_ref}", 900) == (found.kind, found.reference, found.amount_fen)
    assert "E001's, attested; its statement was due on 2026-09-21" == found.detail
    month.house.clock.at_ms = after


Edit = Callable[[Statement], Statement]


def balanced(given: Statement, entries: tuple[Entry, ...]) -> Statement:
    """With other entries, and a closing balance that fits them."""
    return replace(given, entries=entries, closing_fen=given.opening_fen + sum(line.signed_fen for line in entries))


def changed(ref: str, **fields: object) -> Edit:
    """With one entry, by its reference, that differs."""

    def edit(given: Statement) -> Statement:
        entries = tuple(replace(line, **fields) if line.bank_ref == ref else line for line in given.entries)
        assert entries != given.entries
        return balanced(given, entries)

    return edit


def doubled(given: Statement) -> Statement:
    return balanced(given, (*given.entries, replace(given.entries[1], bank_ref="P1-AGAIN")))


FIRST, SECOND, THIRD = (f"statement-{number}.xml" for number in (1, 2, 3))
PLANTED: dict[str, tuple[int, Edit, set[Finding]]] = {
    "an amount is changed": (1, changed("P1", amount_fen=1), {("amount", f"{DAYS[0]}/P1"), ("file", FIRST)}),
    "a payout is missing": (
        1,
        lambda given: balanced(given, given.entries[:-1]),
        {("not_on_statement", f"{DAYS[0]}/P3"), ("file", FIRST), ("balance", SECOND)},
    ),
    "a return is missing": (2, lambda given: balanced(given, ()), {("not_on_statement", f"{DAYS[1]}/R1")}),
    "an entry is doubled": (1, doubled, {("not_booked", f"{DAYS[0]}/P1-AGAIN"), ("file", FIRST)}),
    "an entry of another day stands here too": (
        3,
        lambda given: balanced(given, (*given.entries, replace(entry("P2", 40_000, False), booking_date=DAYS[0]))),
        {("reference", f"{DAYS[0]}/P2"), ("file", THIRD)},
    ),
    "a payout has a foreign reference": (
        1,
        changed("P1", end_to_end_id="LX260915WGAAAAAAAAAAAAX"),
        {("reference", f"{DAYS[0]}/P1")},
    ),
    "a payout has no reference": (1, changed("P1", end_to_end_id=None), {("reference", f"{DAYS[0]}/P1")}),
    "a return is of another order": (2, changed("R1", end_to_end_id="FOREIGN0001"), {("reference", f"{DAYS[1]}/R1")}),
    "a return has another reason": (2, changed("R1", return_reason="BE01"), {("reference", f"{DAYS[1]}/R1")}),
    "a deposit is a return": (3, changed("D2", return_reason="BE01"), {("reference", f"{DAYS[2]}/D2")}),
    "a deposit has our own text": (3, changed("D2", remittance="wages CE001"), {("reference", f"{DAYS[2]}/D2")}),
    "a deposit is of another employer": (
        3,
        changed("D2", end_to_end_id="E002DXYZ"),
        {("reference", f"{DAYS[2]}/D2")},
    ),
    "a deposit has another reference of the bank": (
        3,
        changed("D2", bank_ref="D9"),
        {("not_booked", f"{DAYS[2]}/D9"), ("not_on_statement", f"{DAYS[2]}/D2"), ("file", THIRD)},
    ),
    "a line is of another day": (
        3,
        changed("D2", booking_date=DAYS[1]),
        {("not_booked", f"{DAYS[1]}/D2"), ("not_on_statement", f"{DAYS[2]}/D2"), ("file", THIRD)},
    ),
    "a debit is a credit": (1, changed("P1", credit=True), {("kind", f"{DAYS[0]}/P1"), ("file", FIRST)}),
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
        {("amount", f"{DAYS[2]}/D2"), ("amount", f"{DAYS[2]}/D3"), ("file", THIRD)},
    ),
    "both balances are off by one fen": (
        2,
        lambda given: replace(given, opening_fen=given.opening_fen + 1, closing_fen=given.closing_fen + 1),
        {("file", SECOND), ("balance", SECOND), ("balance", THIRD)},
    ),
    "the day is another": (
        3,
        lambda given: replace(given, date=given.date + timedelta(days=1)),
        {("sequence", THIRD), ("sequence", "statement 3")},
    ),
    "the number is another": (3, lambda given: replace(given, sequence=4), {("file", THIRD)}),
    "the number is missing": (3, lambda given: replace(given, sequence=None), {("file", THIRD)}),
    "it is of another account": (
        3,
        lambda given: replace(given, account="6222000000000002"),
        {("file", THIRD), ("sequence", "statement 3"), ("not_on_statement", f"{DAYS[2]}/P1")},
    ),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_file_that_was_changed_after_its_import_is_found_and_named(
    month: Month, tmp_path: Path, planted: str
) -> None:
    sequence, edit, expected = PLANTED[planted]
    made = tmp_path / f"statement-{sequence}.xml"
    made.write_bytes(camt053.write(edit(read(month.paths[sequence - 1]))))
    found = month.reconcile([made if path.name == made.name else path for path in month.paths])
    assert expected <= named(found)
    assert all("\n" not in each.detail for each in found.breaks)


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"400.00", b"400.01"), (b"<Cd>CLBD</Cd>", b"<Cd>CLXX</Cd>"), (b"</Document>", b""), (b"BOOK", b"PDNG")],
)
def test_a_file_that_does_not_add_up_or_is_none_is_a_break(
    month: Month, tmp_path: Path, old: bytes, new: bytes
) -> None:
    made = tmp_path / "statement-1.xml"
    assert old in month.paths[0].read_bytes()
    made.write_bytes(month.paths[0].read_bytes().replace(old, new, 1))
    found = month.reconcile([made, *month.paths[1:]])
    assert ("file", made.name) == (found.breaks[0].kind, found.breaks[0].reference)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([1, 3], {("sequence", "statement 2"), ("not_on_statement", f"{DAYS[1]}/R1"), ("balance", THIRD)}),
        ([1, 2], {("sequence", "statement 3")} | {("not_on_statement", f"{DAYS[2]}/{ref}") for ref in ("D2", "P1")}),
        ([2, 3], {("sequence", "statement 1"), ("not_on_statement", f"{DAYS[0]}/P1")}),
        ([], {("sequence", f"statement {number}") for number in (1, 2, 3)}),
    ],
)
def test_a_statement_that_is_not_given_is_found(month: Month, numbers: list[int], expected: set[Finding]) -> None:
    assert expected <= named(month.reconcile([month.paths[number - 1] for number in numbers]))


class Altered:
    """A ledger of which one record is another: as a contract would leave it that does not keep to its rules."""

    def __init__(self, ledger: Ledger, key: str, change: Callable[[bytes], bytes]) -> None:
        self._ledger, self._key, self._change = ledger, key, change

    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        for key, value in self._ledger.scan(prefix):
            yield key, self._change(value) if key == self._key else value

    def read(self, keys: Sequence[str]) -> list[bytes | None]:
        values = zip(keys, self._ledger.read(keys), strict=True)
        return [self._change(value) if value and key == self._key else value for key, value in values]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)


def by_hand(what: str, number: str, *agreed: str, parts_fen: tuple[int, ...] = (), **fields: Any) -> dict[str, Any]:
    """A booking that bank and union have said something of."""
    target = Target(what, number, parts_fen)  # type: ignore[arg-type]
    return {"by_hand": True, "proposal": Proposal(target, "bank/1", payer_known=True, agreed=agreed), **fields}


ALTERED: dict[str, tuple[str, dict[str, Any], str]] = {
    "a payout of another order": ("16/P1", {"party": "LX260915WGAAAAAAAAAAAAX"}, "by its facts it is payout of"),
    "a payout that is the bank's fee": (
        "16/P1",
        {"kind": "platform", "party": "platform"},
        "by its facts it is payout",
    ),
    "a line of another statement": ("18/D2", {"statement": 2}, "it is booked with statement 2"),
    "a deposit of another employer": ("18/D2", {"party": "E002"}, "by its facts it is deposit of E001"),
    "a return that is a deposit": ("17/R1", {"kind": "deposit", "party": "E001"}, "by its facts it is return of"),
    "a return that is said to be a deposit": (
        "17/R1",
        by_hand("employer", "E001", "union", kind="deposit", party="E001"),
        "bears the marks of a payment that came back",
    ),
    "a return that is said to undo the bank's fee": (
        "17/R1",
        by_hand("line", "2026-09-18/P1", "union", kind="undone", party="2026-09-18/P1"),
        "bears the id of order",
    ),
    "a line that undoes none": (
        "18/D2",
        by_hand("line", "2026-09-18/P9", "union", kind="undone", party="2026-09-18/P9"),
        "it is booked as undone by another line, and the payer of line 2026-09-18/D2 names E001",
    ),
    "a line that none undoes": ("18/D2", {"kind": "undone", "by_hand": True, "party": "2026-09-18/P1"}, "no line says"),
    "a deposit that the union has not agreed to": (
        "18/D2",
        by_hand("employer", "E001", kind="deposit", party="E001"),
        "the union has not agreed",
    ),
    "a deposit that was said to be another's": (
        "18/D2",
        by_hand("employer", "E001", "union", kind="deposit", party="E002"),
        "it is booked as a deposit of E002, and bank and union have said that it is that of E001",
    ),
    "a deposit that was never attested": (
        "18/D2",
        by_hand("deposit", "2026-09-15/A1", "union", kind="deposit", party="E001"),
        "it is booked as the line of deposit 2026-09-15/A1, and no such deposit is confirmed",
    ),
    "a payment that is said to be an employer's money given back": (
        "16/P1",
        by_hand("employer", "E001", "union", kind="payout", party="E001"),
        "bank and union have said that it is that of E001",
    ),
    "a line whose parts leave something out": (
        "18/D2",
        by_hand("parts", "", "union", parts_fen=(1, 2), kind="parts", party=None),
        "whose parts leave",
    ),
}


@pytest.mark.parametrize("what", ALTERED)
def test_a_line_booked_as_what_its_facts_do_not_make_it_is_found(month: Month, what: str) -> None:
    line, changes, detail = ALTERED[what]
    reference = f"2026-09-{line}"

    def change(value: bytes) -> bytes:
        return canonical(replace(bookings.decode(value), **changes))

    ledger = Altered(month.house.ledger, f"booking/{CUSTODY}/{reference}", change)
    found = reconcile(month.house.treasurer.on(ledger), CUSTODY, month.paths)
    (told,) = (each for each in found.breaks if each.kind == "kind")
    assert reference == told.reference
    assert detail in told.detail


@dataclass(frozen=True)
class Misled:
    """A record that is not what the lines bear out, and the break that says so."""

    table: Table[Any]
    key: Callable[[Month], str]
    change: dict[str, Any]
    kind: str
    amount_fen: Callable[[Month], int]
    detail: str


def order_of(number: int) -> Callable[[Month], str]:
    return lambda month: month.orders[number].order


def amount_of(number: int) -> Callable[[Month], int]:
    return lambda month: month.orders[number].amount_fen


RETURNED = f"{DAYS[1]}/R1"
RECORDS = {
    "an order paid by no line": Misled(
        *(payment_orders, order_of(1), {"booking": "2026-09-16/P9"}, "not_on_statement", amount_of(1)),
        "2026-09-16/P9",
    ),
    "an order that is paid and not said to be": Misled(
        *(payment_orders, order_of(1), {"state": PaymentOrderState.CANCELLED}, "not_on_statement", amount_of(1)),
        f"{DAYS[0]}/P2",
    ),
    "an order that came back by no line": Misled(
        *(payment_orders, order_of(1), {"state": PaymentOrderState.RETURNED}, "not_on_statement", amount_of(1)),
        "it is returned; lines that return it: none",
    ),
    "an order that came back and is not said to have": Misled(
        *(payment_orders, order_of(0), {"state": PaymentOrderState.SETTLED}, "not_on_statement", amount_of(0)),
        f"it is settled; lines that return it: {RETURNED}",
    ),
    "a deposit that another line confirms": Misled(
        *(attestations, lambda month: f"{CUSTODY}/{month.deposit}", {"employer": "E002"}, "not_on_statement"),
        *(lambda _: 10_000_000, ""),
    ),
    "LXR that nothing backs": Misled(
        *(custodies, lambda _: CUSTODY, {"minted_fen": 10_002_101}, "balance", lambda _: 1), "of LXR exist"
    ),
}


@pytest.mark.parametrize("what", RECORDS)
def test_a_record_that_no_line_bears_out_is_found_with_its_sum_and_lines(month: Month, what: str) -> None:
    misled = RECORDS[what]
    key = misled.key(month)

    def change(value: bytes) -> bytes:
        return canonical(replace(misled.table.decode(value), **misled.change))

    ledger = Altered(month.house.ledger, f"{misled.table.name}/{key}", change)
    found = reconcile(month.house.treasurer.on(ledger), CUSTODY, month.paths)
    told = [each for each in found.breaks if each.kind == misled.kind and misled.detail in each.detail]
    assert [(key.removeprefix(f"{CUSTODY}/"), misled.amount_fen(month))] == [
        (each.reference, each.amount_fen) for each in told
    ]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


class Book:
    """Statements of one house, one after another."""

    def __init__(self, house: House, directory: Path, number: int | None = 1) -> None:
        self.house, self.directory = house, directory
        self.paths: list[Path] = []
        self.closing_fen, self.number = 0, number

    def add(self, day: date, *lines: Entry, brought: bool = True) -> Path:
        """A statement of that day, with what is in transit."""
        folder = self.directory / f"{len(self.paths)}"
        folder.mkdir()
        earlier = in_transit(self.house)
        path = statement(
            folder, lines, sequence=self.number, day=day, opening_fen=self.closing_fen, earlier=earlier
        ).rename(self.directory / f"{len(self.paths)}.xml")
        self.closing_fen = read(path).closing_fen
        self.number = None if self.number is None else self.number + 1
        self.paths.append(path)
        if brought:
            bring(self.house, path)
        return path

    def reconcile(self) -> Reconciliation:
        return reconcile(self.house.treasurer, CUSTODY, self.paths)


@pytest.fixture
def book(house: House, tmp_path: Path) -> Book:
    folder = tmp_path / "statements"
    folder.mkdir()
    return Book(house, folder)


def test_an_order_is_outstanding_when_the_bank_has_it_for_more_than_three_days(house: House, book: Book) -> None:
    paid(house, house.employ(1))
    book.add(PAYDAY)
    left = PAYDAY + timedelta(days=10)  # held on the payday; the bank has it since then only
    (order,) = instructed(house, NUMBER, left)
    for days, expected in ((0, set()), (3, set()), (4, {("outstanding", order.order)})):
        book.add(left + timedelta(days=days))
        assert expected == named(book.reconcile())


def test_a_reader_without_a_clock_goes_by_the_ledgers(house: House, book: Book) -> None:
    paid(house, house.employ(1))
    book.add(PAYDAY)
    (order,) = instructed(house, NUMBER)
    house.clock.go(PAYDAY + timedelta(days=4))
    house.do(MoveClock, "union/witness")
    found = reconcile(type(house.treasurer).reading(house.ledger), CUSTODY, book.paths)
    assert ("outstanding", order.order) in named(found)


@pytest.mark.parametrize(
    ("booked", "due"),
    [(date(2026, 12, 31), date(2027, 1, 4)), (date(2027, 12, 31), date(2028, 1, 1))],
    ids=["that year's first working day", "the next day, where its calendar is not governed yet"],
)
def test_the_statement_of_a_years_last_deposit_is_due_in_the_next_year(
    house: House, book: Book, booked: date, due: date
) -> None:
    house.employ(1)
    house.clock.go(booked)
    _, reference = house.deposit(500)
    for late, expected in ((0, set()), (1, {("in_transit", f"{booked}/{reference}")})):
        house.clock.go(due + timedelta(days=late))
        assert expected == named(book.reconcile())


def test_two_new_files_of_one_day_follow_one_another_by_number_whatever_they_are_called(book: Book) -> None:
    for ref, name in (("D1", "b.xml"), ("D2", "a.xml")):
        path = book.add(DAYS[0], entry(ref, 500, True), brought=False)
        book.paths[-1] = path.rename(path.with_name(name))
    lines = {("not_booked", f"{DAYS[0]}/{ref}") for ref in ("D1", "D2")}
    assert {("sequence", "a.xml"), ("sequence", "b.xml"), *lines} == named(book.reconcile())


@pytest.mark.parametrize("numbers", [(None, None, None), (97, 98, 1), (1, None, 2)])
def test_statements_are_chained_by_day_and_balance_whatever_their_numbers(
    house: House, book: Book, numbers: tuple[int | None, ...]
) -> None:
    house.employ(1)
    days: list[tuple[date, list[Entry]]] = [
        (DAYS[0], [entry("D1", 500, True, "E001D1")]),
        (DAYS[1], []),
        (DAYS[1], [entry("D1", 700, True, "E001D1"), entry("D2", 1, True, "E001D1")]),
    ]
    for number, (day, lines) in zip(numbers, days, strict=True):
        book.number = number
        book.add(day, *lines)
    found = book.reconcile()
    assert (3, 3, ()) == (found.lines, found.matched, found.breaks)


def test_since_a_month_is_closed_its_statements_are_not_asked_for(house: House, book: Book) -> None:
    house.employ(1)
    book.add(date(2026, 8, 31), entry("D1", 500, True, "E001D1"))
    house.clock.go(date(2026, 9, 1))
    house.treasurer.submit(ClosePeriod(request_id="close-2026-08", period="2026-08", custody=CUSTODY))
    for number, ref in enumerate(("D2", "D3"), start=1):
        book.add(date(2026, 9, number), entry(ref, 700, True, "E001D1"))
    for left_out, expected in (
        (0, set()),
        (1, set()),
        (2, {("sequence", "statement 2"), ("not_on_statement", "2026-09-01/D2")}),
    ):
        assert expected == named(reconcile(house.treasurer, CUSTODY, book.paths[left_out:]))


def test_what_waits_is_a_break_with_its_age_until_bank_and_union_say_what_it_is(house: House, book: Book) -> None:
    house.employ(1)
    book.add(DAYS[0], entry("D1", 500, True), entry("F1", 60, False))
    assert all("of 0 days before the last statement" in each.detail for each in book.reconcile().breaks)
    book.add(DAYS[2])
    found = book.reconcile()
    assert {("waiting", f"{DAYS[0]}/D1"), ("waiting", f"{DAYS[0]}/F1")} == named(found)
    assert all("of 2 days before the last statement" in each.detail for each in found.breaks)
    assert 0 == found.matched
    for ref, target in (("D1", Target("employer", "E001")), ("F1", Target("platform", "platform"))):
        waiting_lines.assign(house.teller, CUSTODY, DAYS[0], ref, target)
        waiting_lines.agree(house.treasurer, CUSTODY, DAYS[0], ref)
    found = book.reconcile()
    assert ({("short", "platform")}, 2, 60) == (named(found), found.matched, found.shortfall_fen)


def test_each_part_of_a_line_of_several_things_is_looked_at_as_a_line(house: House, book: Book) -> None:
    house.employ(1)
    book.closing_fen = 10_000
    book.add(DAYS[0], entry("D1", 500, True), entry("F1", 360, False))
    for ref in ("OPENING-BALANCE", "F1"):
        said_to_be(house, ref, Target("parts", "", (360, 9_640) if ref != "F1" else (300, 60)))
    names = ("OPENING-BALANCE~1", "OPENING-BALANCE~2", "D1", "F1~1", "F1~2")
    assert {("waiting", f"{DAYS[0]}/{name}") for name in names} == named(book.reconcile())
    said_to_be(house, "OPENING-BALANCE~1", Target("platform", "platform"))
    said_to_be(house, "OPENING-BALANCE~2", Target("employer", "E001"))
    said_to_be(house, "D1", Target("employer", "E001"))
    said_to_be(house, "F1~1", Target("employer", "E001"), consents=True)
    found = book.reconcile()
    assert ({("waiting", f"{DAYS[0]}/F1~2")}, 1) == (named(found), found.matched)
    said_to_be(house, "F1~2", Target("platform", "platform"))
    found = book.reconcile()
    assert ((), 2) == (found.breaks, found.matched)
    assert found.supply_fen == found.reserve_fen == 10_140
    key = f"booking/{CUSTODY}/{DAYS[0]}/F1~1"
    for change in ({"amount_fen": 299}, {"payer": "E002"}):
        ledger = Altered(house.ledger, key, lambda value, change=change: altered_line(value, **change))  # type: ignore[misc]
        found = reconcile(house.treasurer.on(ledger), CUSTODY, book.paths)
        assert f"{DAYS[0]}/F1~1" in {each.reference for each in found.breaks}


def altered_line(value: bytes, **changes: Any) -> bytes:
    booking = bookings.decode(value)
    return canonical(replace(booking, line=replace(booking.line, **changes)))


def said_to_be(house: House, ref: str, target: Target, *, consents: bool = False) -> None:
    """Bank and union, and the employer, say what a line of the first day is."""
    waiting_lines.assign(house.teller, CUSTODY, DAYS[0], ref, target)
    if consents:
        waiting_lines.consent(house.signer(), "E001", CUSTODY, DAYS[0], ref)
    waiting_lines.agree(house.treasurer, CUSTODY, DAYS[0], ref)


def test_a_deposit_that_never_comes_is_missing_and_what_was_spent_of_it_is_short(house: House, book: Book) -> None:
    paid(house, house.employ(1))
    (deposit,) = in_transit(house)
    (order,) = instructed(house, NUMBER)
    other = entry("D9", 1_000_000, True, "E002D1")
    house.employ(1, employer="E002")
    path = statement(book.directory, [other], day=DAYS[1])
    bring(house, path)
    found = reconcile(house.treasurer, CUSTODY, [path])
    assert {("missing", f"{PAYDAY}/{deposit.bank_ref}"), ("short", "E001")} == named(found)
    (missing,) = (each for each in found.breaks if each.kind == "missing")
    assert "E001's, attested, 2 days before the last statement and on none; " in missing.detail
    assert order.amount_fen <= found.shortfall_fen < missing.amount_fen


def test_a_deposit_is_confirmed_by_one_line_also_under_another_reference(house: House, book: Book) -> None:
    house.employ(1)
    house.clock.go(DAYS[0])
    deposits.attest_deposit(house.teller, CUSTODY, DAYS[0], "A1", "E001", 500)
    path = statement(book.directory, [entry("D1", 500, True)], day=DAYS[0])
    bring(house, path)
    waiting_lines.assign(house.teller, CUSTODY, DAYS[0], "D1", Target("deposit", f"{DAYS[0]}/A1"))
    waiting_lines.agree(house.treasurer, CUSTODY, DAYS[0], "D1")
    assert () == reconcile(house.treasurer, CUSTODY, [path]).breaks


def test_the_balance_that_the_first_statement_opens_with_waits_and_is_looked_for(house: House, book: Book) -> None:
    house.employ(1)
    book.closing_fen = 10_000
    book.add(DAYS[0], entry("D1", 500, True, "E001D1"))
    assert {("waiting", f"{DAYS[0]}/OPENING-BALANCE")} == named(book.reconcile())
    waiting_lines.assign(house.teller, CUSTODY, DAYS[0], "OPENING-BALANCE", Target("employer", "E001"))
    waiting_lines.agree(house.treasurer, CUSTODY, DAYS[0], "OPENING-BALANCE")
    assert () == book.reconcile().breaks


def test_an_overdrawn_account_is_imported_and_reconciled_from_its_first_statement_on(house: House, book: Book) -> None:
    house.employ(1)
    book.closing_fen = -100
    book.add(DAYS[0], entry("F1", 50, False))
    found = book.reconcile()
    assert ({("waiting", f"{DAYS[0]}/{ref}") for ref in ("OPENING-BALANCE", "F1")}, -150) == (
        named(found),
        found.reserve_fen,
    )
    for ref in ("OPENING-BALANCE", "F1"):
        waiting_lines.assign(house.teller, CUSTODY, DAYS[0], ref, Target("platform", "platform"))
        waiting_lines.agree(house.treasurer, CUSTODY, DAYS[0], ref)
    assert ({("short", "platform")}, 150) == (named(book.reconcile()), book.reconcile().shortfall_fen)
    book.add(DAYS[1], entry("D1", 500, True, "E001D1"))
    found = book.reconcile()
    assert ({("short", "platform")}, 350, 500) == (named(found), found.reserve_fen, found.supply_fen)


def test_a_statement_that_is_not_on_the_ledger_yet_is_named_and_so_are_its_lines(book: Book) -> None:
    book.add(DAYS[0], entry("D1", 500, True), brought=False)
    assert {("sequence", "0.xml"), ("not_booked", f"{DAYS[0]}/D1")} == named(book.reconcile())


def test_whoever_only_reads_the_ledger_can_reconcile(house: House, book: Book) -> None:
    house.employ(1)
    book.add(DAYS[0], entry("D1", 500, True, "E001D1"))
    assert () == reconcile(type(house.treasurer).reading(house.ledger), CUSTODY, book.paths).breaks


def test_a_number_that_is_left_out_is_named_unless_the_bank_counts_days(house: House, tmp_path: Path) -> None:
    house.employ(1)
    files = []
    for number, day in ((97, 1), (98, 2), (101, 5), (103, 6)):
        made = statement(tmp_path, [], sequence=number, day=PAYDAY.replace(day=day))
        files.append(made)
        bring(house, made)
    found = reconcile(house.treasurer, CUSTODY, files)
    assert [("sequence", "its number is 103, the one before is 101: some statement is left out")] == [
        (each.kind, each.detail) for each in found.breaks
    ]
