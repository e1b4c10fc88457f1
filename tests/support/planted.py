"""Errors of banks and lies of tellers and clerks, planted by a seed, each with all that reconciliation must find of it.

A `Story` is what the bank's files say and what the teller books for it. Without errors both are the same.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from consortium import House, rehearsal
from lxr.chaincode.custody import MAX_ENTRIES
from lxr.chaincode.custody_records import custodies
from lxr.chaincode.headcount import SHARD_WORKERS_MAX
from lxr.chaincode.lines import Line, Target
from lxr.chaincode.rejections import RejectPaymentOrders
from lxr.chaincode.statements import BookStatement
from lxr.settlement.bank import deposits, waiting_lines
from lxr.settlement.bank.cashout import OrderView
from lxr.settlement.bank.model import Entry
from lxr.settlement.bank.reconcile import Reconciliation
from lxr.settlement.bank.statement_lines import canonical, facts_of
from lxr.settlement.pay import payday
from parties import CUSTODY
from statementforms import CAMT, Form
from treasury import DAY_FEN, PAYDAY, entry, in_transit, instructed, worked

NUMBER: Final = "CE001-20260915"
OWN_TEXT: Final = "退汇 wages E001-20260915"
DAYS: Final = tuple(PAYDAY + timedelta(days=number) for number in (0, 1, 2, 3, 7))
"""Deposits; payouts; returns; what banks do beside; and so late that what is still on its way is outstanding."""
Finding = tuple[str, str]
Error = Callable[["Story"], set[Finding]]
"""Plants one error. Gives back what must be found of it, beside that a statement is another one."""


class Story:
    """Errors are planted by functions that say something to the file, and other things to the ledger.

    more: further days, of which nothing is planted in a line.
    """

    def __init__(
        self, house: House, dice: random.Random, orders: tuple[OrderView, ...], form: Form, more: Sequence[date] = ()
    ) -> None:
        self.house, self.dice, self.orders, self.form = house, dice, list(orders), form
        self.more: Final = tuple(more)
        self.files: dict[date, list[Entry]] = {day: [] for day in sorted((*DAYS, *more))}
        self.booked: dict[date, list[Line]] = {day: [] for day in self.files}
        self.shifted_fen: dict[date, int] = {}
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
        return self._says(DAYS[when], made)

    def _says(self, day: date, made: Entry) -> Line:
        dated = self.form.told(replace(made, booking_date=day, value_date=day))
        self.files[day].append(dated)
        return facts_of(dated, canonical(dated.bank_ref))

    def books(self, when: int, *lines: Line) -> None:
        self.booked[DAYS[when]].extend(lines)

    def told(self, when: int, made: Entry) -> Line:
        """The file has it, and the teller books it."""
        return self.told_on(DAYS[when], made)

    def told_on(self, day: date, made: Entry) -> Line:
        """The same on any day."""
        line = self._says(day, made)
        self.booked[day].append(line)
        return line

    def by_hand(self, line: Line, what: str, number: str) -> None:
        """Bank and union say that it is this."""
        self.hands.append((line.key, Target(what, number)))  # type: ignore[arg-type]

    def plant(self, kinds: dict[str, tuple[int, Error]]) -> None:
        """All the errors of a table, in an order by chance."""
        todo = [(name, error) for name, (count, error) in kinds.items() for _ in range(count)]
        self.dice.shuffle(todo)
        self.planted += [(name, error(self)) for name, error in todo]

    def happens(self, directory: Path) -> list[Path]:
        """The statements are brought, day by day; the files."""
        paths, file_fen, ledger_fen = [], 0, 0
        for place, (day, entries) in enumerate(self.files.items(), start=1):
            number = place if self.form.numbered else None
            for attested_on, ref, amount_fen in self.ghosts:
                if attested_on == day:
                    self.house.clock.go(day)
                    deposits.attest_deposit(self.house.teller, CUSTODY, day, ref, "E002", amount_fen)
            if place == 2 and self.rejected:
                pairs = tuple((order, "BE01") for order in self.rejected)
                self.house.teller.submit(
                    RejectPaymentOrders(request_id="rejections", custody=CUSTODY, cashout=NUMBER, rejections=pairs)
                )
            self.dice.shuffle(entries)
            opening_fen = file_fen + self.shifted_fen.get(day, 0)
            paths.append(self.form.save(directory / f"{day}.{self.form.suffix}", number, day, opening_fen, entries))
            file_fen += sum(line.signed_fen for line in entries)
            ledger_fen = book(self.house, day, number, ledger_fen, self.booked[day])
            assert file_fen == ledger_fen  # a statement that does not add up would be refused
        for key, target in self.hands:
            on, _, ref = key.partition("/")
            line = CUSTODY, date.fromisoformat(on), ref
            waiting_lines.assign(self.house.teller, *line, target)
            waiting_lines.agree(self.house.treasurer, *line)
        self.dice.shuffle(paths)
        return paths

    @property
    def expected(self) -> set[Finding]:
        """All that reconciliation must find: of each error its own, and each day's statement that is another one."""
        found = set().union(*(findings for _, findings in self.planted))
        for day, entries in self.files.items():
            said = {(canonical(each.bank_ref), each.booking_date, each.signed_fen) for each in entries}
            there = {(line.booking, line.day, line.signed_fen) for line in self.booked[day]}
            if said != there or day in self.shifted_fen:
                found.add(("file", self.form.called(day)))
        return found


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
def told(
    directory: Path, dice: random.Random, workers: int, form: Form = CAMT, more: Sequence[date] = ()
) -> Iterator[Story]:
    """A month without errors, of which nothing is on a statement yet; most of its orders are left for errors."""
    with rehearsal(directory) as house:
        story = begun(house, dice, workers, form, more)
        hand_work(story, workers // 15)
        yield story


def begun(house: House, dice: random.Random, workers: int, form: Form = CAMT, more: Sequence[date] = ()) -> Story:
    """Workers are paid, and their cash-out is with the bank; the deposit for it is in the first day's file."""
    house.employ(1, employer="E002")
    worked(house, house.employ(workers, shards=max(4, -(-workers // SHARD_WORKERS_MAX))), days=1)
    house.deposit(max(10_000_000, 2 * workers * DAY_FEN), "E001")
    payday.payday(house.treasurer, house.operator, "E001", PAYDAY)
    story = Story(house, dice, instructed(house, NUMBER), form, more)
    (deposit,) = in_transit(house)
    story.told(0, deposit)
    story.told(len(DAYS) - 1, story.deposit())  # a table has no days without lines
    return story


def hand_work(story: Story, rounds: int) -> None:
    """So many times what a month has of everything that is no error, also of what bank and union say by hand."""
    for _ in range(rounds):
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
        story.by_hand(story.told(3, entry(story.ref(), fee_fen, False, remittance="手续费")), "platform", "platform")
        debit = story.told(2, entry(story.ref(), 700, False))
        back = replace(entry(story.ref(), 700, True), reversal=True)
        story.by_hand(story.told(3, back), "line", debit.key)


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
    return {("reference", line.key), ("waiting", line.key)}


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


def amounts_swapped(s: Story) -> set[Finding]:
    some, more = s.deposit(), s.deposit()
    lines = s.says(0, some), s.says(0, replace(more, amount_fen=some.amount_fen + s.dice.randint(1, 1000)))
    s.books(0, *(replace(one, amount_fen=other.amount_fen) for one, other in (lines, lines[::-1])))
    return {("amount", line.key) for line in lines}


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
    return {("kind", credit.key), ("waiting", credit.key), ("kind", debit.key)}


def orders_exchanged(s: Story) -> set[Finding]:
    one, other = s.says(1, s.payout()), s.says(1, s.payout())
    s.books(1, replace(one, order=other.order), replace(other, order=one.order))
    return {("reference", one.key), ("reference", other.key)}


def no_order(s: Story) -> set[Finding]:
    line = s.says(1, s.payout())
    assert line.order is not None
    s.books(1, replace(line, order=None))
    return {("reference", line.key), ("waiting", line.key), ("outstanding", line.order)}


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


def a_return_not_told(s: Story) -> set[Finding]:
    """It is left out with a fee of the same sum, so that the balance shows nothing."""
    _, back = s.paid_back()
    lines = s.says(2, back), s.says(2, entry(s.ref(), back.amount_fen, False, remittance="手续费"))
    return {("not_booked", line.key) for line in lines}


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


def balances_shifted(s: Story) -> set[Finding]:
    """A further day's statement opens and closes with other balances than its neighbours have."""
    day = next(each for each in s.more[::2] if each not in s.shifted_fen)
    following = next((each for each in s.files if each > day), None)
    s.shifted_fen[day] = s.amount()
    return {("balance", s.form.called(each)) for each in (day, following) if each is not None}


LINES: Final[dict[str, tuple[int, Error]]] = {
    error.__name__: (count, error)
    for count, errors in (
        (20, (another_payer, no_payer, a_payer_made_up, a_deposit_marked_as_a_return, split, another_day)),
        (20, (moved_from_one_to_another, left_out_and_another_made_up, another_form_of_the_reference)),
        (20, (two_left_out_that_are_even, two_made_up_that_are_even, a_credit_for_a_debit)),
        (20, (orders_exchanged, no_order, an_order_made_up_for_the_banks_own_debit)),
        (20, (a_return_as_a_deposit, a_return_without_its_id_as_a_deposit, a_return_given_to_an_employer_by_hand)),
        (20, (amounts_swapped, a_return_not_told)),
        (20, (a_return_as_the_banks_interest, a_deposit_as_the_banks_interest)),
        (20, (returns_exchanged, another_reason_of_a_return, a_deposit_that_never_comes)),
        (20, (paid_twice, paid_with_another_amount, rejected_and_paid, never_paid, a_fee, a_debit_reversed)),
        (20, (a_return_less_a_fee, returned_twice)),
    )
    for error in errors
}


def named(found: Reconciliation) -> set[Finding]:
    """Return what breaks there are, each by its kind and what it is of."""
    return {(each.kind, each.reference) for each in found.breaks}


def missed(planted: list[tuple[str, set[Finding]]], found: set[Finding]) -> dict[str, set[Finding]]:
    """Return of each error that is not found what is not found of it."""
    return {name: expected - found for name, expected in planted if not expected <= found}
