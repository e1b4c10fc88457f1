"""A thousand errors of banks and lies of tellers, planted by a seed: reconciliation finds each, and invents none.

A `Story` is what the bank's files say and what the teller books for it. Without errors both are the same.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from consortium import House, rehearsal
from lxr.chaincode.custody import MAX_ENTRIES
from lxr.chaincode.custody_records import custodies
from lxr.chaincode.lines import Line, Target
from lxr.chaincode.rejections import RejectPaymentOrders
from lxr.chaincode.statements import BookStatement
from lxr.settlement.bank import deposits, waiting_lines
from lxr.settlement.bank.cashout import OrderView
from lxr.settlement.bank.formats import camt053
from lxr.settlement.bank.model import Entry, Statement
from lxr.settlement.bank.reconcile import Reconciliation, reconcile
from lxr.settlement.bank.statement_lines import canonical, facts_of
from parties import CUSTODY
from treasury import PAYDAY, entry, in_transit, instructed, paid

SEED: Final = 20_260_915
NUMBER: Final = "CE001-20260915"
OWN_TEXT: Final = "退汇 wages E001-20260915"
DAYS: Final = tuple(PAYDAY + timedelta(days=number) for number in (0, 1, 2, 3, 7))
"""Deposits; payouts; returns; what banks do beside; and so late that what is still on its way is outstanding."""
Finding = tuple[str, str]
Told = tuple[date, Line]


class Story:
    """Errors are planted by functions that say something to the file, and other things to the ledger."""

    def __init__(self, house: House, dice: random.Random, orders: tuple[OrderView, ...]) -> None:
        self.house, self.dice, self.orders = house, dice, list(orders)
        self.files: dict[date, list[Entry]] = {day: [] for day in DAYS}
        self.booked: dict[date, list[Line]] = {day: [] for day in DAYS}
        self.hands: list[tuple[str, Target]] = []
        self.ghosts: list[tuple[date, str, int]] = []
        self.rejected: list[str] = []
        self.planted: list[tuple[str, set[Finding]]] = []
        self._refs = 0

    def ref(self) -> str:
        """A reference in one of the ways in which banks write them."""
        self._refs += 1
        return self.dice.choice(("B{:05d}", "b{:05d}", "ｂ{:05d}", "2026 {:05d}", "20260915/{:05d}")).format(self._refs)

    def amount(self) -> int:
        return self.dice.randint(100, 100_000)

    def deposit(self) -> Entry:
        """A credit whose payer names itself, in one of the ways of payers."""
        employer = self.dice.choice(("E001", "E002"))
        id_, text = self.dice.choice(
            (
                (f"{employer}D{self._refs}", ""),
                (f"{employer.lower()}d1", ""),
                (None, f"工资款{employer}九月"),
                ("X1", f"payroll, {employer}."),
            )
        )
        return entry(self.ref(), self.amount(), True, id_, remittance=text)

    def payout(self) -> Entry:
        order = self.orders.pop()
        where = self.dice.randrange(3)
        made = entry(self.ref(), order.amount_fen, False, order.order if where == 0 else None)
        if where == 1:
            return replace(made, instruction_id=order.order)
        return replace(made, remittance=f"代发 {order.order.lower()}") if where == 2 else made

    def paid_back(self) -> tuple[Line, Entry]:
        """An order paid as it should be, and the credit that brings it back."""
        line = self.told(1, self.payout())
        reason = self.dice.choice((None, "AC01", "AC04"))
        return line, entry(self.ref(), line.amount_fen, True, line.order, reason, OWN_TEXT)

    def says(self, when: int, made: Entry) -> Line:
        """The file has it, on one of DAYS; what the teller should book."""
        dated = replace(made, booking_date=DAYS[when], value_date=DAYS[when])
        self.files[DAYS[when]].append(dated)
        return facts_of(dated, canonical(dated.bank_ref))

    def books(self, when: int, *lines: Line) -> None:
        self.booked[DAYS[when]].extend(lines)

    def told(self, when: int, made: Entry) -> Line:
        """The file has it, and the teller books it."""
        line = self.says(when, made)
        self.books(when, line)
        return line

    def by_hand(self, line: Line, what: str, number: str) -> None:
        """Bank and union say that it is this."""
        self.hands.append((line.key, Target(what, number)))  # type: ignore[arg-type]

    def plant(self, kinds: dict[str, tuple[int, Callable[["Story"], set[Finding]]]]) -> None:
        """All the errors of a table, in an order by chance."""
        todo = [(name, error) for name, (count, error) in kinds.items() for _ in range(count)]
        self.dice.shuffle(todo)
        self.planted += [(name, error(self)) for name, error in todo]

    def happens(self, directory: Path) -> list[Path]:
        """The statements are brought, day by day; the files."""
        paths, file_fen, ledger_fen = [], 0, 0
        for number, day in enumerate(DAYS, start=1):
            for attested_on, ref, amount_fen in self.ghosts:
                if attested_on == day:
                    self.house.clock.go(day)
                    deposits.attest_deposit(self.house.teller, CUSTODY, day, ref, "E002", amount_fen)
            if number == 2 and self.rejected:
                pairs = tuple((order, "BE01") for order in self.rejected)
                self.house.teller.submit(
                    RejectPaymentOrders(request_id="rejections", custody=CUSTODY, cashout=NUMBER, rejections=pairs)
                )
            entries = self.files[day]
            self.dice.shuffle(entries)
            paths.append(write(directory / f"{day}.xml", number, day, file_fen, entries))
            file_fen += sum(line.signed_fen for line in entries)
            ledger_fen = book(self.house, day, number, ledger_fen, self.booked[day])
            assert file_fen == ledger_fen  # a statement that does not add up would be refused
        for key, target in self.hands:
            on, _, ref = key.partition("/")
            place = CUSTODY, date.fromisoformat(on), ref
            waiting_lines.assign(self.house.teller, *place, target)
            waiting_lines.agree(self.house.treasurer, *place)
        self.dice.shuffle(paths)
        return paths


def write(path: Path, number: int | None, day: date, opening_fen: int, entries: list[Entry]) -> Path:
    closing_fen = opening_fen + sum(line.signed_fen for line in entries)
    made = Statement(path.stem, number, CUSTODY, day, opening_fen, closing_fen, tuple(entries))
    path.write_bytes(camt053.write(made))
    return path


def book(house: House, day: date, number: int | None, opening_fen: int, lines: list[Line]) -> int:
    """The teller books a statement of these lines. Gives back with what it closes."""
    house.clock.go(max(day, date(2026, 9, 1)))
    lines = sorted(lines, key=lambda line: line.place)
    closing_fen = opening_fen + sum(line.signed_fen for line in lines)
    place = house.teller.need(custodies, CUSTODY).statements + 1
    for first in range(0, max(1, len(lines)), MAX_ENTRIES):
        command = BookStatement(
            request_id=f"statement:{place}:{first}",
            custody=CUSTODY,
            statement=place,
            number=number,
            day=day,
            opening_fen=opening_fen,
            closing_fen=closing_fen,
            entries=len(lines),
            first=first,
            lines=tuple(lines[first : first + MAX_ENTRIES]),
        )
        house.teller.submit(command)
    return closing_fen


@contextmanager
def told(directory: Path, dice: random.Random, workers: int) -> Iterator[Story]:
    """A month without errors, of which nothing is on a statement yet; most of its orders are left for errors."""
    with rehearsal(directory) as house:
        house.employ(1, employer="E002")
        paid(house, house.employ(workers, shards=4), days=1)
        story = Story(house, dice, instructed(house, NUMBER))
        (deposit,) = in_transit(house)
        story.told(0, deposit)
        for _ in range(workers // 15):
            story.told(0, story.deposit())
            story.told(1, story.payout())
            _, back = story.paid_back()
            story.told(2, back)
            line, back = story.paid_back()  # without its id, found by hand
            assert line.order is not None
            story.by_hand(story.told(2, replace(back, end_to_end_id=None)), "order", line.order)
            story.by_hand(story.told(2, entry(story.ref(), story.amount(), True)), "employer", "E002")
            fee_fen = story.amount()
            story.by_hand(story.told(2, entry(story.ref(), fee_fen, True, remittance="结息")), "platform", "platform")
            story.by_hand(
                story.told(3, entry(story.ref(), fee_fen, False, remittance="手续费")), "platform", "platform"
            )
            debit = story.told(2, entry(story.ref(), 700, False))
            back = replace(entry(story.ref(), 700, True), reversal=True)
            story.by_hand(story.told(3, back), "line", debit.key)
        yield story


def pay_the_rest(story: Story) -> None:
    while story.orders:
        story.told(1, story.payout())


# Errors by one line or two. Each gives back what must be found.


def another_payer(s: Story) -> set[Finding]:
    line = s.says(0, s.deposit())
    s.books(0, replace(line, payer="E001" if line.payer == "E002" else "E002"))
    return {("reference", line.key)}


def no_payer(s: Story) -> set[Finding]:
    line = s.says(0, s.deposit())
    s.books(0, replace(line, payer=None))
    return {("reference", line.key), ("waiting", line.key)}


def a_payer_made_up(s: Story) -> set[Finding]:
    line = s.says(2, entry(s.ref(), s.amount(), True, remittance="E001 E002"))
    s.books(2, replace(line, payer="E002"))
    return {("reference", line.key)}


def a_deposit_marked_as_a_return(s: Story) -> set[Finding]:
    line = s.says(2, s.deposit())
    s.books(2, replace(line, **s.dice.choice(({"returned": "AC04"}, {"own_text": True}))))
    return {("reference", line.key)}


def split(s: Story) -> set[Finding]:
    line = s.says(0, s.deposit())
    part_fen = s.dice.randint(1, line.amount_fen - 1)
    other = replace(line, booking=f"{line.booking}-2", amount_fen=part_fen)
    s.books(0, replace(line, amount_fen=line.amount_fen - part_fen), other)
    return {("amount", line.key), ("not_on_statement", other.key)}


def moved_from_one_to_another(s: Story) -> set[Finding]:
    some, more = s.says(0, s.deposit()), s.says(0, s.deposit())
    part_fen = s.dice.randint(1, some.amount_fen - 1)
    s.books(0, replace(some, amount_fen=some.amount_fen - part_fen))
    s.books(0, replace(more, amount_fen=more.amount_fen + part_fen))
    return {("amount", some.key), ("amount", more.key)}


def left_out_and_another_made_up(s: Story) -> set[Finding]:
    line = s.says(0, s.deposit())
    other = replace(line, booking=f"GHOST-{line.booking}", payer="E002")
    s.books(0, other)
    return {("not_booked", line.key), ("not_on_statement", other.key)}


def another_form_of_the_reference(s: Story) -> set[Finding]:
    line = s.says(0, s.deposit())
    other = replace(line, booking=f"{line.booking[:1]}_{line.booking[1:]}")
    s.books(0, other)
    return {("not_booked", line.key), ("not_on_statement", other.key)}


def another_day(s: Story) -> set[Finding]:
    line = s.says(2, s.deposit())
    other = replace(line, day=s.dice.choice(DAYS[:2]))
    s.books(2, other)
    return {("not_booked", line.key), ("not_on_statement", other.key)}


def two_left_out_that_are_even(s: Story) -> set[Finding]:
    fen = s.amount()
    lines = s.says(3, entry(s.ref(), fen, True)), s.says(3, entry(s.ref(), fen, False))
    return {("not_booked", line.key) for line in lines}


def two_made_up_that_are_even(s: Story) -> set[Finding]:
    ref = s.dice.randbytes(8).hex().upper()
    credit = Line(DAYS[3], f"{ref}C", True, s.amount(), payer="E002")
    debit = replace(credit, booking=f"{ref}D", credit=False, payer=None)
    s.books(3, credit, debit)
    return {("not_on_statement", credit.key), ("not_on_statement", debit.key), ("waiting", debit.key)}


def a_credit_for_a_debit(s: Story) -> set[Finding]:
    fen = s.amount()
    credit, debit = s.says(3, entry(s.ref(), fen, True)), s.says(3, entry(s.ref(), fen, False))
    s.books(3, replace(credit, credit=False), replace(debit, credit=True, payer="E002"))
    return {("kind", credit.key), ("kind", debit.key)}


def orders_exchanged(s: Story) -> set[Finding]:
    one, other = s.says(1, s.payout()), s.says(1, s.payout())
    s.books(1, replace(one, order=other.order), replace(other, order=one.order))
    return {("reference", one.key), ("reference", other.key)}


def no_order(s: Story) -> set[Finding]:
    line = s.says(1, s.payout())
    s.books(1, replace(line, order=None))
    return {("reference", line.key), ("waiting", line.key)}


def an_order_made_up_for_the_banks_own_debit(s: Story) -> set[Finding]:
    order = s.orders.pop()
    line = s.says(1, entry(s.ref(), order.amount_fen, False, remittance="手续费"))
    s.books(1, replace(line, order=order.order))
    return {("reference", line.key)}


def a_return_as_a_deposit(s: Story) -> set[Finding]:
    _, back = s.paid_back()
    line = s.says(2, back)
    s.books(2, replace(line, order=None, returned=None, own_text=False, payer="E001"))
    return {("reference", line.key)}


def a_return_without_its_id_as_a_deposit(s: Story) -> set[Finding]:
    _, back = s.paid_back()
    line = s.says(2, replace(back, end_to_end_id=None))
    s.books(2, replace(line, returned=None, own_text=False, payer="E001"))
    return {("reference", line.key)}


def a_return_given_to_an_employer_by_hand(s: Story) -> set[Finding]:
    _, back = s.paid_back()
    line = s.says(2, replace(back, end_to_end_id=None))
    unmarked = replace(line, returned=None, own_text=False)
    s.books(2, unmarked)
    s.by_hand(unmarked, "employer", "E001")
    return {("reference", line.key)}


def a_return_as_the_banks_interest(s: Story) -> set[Finding]:
    _, back = s.paid_back()
    unmarked = replace(line := s.says(2, back), order=None, returned=None, own_text=False)
    s.books(2, unmarked)
    s.by_hand(unmarked, "platform", "platform")
    return {("reference", line.key)}


def a_deposit_as_the_banks_interest(s: Story) -> set[Finding]:
    unnamed = replace(line := s.says(2, s.deposit()), payer=None)
    s.books(2, unnamed)
    s.by_hand(unnamed, "platform", "platform")
    return {("reference", line.key)}


def returns_exchanged(s: Story) -> set[Finding]:
    (one, first), (other, second) = s.paid_back(), s.paid_back()
    lines = s.says(2, first), s.says(2, second)
    s.books(2, replace(lines[0], order=other.order), replace(lines[1], order=one.order))
    return {("reference", line.key) for line in lines}


def another_reason_of_a_return(s: Story) -> set[Finding]:
    _, back = s.paid_back()
    line = s.says(2, back)
    s.books(2, replace(line, returned="BE01"))
    return {("reference", line.key)}


def a_deposit_that_never_comes(s: Story) -> set[Finding]:
    day = s.dice.choice(DAYS[2:4])
    ref = f"GHOST{len(s.ghosts)}"
    s.ghosts.append((day, ref, s.amount()))
    return {("missing", f"{day}/{ref}")}


# Errors of the bank, booked as they are


def paid_twice(s: Story) -> set[Finding]:
    made = s.payout()
    first = s.told(1, made)
    again = s.told(s.dice.choice((1, 2)), replace(made, bank_ref=s.ref()))
    return {("waiting", max(first, again, key=lambda line: line.place).key)}


def paid_with_another_amount(s: Story) -> set[Finding]:
    order = s.orders.pop()
    line = s.told(1, entry(s.ref(), order.amount_fen + s.dice.choice((-1, 1)), False, order.order))
    return {("waiting", line.key), ("outstanding", order.order)}


def rejected_and_paid(s: Story) -> set[Finding]:
    line = s.told(1, s.payout())
    assert line.order is not None
    s.rejected.append(line.order)
    return {("waiting", line.key)}


def never_paid(s: Story) -> set[Finding]:
    return {("outstanding", s.orders.pop().order)}


def a_fee(s: Story) -> set[Finding]:
    line = s.told(3, entry(s.ref(), s.amount(), False, remittance="账户管理费"))
    return {("waiting", line.key)}


def a_debit_reversed(s: Story) -> set[Finding]:
    debit = s.told(3, entry(s.ref(), fen := s.amount(), False))
    credit = s.told(3, replace(entry(s.ref(), fen, True, "E001D1"), reversal=True))
    return {("waiting", debit.key), ("waiting", credit.key)}


def a_return_less_a_fee(s: Story) -> set[Finding]:
    _, back = s.paid_back()
    line = s.told(2, replace(back, amount_fen=back.amount_fen - 50))
    return {("waiting", line.key)}


def returned_twice(s: Story) -> set[Finding]:
    _, back = s.paid_back()
    s.told(2, back)
    again = s.told(3, replace(back, bank_ref=s.ref()))
    return {("waiting", again.key)}


LINES: dict[str, tuple[int, Callable[[Story], set[Finding]]]] = {
    error.__name__: (count, error)
    for count, errors in (
        (20, (another_payer, no_payer, a_payer_made_up, a_deposit_marked_as_a_return, split, another_day)),
        (20, (moved_from_one_to_another, left_out_and_another_made_up, another_form_of_the_reference)),
        (20, (two_left_out_that_are_even, two_made_up_that_are_even, a_credit_for_a_debit)),
        (20, (orders_exchanged, no_order, an_order_made_up_for_the_banks_own_debit)),
        (20, (a_return_as_a_deposit, a_return_without_its_id_as_a_deposit, a_return_given_to_an_employer_by_hand)),
        (20, (a_return_as_the_banks_interest, a_deposit_as_the_banks_interest)),
        (20, (returns_exchanged, another_reason_of_a_return, a_deposit_that_never_comes)),
        (20, (paid_twice, paid_with_another_amount, rejected_and_paid, never_paid, a_fee, a_debit_reversed)),
        (20, (a_return_less_a_fee, returned_twice)),
    )
    for error in errors
}


def named(found: Reconciliation) -> set[Finding]:
    return {(each.kind, each.reference) for each in found.breaks}


def missed(planted: list[tuple[str, set[Finding]]], found: set[Finding]) -> dict[str, set[Finding]]:
    return {name: expected - found for name, expected in planted if not expected <= found}


def test_every_error_in_a_line_is_found_and_no_other_line_is_named(tmp_path: Path) -> None:
    print(f"seed {SEED}")
    with told(tmp_path, random.Random(SEED), workers=480) as story:
        story.plant(LINES)
        pay_the_rest(story)
        found = reconcile(story.house.treasurer, CUSTODY, story.happens(tmp_path))
    breaks = named(found)
    assert 620 == len(story.planted)
    assert {} == missed(story.planted, breaks)
    named_files = {each.reference for each in found.breaks if each.kind == "file"}
    # What orders its lines pay, a statement is not known by: of the payouts' day none but lines are named.
    assert {f"{DAYS[number]}.xml" for number in (0, 2, 3)} == named_files
    expected = {reference for _, findings in story.planted for _, reference in findings}
    assert {reference for _, reference in breaks if "/" in reference} <= expected


@pytest.mark.parametrize("number", range(6))
def test_a_clean_month_has_no_break(tmp_path: Path, number: int) -> None:
    print(f"seed {SEED + number}")
    with told(tmp_path, random.Random(SEED + number), workers=60) as story:
        pay_the_rest(story)
        found = reconcile(story.house.treasurer, CUSTODY, story.happens(tmp_path))
    assert () == found.breaks
    assert found.lines == found.matched > 60


# Errors by whole statements


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        made.employ(1)
        made.employ(1, employer="E002")
        yield made


def test_every_statement_left_out_made_up_joined_parted_or_moved_is_found(house: House, tmp_path: Path) -> None:
    """Of each kind 20; their files bear no numbers, as a number left out is refused."""
    print(f"seed {SEED}")
    kinds = 20 * ["honest", "left out", "made up", "joined", "parted", "another day", "another number"]
    random.Random(SEED).shuffle(kinds)
    day, file_fen, ledger_fen, place = date(2026, 8, 1), 0, 0, 0
    paths: list[Path] = []
    planted: list[tuple[str, set[Finding]]] = []

    def brought(on: date, *lines: Entry) -> tuple[str, list[Line]]:
        nonlocal file_fen
        dated = [replace(line, booking_date=on, value_date=on) for line in lines]
        paths.append(write(tmp_path / f"{on}.xml", None, on, file_fen, dated))
        file_fen += sum(line.signed_fen for line in dated)
        return paths[-1].name, [facts_of(line, line.bank_ref) for line in dated]

    def booked(on: date, lines: list[Line], number: int | None = None) -> None:
        nonlocal ledger_fen, place
        ledger_fen = book(house, on, number, ledger_fen, lines)
        place += 1

    for kind in kinds:
        day += timedelta(days=2)
        next_day = day + timedelta(days=1)
        two = entry("B1", 500, True, "E001D1"), entry("B2", 700, True, "E002D1")
        if kind == "left out":
            name, _ = brought(day)
            planted.append((kind, {("sequence", name)}))
            continue
        if kind == "joined":
            (first, some), (second, more) = brought(day, two[0]), brought(next_day, two[1])
            booked(next_day, some + more)
            planted.append((kind, {("sequence", first), ("file", second)}))
            continue
        name, lines = brought(day, *two)
        if kind == "made up":
            booked(day, lines)
            booked(next_day, [])
            planted.append((kind, {("sequence", f"statement {place}")}))
        elif kind == "parted":
            booked(day, lines[:1])
            booked(day, lines[1:])
            planted.append((kind, {("file", name), ("sequence", f"statement {place}")}))
        elif kind == "another day":
            booked(next_day, lines)
            planted.append((kind, {("sequence", name), ("sequence", f"statement {place}")}))
        elif kind == "another number":
            booked(day, lines, 1)
            planted.append((kind, {("file", name)}))
        else:
            booked(day, lines)
    found = named(reconcile(house.treasurer, CUSTODY, paths))
    assert 120 == len(planted)
    assert {} == missed(planted, found)
    assert found == set().union(*(findings for _, findings in planted)) | {each for each in found if each[0] == "kind"}


# Files changed after their import

Change = Callable[[random.Random, Statement], Statement]


def balanced(given: Statement, entries: list[Entry]) -> Statement:
    closing_fen = given.opening_fen + sum(line.signed_fen for line in entries)
    return replace(given, entries=tuple(entries), closing_fen=closing_fen)


def with_one(change: Callable[[Entry], Entry]) -> Change:
    """One line of the file is another."""

    def changed(dice: random.Random, given: Statement) -> Statement:
        entries = list(given.entries)
        number = dice.choice([number for number, line in enumerate(entries) if line.credit and line.amount_fen < 10**6])
        entries[number] = change(entries[number])
        return balanced(given, entries)

    return changed


FILES: dict[str, Change] = {
    "an amount": with_one(lambda line: replace(line, amount_fen=line.amount_fen + 1)),
    "a direction": with_one(lambda line: replace(line, credit=False)),
    "a reference": with_one(lambda line: replace(line, bank_ref="ANOTHER")),
    "a day": with_one(lambda line: replace(line, booking_date=line.booking_date - timedelta(days=1))),
    "a mark": with_one(lambda line: replace(line, return_reason="XX99")),
    "a reversal": with_one(lambda line: replace(line, reversal=not line.reversal, return_reason=None, remittance="")),
    "a line less": lambda dice, given: balanced(given, dice.sample(given.entries, len(given.entries) - 1)),
    "a line more": lambda dice, given: balanced(given, [*given.entries, entry("MORE", dice.randint(1, 9), True)]),
    "the opening balance": lambda _, given: balanced(
        replace(given, opening_fen=given.opening_fen + 1), list(given.entries)
    ),
    "the number": lambda dice, given: replace(given, sequence=dice.choice((None, 99))),
    "the day of it": lambda _, given: replace(given, date=given.date + timedelta(days=30)),
    "the account": lambda _, given: replace(given, account="6222000000000002"),
}
MARKS: Final = {"a mark", "a reversal"}
"""These change nothing of what a statement is known by; their line is named."""
WRONG: dict[str, tuple[bytes, bytes]] = {
    "a balance that does not add up": (b"</Amt>", b"1</Amt>"),
    "a status": (b">BOOK<", b">PDNG<"),
    "a currency": (b'"CNY"', b'"USD"'),
    "cut off": (b"</Document>", b""),
}


def test_every_change_of_a_file_after_its_import_is_found(tmp_path: Path) -> None:
    """Of each kind 20 but for those that are no statement: of each 5."""
    print(f"seed {SEED}")
    dice = random.Random(SEED)
    count: Counter[str] = Counter()
    with told(tmp_path, dice, workers=20) as story:
        pay_the_rest(story)
        paths = story.happens(tmp_path)
        client = story.house.treasurer
        assert () == reconcile(client, CUSTODY, paths).breaks
        changes = [(name, True) for name in FILES for _ in range(20)] + [(name, False) for name in WRONG] * 5
        for name, sound in changes:
            path = dice.choice([path for path in paths if str(DAYS[0]) <= path.stem <= str(DAYS[3])])
            if name != "the number" and path.stem == str(DAYS[1]):  # it has no credits
                path = tmp_path / f"{DAYS[2]}.xml"
            before = path.read_bytes()
            if sound:
                path.write_bytes(camt053.write(FILES[name](dice, camt053.read(before, path.name))))
            else:
                path.write_bytes(before.replace(*WRONG[name], 1))
            assert before != path.read_bytes(), name
            found = named(reconcile(client, CUSTODY, paths))
            marked = name in MARKS and "reference" in {kind for kind, _ in found}
            assert marked or found & {("file", path.name), ("sequence", path.name)}, name
            count[name] += 1
            path.write_bytes(before)
    assert 260 == count.total()
