"""Money at the bank at random: an honest and a dishonest bank, a union and two employers, against a second bookkeeping.

What lines, attestations, payments and words of two make of the money in custody is kept here again, without the
contract: whose part each fen is, what waits, and what is missing. After each step the ledger says the same.
"""

import os
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, Final

import msgspec
import pytest
from hypothesis import HealthCheck, event, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from lxr.chaincode.assignments import AgreeLine, AssignLine, ConsentLine
from lxr.chaincode.attestations import AgreeReversal, AttestDeposit, CosignDeposit, ReverseDeposit
from lxr.chaincode.bank_refusals import BookingDiffers, PeriodNotReady
from lxr.chaincode.cashout import CancelCashOut, OpenCashOut
from lxr.chaincode.cashout_holds import HoldShards, ReleaseShards
from lxr.chaincode.cashout_records import PaymentOrderState, cash_outs, payment_orders
from lxr.chaincode.command import AnyCommand
from lxr.chaincode.custody_records import OPENING, PLATFORM, attestations, backings, bookings, custodies, transits
from lxr.chaincode.days import day_of
from lxr.chaincode.instruction import AcceptCashOut, ApproveCashOut, InstructCashOut
from lxr.chaincode.lines import Line, Target
from lxr.chaincode.period import ClosePeriod, Countersign, MonthContent, figures_of, months
from lxr.chaincode.refusals import DuplicateRow, NotCovered, PayoutsStopped
from lxr.chaincode.rejections import RejectPaymentOrders
from lxr.chaincode.run_funding import FundRun
from lxr.chaincode.run_payment import PayShards
from lxr.chaincode.run_sweep import SweepRun
from lxr.chaincode.runs import RunState, ShardState, run_shards, runs
from lxr.chaincode.statements import BookStatement
from lxr.chaincode.types import digest
from lxr.settlement.ledger.money_of_blocks import MoneyOfBlocks
from lxr.token.refusal import AccountShort, AmountTooLarge, Refusal
from parties import ANNA, BO, CLEO, CUSTODY, DORA, aug, sep
from scenario.money import Place, credit, debit, place_of
from town import Town
from watched import History, State, Watched, found, listed, open_items, working_days_later

EMPLOYERS: Final = ("E001", "E002")
PAYDAYS: Final = (aug(12), aug(19), aug(26), sep(2))
PICK: Final = st.integers(0, 9999)
FEN: Final = st.sampled_from([1, 100, 2_500, 10_000, 30_000])
EMPLOYER: Final = st.sampled_from(EMPLOYERS)
WAYS: Final = ("as ordered", "as ordered", "as ordered", "without its id", "with a fee", "refused")
"""How the bank pays."""
COMES: Final = st.sampled_from(["exactly", "exactly", "unnamed", "never", "less", "later", "for another"])
"""What becomes of a deposit that was attested."""
OWN: Final = st.sampled_from(["fee", "interest", "unknown", "marked", "marked", "again"])
"""What the bank books of its own."""
SAID: Final = st.sampled_from(["rightly", "rightly", "employer", "order", "line", "deposit", "platform", "parts"])
"""What the bank says that a line is."""
MARKS: Final[tuple[dict[str, Any], ...]] = (
    {"order": None},
    {"order": None},
    {"returned": "AC04"},
    {"own_text": True},
    {},
)
"""What says that a credit is a payment that came back."""


@dataclass
class Entry:
    """A line of a statement: what it is here, whose, and what of it waits. charged: whose money it is said to take."""

    line: Line
    kind: str
    party: str | None = None
    waits_fen: int = 0
    split_fen: int = 0
    charged: str | None = None

    @property
    def signed_fen(self) -> int:
        """What it brought, less what stands in its parts."""
        own_fen = self.line.amount_fen - self.split_fen
        return own_fen if self.line.credit else -own_fen


@dataclass
class Deposit:
    """An attested deposit. signers: persons of the bank, until it proposes to reverse it."""

    employer: str
    amount_fen: int
    signers: set[str]
    state: str = "attested"


@dataclass
class Payment:
    """A payment of a cash-out that was instructed. left: the cash-out by which its money left that had come back."""

    cashout: str
    owner: str
    amount_fen: int
    state: str = "held"
    left: str = ""

    @property
    def is_back(self) -> bool:
        """Whether it came back, or was not executed, and its money is there."""
        return self.state in ("returned", "rejected") and not self.left


@dataclass
class Sent:
    """A cash-out: whose money, how much, of which run, and where it stands. again: of wages that came back."""

    owner: str
    total_fen: int
    run: str
    state: str = "held"
    again: bool = False


@cache
def ready(settled: tuple[tuple[str, bytes], ...]) -> State:
    """Four weeks are worked and priced for both employers, and nothing is paid or deposited."""
    town = Town(Watched(dict(settled), History()), "ready")
    for payday in PAYDAYS:
        worked = payday - timedelta(days=9)
        town.certified(worked, {ANNA: 3, BO: 1})
        town.certified(worked, {CLEO: 2})
        town.certified(worked, {DORA: 4})
        for employer in EMPLOYERS:
            town.priced(f"{employer}-{payday:%Y%m%d}")
    return dict(town.engine.scan(""))


class Bank(RuleBasedStateMachine):
    """coming: lines of statements that are not booked yet. entries: what is booked. part_fen: by owner, its money."""

    template: Mapping[str, bytes] = {}

    @initialize(opening_fen=st.sampled_from([0, 0, 7_000, -300]))
    def begin(self, opening_fen: int) -> None:
        self.engine = Watched(dict(ready(tuple(self.template.items()))), History())
        self.town = Town(self.engine, "bank")
        self.state = self.engine.state
        self.town.go(sep(3))
        self.count = 0
        self.opening_fen = opening_fen
        self.closing_day: date | None = None
        self.coming: list[Line] = []
        self.entries: dict[Place, Entry] = {}
        self.deposits: dict[Place, Deposit] = {}
        self.payments: dict[str, Payment] = {}
        self.sent: dict[str, Sent] = {}
        self.part_fen: Counter[str] = Counter()
        self.came_back_fen: Counter[str] = Counter()
        self.said: dict[Place, tuple[Target, set[str]]] = {}

    # What is done

    def attempt(self, kind: type[AnyCommand], caller: str | None = None, /, **fields: Any) -> type[Refusal] | None:
        """Give a command. Returns the refusal, None if it was accepted. No sum is large here, and no account short."""
        refused = None
        try:
            self.town.do(kind, caller, **fields)
        except Refusal as refusal:
            refused = type(refusal)
        event(f"{kind.__name__}: {refused.__name__ if refused else 'accepted'}")
        assert refused not in (AccountShort, AmountTooLarge)
        return refused

    @property
    def today(self) -> date:
        return day_of(self.town.at_ms)

    def new(self) -> str:
        self.count += 1
        return f"B{self.count:03d}"

    @rule(days=st.integers(1, 3))
    def wait(self, days: int) -> None:
        self.town.go(self.today + timedelta(days=days))

    # Deposits

    @rule(
        employer=EMPLOYER,
        amount_fen=FEN,
        back=st.sampled_from([0, 0, 0, 1, 2]),
        comes=COMES,
        second=st.sampled_from(["", "bank/admin as Zhao", "bank/teller as Qian", "bank/admin as Sun"]),
        reuse=st.sampled_from([False] * 7 + [True]),
        pick=PICK,
    )
    def attest(
        self, employer: str, amount_fen: int, back: int, comes: str, second: str, reuse: bool, pick: int
    ) -> None:
        """The bank attests a credit, which comes as it was attested or otherwise; perhaps somebody else cosigns."""
        taken = sorted(self.entries.keys() | self.deposits.keys())
        place = taken[pick % len(taken)] if reuse and taken else (self.today - timedelta(days=back), self.new())
        fields = {**place_of(place), "employer_no": employer, "amount_fen": amount_fen}
        if self.attempt(AttestDeposit, "bank/teller as Sun", **fields) is not None:
            return
        assert place not in taken
        assert self.closing_day is None or place[0] > self.closing_day
        self.deposits[place] = Deposit(employer, amount_fen, {"Sun"})
        if second and self.attempt(CosignDeposit, second, **self.town.signed_deposit(place)) is None:
            assert not second.endswith("Sun")
            self.deposits[place].signers.add(second)
        other = EMPLOYERS[employer == EMPLOYERS[0]]
        line = {
            "exactly": credit(*place, amount_fen, employer),
            "unnamed": credit(*place, amount_fen),
            "less": credit(*place, amount_fen + 1, employer),
            "later": credit(place[0] + timedelta(days=1), f"{place[1]}-L", amount_fen, employer if pick % 2 else None),
            "for another": credit(*place, amount_fen, other),
        }.get(comes)
        self.coming += [line] if line is not None else []

    @rule(pick=PICK, agreed=st.booleans())
    def reverse(self, pick: int, agreed: bool) -> None:
        if not self.deposits:
            return
        there = sorted(place for place, each in self.deposits.items() if each.state in ("attested", "missing"))
        there = there if there and pick % 8 else sorted(self.deposits)
        place = there[pick // 8 % len(there)]
        deposit = self.deposits[place]
        if self.attempt(ReverseDeposit, **place_of(place), reason="none") is None:
            assert deposit.state in ("attested", "missing")
            deposit.signers.clear()
        if agreed and self.attempt(AgreeReversal, **self.town.signed_deposit(place)) is None:
            assert deposit.state in ("attested", "missing")
            deposit.state = "reversed"

    # Statements

    @rule(amount_fen=FEN, payer=st.sampled_from([None, "E001", "E002", "E999"]), back=st.integers(0, 1))
    def somebody_pays_in(self, amount_fen: int, payer: str | None, back: int) -> None:
        self.coming.append(credit(self.today - timedelta(days=back), self.new(), amount_fen, payer))

    @rule(amount_fen=FEN, way=OWN, pick=PICK)
    def the_bank_books_of_its_own(self, amount_fen: int, way: str, pick: int) -> None:
        """Its fee or interest, a debit or a credit of the sum of an earlier line, or a line that is booked already."""
        there = [entry.line for entry in self.entries.values()]
        if way in ("unknown", "marked", "again") and there:
            line = there[pick % len(there)]
            if way == "again":
                self.coming.append(line)
                return
            amount_fen = line.amount_fen
        made = debit if way in ("fee", "unknown") else credit
        marks = {"returned": "AC04", "payer": EMPLOYERS[pick % 2]} if way == "marked" else {}
        self.coming.append(made(self.today, self.new(), amount_fen, **marks))

    @rule(
        back=st.sampled_from([0, 0, 1]),
        left_out=st.sampled_from([0, 0, 0, 1]),
        number=st.sampled_from(["next", "next", "none", "anew", "gap"]),
        parts=st.integers(1, 3),
    )
    def statement(self, back: int, left_out: int, number: str, parts: int) -> None:
        """The bank's statement of all that has come, or but for the last line; perhaps not the first one of its day."""
        custody = self.town.get(custodies, CUSTODY)
        day = max(self.today - timedelta(days=back), self.closing_day or date.min)
        some = [line for line in self.coming if line.day <= day]
        lines = sorted(some[: len(some) - left_out], key=lambda line: (line.credit, line.day, line.booking))
        opening_fen = custody.closing_fen if custody.statements else self.opening_fen
        last = custody.number or 0
        if opening_fen + sum(line.signed_fen for line in lines) < 0:
            event("the account is overdrawn")
        of_bank = {"next": last + 1, "none": None, "anew": 1, "gap": last + 2}[number]
        fields = self.town.statement(day, *lines, opening_fen=opening_fen, number=of_bank)
        again = [line for line in lines if (line.day, line.booking) in self.entries]
        if again:
            assert self.attempt(BookStatement, **fields) is not None
            self.coming = [line for line in self.coming if line not in again]
            return
        if len(lines) > 1:  # as the bank's file may have them
            self.town.refused(DuplicateRow, BookStatement, **{**fields, "lines": tuple(lines[::-1])})
        if opening_fen and not custody.statements:
            opening = Line(day, OPENING, opening_fen > 0, abs(opening_fen))
            self._put(Entry(opening, "waiting", None, opening.amount_fen))
        size = max(1, -(-len(lines) // parts))
        for first in range(0, max(1, len(lines)), size):
            chunk = tuple(lines[first : first + size])
            assert self.attempt(BookStatement, **{**fields, "first": first, "lines": chunk}) is None
            for line in chunk:
                self._book(line)
                self.coming.remove(line)
        self.closing_day = day
        for (on, _), deposit in self.deposits.items():
            if deposit.state == "attested" and on <= day:
                deposit.state = "missing"

    def _book(self, line: Line) -> None:
        """What a line is, by what stands on it and what is known of its order and deposit."""
        place = line.day, line.booking
        payment = self.payments.get(line.order or "")
        deposit = self.deposits.get(place)
        kind, party = "waiting", None
        accepted = payment is not None and self.sent[payment.cashout].state == "accepted"
        fits = payment is not None and accepted and payment.amount_fen == line.amount_fen
        marked = line.returned is not None or line.own_text or line.order is not None
        doubled = any(
            each.waits_fen and not each.line.credit and each.line.order == line.order for each in self.entries.values()
        )
        if not line.credit:
            if payment is not None and fits and payment.state == "held" and line.returned is None:
                kind, party, payment.state = "payout", line.order, "settled"
                self.part_fen[payment.owner] -= line.amount_fen
        elif marked:
            if payment is not None and fits and payment.state == "settled" and not doubled:
                kind, party, payment.state = "return", line.order, "returned"
                self._comes_back(payment)
                self.part_fen[payment.owner] += line.amount_fen
        else:
            own = deposit is not None and line.payer == deposit.employer
            if (
                deposit is not None
                and own
                and deposit.state in ("attested", "missing")
                and (deposit.amount_fen == line.amount_fen)
            ):
                kind, party, deposit.state = "deposit", deposit.employer, "confirmed"
            elif line.payer in EMPLOYERS:
                kind, party = "deposit", line.payer
            if party is not None:
                self.part_fen[party] += line.amount_fen
        self._put(Entry(line, kind, party, line.amount_fen if kind == "waiting" else 0))

    def _comes_back(self, payment: Payment, sign: int = 1) -> None:
        """A wage is there again, for its worker alone; or it had arrived after all."""
        if payment.owner != PLATFORM:
            self.came_back_fen[payment.owner] += sign * payment.amount_fen

    def _put(self, entry: Entry) -> None:
        event(f"{'credit' if entry.line.credit else 'debit'}: {entry.kind}")
        self.entries[entry.line.day, entry.line.booking] = entry

    # What waits

    @rule(pick=PICK, what=SAID, sign=PICK)
    def assign(self, pick: int, what: str, sign: int) -> None:
        """The bank says what a line is, rightly or not; union and employers agree, to that or to what was said once."""
        waiting = sorted(place for place, entry in self.entries.items() if entry.waits_fen)
        if not waiting:
            return
        place = waiting[pick % len(waiting)]
        target = self._target(self.entries[place], what, sign)
        if target is not None:
            self._assign(place, target, sign)

    def _assign(self, place: Place, target: Target, sign: int) -> None:
        entry = self.entries[place]
        if self.attempt(AssignLine, **place_of(place), target=target) is None:
            self.said[place] = target, set()
            entry.charged = self._charged(entry, target)
        if place not in self.said:
            return
        target, agreed = self.said[place]
        for way in [(), ("union",), ("union", "employer"), ("union", "employer")][sign % 4]:
            if entry.waits_fen:
                self._agree(place, entry, target, agreed, way, EMPLOYERS[sign // 4 % 2])

    @rule(pick=PICK, sign=PICK)
    def the_bank_takes_a_deposit_back(self, pick: int, sign: int) -> None:
        there = sorted(place for place, entry in self.entries.items() if entry.kind == "deposit")
        if not there:
            return
        line, place = self.entries[there[pick % len(there)]].line, (self.today, self.new())
        self.coming.append(debit(*place, line.amount_fen))
        self.statement(0, 0, "next", 1)
        if place in self.entries:
            self._assign(place, Target("line", line.key), sign)

    def _charged(self, entry: Entry, target: Target) -> str | None:
        if target.what == "employer" and not entry.line.credit:
            return target.number
        other = self._entry(target) if target.what == "line" else None
        return other.party if other is not None and other.kind == "deposit" else None

    def _target(self, entry: Entry, what: str, pick: int) -> Target | None:
        fen, is_credit = entry.waits_fen, entry.line.credit
        open_states = ("settled",) if is_credit else ("held", "rejected")
        by_kind = {
            "employer": list(EMPLOYERS),
            "order": sorted(number for number, each in self.payments.items() if each.state in open_states)
            or sorted(self.payments),
            "line": sorted(
                each.line.key
                for each in self.entries.values()
                if each.line.credit != is_credit and each.line.amount_fen >= fen
            ),
            "deposit": sorted(f"{day}/{name}" for (day, name), each in self.deposits.items() if each.amount_fen == fen),
            "platform": [PLATFORM],
        }
        if what == "parts":
            cut_fen = 1 + pick % max(1, fen)  # now and then more than there is
            return Target("parts", "", (cut_fen, fen - cut_fen) if cut_fen < fen else (fen, 1))
        if what == "rightly":  # by the sum, as an honest bank finds it
            orders_of_it = [number for number in by_kind["order"] if self.payments[number].amount_fen == fen]
            choices = [("order", orders_of_it), ("line", by_kind["line"]), ("deposit", by_kind["deposit"])]
            what, numbers = next(((name, some) for name, some in choices if some), ("platform", [PLATFORM]))
        else:
            numbers = by_kind[what]
        if not numbers:
            return None
        return msgspec.convert({"what": what, "number": numbers[pick % len(numbers)]}, Target)

    def _agree(self, place: Place, entry: Entry, target: Target, agreed: set[str], who: str, employer: str) -> None:
        fields = self.town.agreement(place)
        charged = self._charged(entry, target)
        if who == "employer":
            refused = self.attempt(ConsentLine, f"employer/signer/{employer}", employer=employer, **fields)
            assert refused is not None or employer == charged
        else:
            refused = self.attempt(AgreeLine, **fields)
        if refused is None:
            agreed.add(employer if who == "employer" else who)
            entry.charged = charged
            if "union" in agreed and (charged is None or charged in agreed):
                self._end(entry, target)

    def _entry(self, target: Target) -> Entry:
        day, _, reference = target.number.partition("/")
        return self.entries[date.fromisoformat(day), reference]

    def _end(self, entry: Entry, target: Target) -> None:
        """A line that two have said what it is. What its own facts say otherwise nobody can say of it."""
        line, fen = entry.line, entry.waits_fen
        sign = 1 if line.credit else -1
        marked = line.credit and (line.returned is not None or line.own_text or line.order is not None)
        assert not marked or target.what in ("order", "line", "parts")
        named = line.payer if line.payer in EMPLOYERS else None  # any other is a slip
        event(f"a {'credit' if line.credit else 'debit'} that waited is {target.what}")
        entry.waits_fen, entry.party = 0, target.number
        match target.what:
            case "parts":
                assert sum(target.parts_fen) == fen
                entry.kind, entry.party, entry.split_fen = "parts", None, fen
                for number, part_fen in enumerate(target.parts_fen, start=1):
                    part = msgspec.structs.replace(line, booking=f"{line.booking}~{number}", amount_fen=part_fen)
                    self._put(Entry(part, "waiting", waits_fen=part_fen))
            case "employer" if not line.credit:
                entry.kind = "refund"
                self.part_fen[target.number] -= fen
            case "employer":
                assert named in (None, target.number)
                entry.kind = "deposit"
                self.part_fen[target.number] += fen
            case "platform":
                assert named is None
                entry.kind = "platform"
                self.part_fen[PLATFORM] += sign * fen
            case "order":
                payment = self.payments[target.number]
                assert payment.state == ("settled" if line.credit else "held") or (not line.credit and payment.is_back)
                if payment.state == "rejected":
                    event("a payment that was rejected is paid after all")
                    self._comes_back(payment, -1)
                assert sign * payment.amount_fen >= sign * fen
                assert self.sent[payment.cashout].state == "accepted"
                payment.state, entry.kind = ("returned", "return") if line.credit else ("settled", "payout")
                if line.credit:
                    self._comes_back(payment)
                self.part_fen[payment.owner] += sign * payment.amount_fen
                self.part_fen[PLATFORM] += sign * (fen - payment.amount_fen)
            case "deposit":
                day, _, reference = target.number.partition("/")
                deposit = self.deposits[date.fromisoformat(day), reference]
                assert line.credit
                assert (deposit.amount_fen, named) in ((fen, None), (fen, deposit.employer))
                assert deposit.state in ("attested", "missing")
                deposit.state, entry.kind, entry.party = "confirmed", "deposit", deposit.employer
                self.part_fen[deposit.employer] += fen
            case "line":
                self._undo(entry, self._entry(target), fen)

    def _undo(self, entry: Entry, other: Entry, fen: int) -> None:
        assert entry.line.credit != other.line.credit
        entry.kind = "undone"
        self.said.pop((other.line.day, other.line.booking), None)  # it was of another sum
        other.charged = None
        if other.kind == "platform":
            self.part_fen[PLATFORM] += fen if entry.line.credit else -fen
        elif other.kind == "refund":
            assert other.party is not None
            self.part_fen[other.party] += fen
        elif other.kind == "return":
            payment = self.payments[other.party or ""]
            assert payment.is_back
            assert (payment.state, entry.line.order) == ("returned", other.party)
            self.part_fen[payment.owner] -= fen
            self._comes_back(payment, -1)
            payment.state = "settled"
        elif entry.line.credit:
            other.waits_fen -= fen
            assert other.waits_fen >= 0
            assert other.kind == "waiting"
        elif other.kind == "deposit":
            assert other.party is not None
            self.part_fen[other.party] -= fen
        else:
            assert other.waits_fen == fen
            other.waits_fen = 0
        if other.waits_fen == 0:
            other.kind = "undone"

    # Payouts

    @rule(
        employer=EMPLOYER,
        same_day=st.booleans(),
        cosigned=st.booleans(),
        comes=COMES | st.just("exactly"),
        accepted=st.sampled_from([True, True, True, False]),
        pays=st.lists(st.sampled_from(WAYS), max_size=3),
        back=st.lists(st.tuples(st.sampled_from(MARKS), st.sampled_from([0, 0, 5])), max_size=2),
        own=st.lists(st.tuples(FEN, OWN, PICK), max_size=2),
        said=st.lists(st.tuples(PICK, SAID, PICK), max_size=3),
        pick=PICK,
    )
    def payday_in_full(
        self,
        employer: str,
        same_day: bool,
        cosigned: bool,
        comes: str,
        accepted: bool,
        pays: list[str],
        back: list[tuple[dict[str, Any], int]],
        own: list[tuple[int, str, int]],
        said: list[tuple[int, str, int]],
        pick: int,
    ) -> None:
        """Money comes, wages leave on the same day or after its statement, some come back, and the fee is swept."""
        self.wait(1)
        self.attest(employer, 30_000, 0, comes, "bank/admin as Zhao" if cosigned else "", False, pick)
        if not same_day:
            self.statement(0, 0, "next", 1)
        self.hold("run", employer, pick)
        if accepted and self.sent:
            self.accept(pick, "accept", list(self.sent)[-1])
            self.sweep(pick, list(self.sent)[-1])
        for number, way in enumerate(pays):
            self.the_bank_pays(pick + number, way)
        self.wait(1)
        self.statement(0, 0, "next", 1 + pick % 3)
        for number, (mark, kept_fen) in enumerate(back):
            self.a_payment_comes_back(pick + number, mark, kept_fen)
        for some in own:
            self.the_bank_books_of_its_own(*some)
        self.wait(1)
        self.statement(0, 0, "anew", 1)
        for each in said:
            self.assign(*each)

    @rule(scope=st.sampled_from(["run", "all", "platform"]), employer=EMPLOYER, pick=PICK)
    def hold(self, scope: str, employer: str, pick: int) -> None:
        """Hold a run's wages, what came back, or the platform's fees, for the bank, and state and approve the file."""
        fields: dict[str, Any] = {"scope": scope}
        if scope == "run":
            live = {sent.run for sent in self.sent.values() if sent.state != "cancelled"}
            waiting = [run for run in (f"{employer}-{payday:%Y%m%d}" for payday in PAYDAYS) if run not in live]
            if not waiting or not self._paid(waiting[0]):
                return
            fields["run"] = waiting[0]
        elif scope == "all":
            fields["employer"] = employer
        cashout = f"C{self.new()}"
        if self.attempt(OpenCashOut, cashout=cashout, custody=CUSTODY, **fields) is not None:
            return
        for shard in self.town.get(cash_outs, cashout).shards:
            if self.attempt(HoldShards, cashout=cashout, shards=(shard,)) is not None:
                return
        total_fen = sum(file.total_fen for file in self.town.instruction(cashout)["files"])
        owner = PLATFORM if scope == "platform" else employer
        for payment in self.payments.values():
            if total_fen and scope != "run" and payment.owner == owner and payment.is_back:
                payment.left = cashout
        if total_fen:
            self.sent[cashout] = Sent(owner, total_fen, fields.get("run", ""), again=scope == "all")
            self.instruct(pick, cashout)

    def _paid(self, run: str) -> bool:
        """Whether the run's wages are credited."""
        if self.town.get(runs, run).state is not RunState.FUNDED:
            self.attempt(FundRun, run=run)
        if self.town.get(runs, run).state is not RunState.FUNDED:
            return False
        for shard in range(self.town.get(runs, run).shards):
            if self.town.get(run_shards, run, shard).state is ShardState.PRICED:
                self.attempt(PayShards, run=run, shards=(shard,))
        return True

    @rule(pick=PICK)
    def instruct(self, pick: int, number: str = "") -> None:
        """State the file and approve it; the bank's statements and two signatures must cover it, on both occasions."""
        held = sorted(number for number, sent in self.sent.items() if sent.state in ("held", "prepared"))
        if not held:
            return
        number = number or held[pick % len(held)]
        sent = self.sent[number]
        if sent.state == "held" and not self._covered(sent, InstructCashOut, **self.town.instruction(number)):
            return
        sent.state = "prepared"
        approval: dict[str, Any] = self.town.cash_out_approval(number)
        if self._covered(sent, ApproveCashOut, "union/operator", **approval):
            sent.state = "instructed"
            self.came_back_fen[sent.owner] -= sent.total_fen if sent.again else 0
            for order in self.town.orders(number):
                amount_fen = self.town.get(payment_orders, order).amount_fen
                self.payments[order] = Payment(number, sent.owner, amount_fen)

    def _covered(
        self, sent: Sent, kind: type[AnyCommand], caller: str | None = None, /, *, pending_fen: int = 0, **fields: Any
    ) -> bool:
        """Whether it was accepted: just where its owner's own money covers it, and the owner is not short.

        pending_fen: what of it is on its way already.
        """
        short = self._short_fen(sent.owner)
        enough = sent.total_fen <= self._have_fen(sent.owner, pending_fen, again=sent.again)
        refused = self.attempt(kind, caller, **fields)
        expected = PayoutsStopped if short else None if enough else NotCovered
        assert refused is expected, (refused, expected)
        return refused is None

    def _short_fen(self, owner: str) -> int:
        part = found(self.state, backings, owner)
        return part.shortfall_fen if part else 0

    def _have_fen(self, owner: str, pending_fen: int = 0, *, again: bool = False) -> int:
        """What an owner's payouts may take now: statements, and what two persons have signed that is not due yet."""
        signed_fen: Counter[str] = Counter()
        for (day, _), deposit in self.deposits.items():
            due = working_days_later(self.state, day, 1)
            if deposit.state == "attested" and len(deposit.signers) > 1 and self.today <= due:
                signed_fen[deposit.employer] += deposit.amount_fen
        out_fen: Counter[str] = Counter()
        for payment in self.payments.values():
            if payment.state == "held":
                out_fen[payment.owner] += payment.amount_fen
        balance_fen = sum(entry.signed_fen for entry in self.entries.values())
        own_fen = self.part_fen[owner] + signed_fen[owner] - out_fen[owner] + pending_fen
        own_fen -= 0 if again else self.came_back_fen[owner]
        own_fen -= sum(entry.waits_fen for entry in self.entries.values() if entry.charged == owner)
        if owner == PLATFORM:
            own_fen -= sum(entry.waits_fen for entry in self.entries.values() if not entry.line.credit)
        return max(0, min(own_fen, balance_fen + signed_fen.total() - out_fen.total() + pending_fen))

    @rule(pick=PICK, what=st.sampled_from(["accept", "accept", "another file", "cancel"]))
    def accept(self, pick: int, what: str, number: str = "") -> None:
        """The bank accepts the file that it holds, or another one; the union cancels."""
        there = sorted(number for number, sent in self.sent.items() if sent.state != "cancelled")
        if not there:
            return
        number = number or there[pick % len(there)]
        sent = self.sent[number]
        if what == "cancel":
            refused = self.attempt(CancelCashOut, cashout=number)
            assert (refused is None) == (sent.state != "accepted")
            if refused is None:
                self.came_back_fen[sent.owner] += sent.total_fen if sent.again and sent.state == "instructed" else 0
                sent.state = "cancelled"
                for shard in self.town.get(cash_outs, number).shards:
                    assert self.attempt(ReleaseShards, cashout=number, shards=(shard,)) is None
                for payment in self.payments.values():
                    payment.state = "cancelled" if payment.cashout == number else payment.state
                    payment.left = "" if payment.left == number else payment.left
        elif sent.state != "held":
            fields = self.town.acceptance(number)
            if what != "accept" or sent.state != "instructed":
                fields |= {"files": (digest(1),)} if what != "accept" else {}
                assert self.attempt(AcceptCashOut, **fields) is not None
            elif self._covered(sent, AcceptCashOut, pending_fen=sent.total_fen, **fields):
                sent.state = "accepted"

    @rule(
        pick=PICK,
        way=st.sampled_from(WAYS),
    )
    def the_bank_pays(self, pick: int, way: str) -> None:
        """A payment is debited, with or without its id or more, also of a file that was never accepted; or refused."""
        on_its_way = {line.order for line in self.coming if pick % 8}  # rarely twice
        held = sorted(
            number for number, payment in self.payments.items() if payment.state == "held" and number not in on_its_way
        )
        if not held:
            return
        number = held[pick % len(held)]
        payment = self.payments[number]
        if way == "refused":
            fields = {"custody": CUSTODY, "cashout": payment.cashout, "rejections": ((number, "AC01"),)}
            refused = self.attempt(RejectPaymentOrders, **fields)
            assert (refused is None) == (self.sent[payment.cashout].state == "accepted")
            payment.state = payment.state if refused else "rejected"
            if not refused:
                self._comes_back(payment)
            return
        amount_fen = payment.amount_fen + (5 if way == "with a fee" else 0)
        self.coming.append(debit(self.today, self.new(), amount_fen, number if way != "without its id" else None))

    @rule(
        pick=PICK,
        mark=st.sampled_from(MARKS),
        kept_fen=st.sampled_from([0, 0, 5]),
    )
    def a_payment_comes_back(self, pick: int, mark: dict[str, Any], kept_fen: int) -> None:
        """With our id, a code or our own text, or without any mark; whole or less the bank's fee."""
        settled = sorted(number for number, payment in self.payments.items() if payment.state == "settled")
        if not settled:
            return
        number = settled[pick % len(settled)]
        facts = {"order": number} if "order" in mark else mark
        self.coming.append(credit(self.today, self.new(), self.payments[number].amount_fen - kept_fen, None, **facts))

    @rule(pick=PICK)
    def sweep(self, pick: int, number: str = "") -> None:
        """Fees become the platform's, once the bank has accepted the wages of their run."""
        there = sorted(number for number, sent in self.sent.items() if sent.run)
        number = number or (there[pick % len(there)] if there else "")
        if number not in there:
            return
        sent = self.sent[number]
        before = self._fees()
        own_fen = self.part_fen[sent.owner] - sum(
            payment.amount_fen
            for payment in self.payments.values()
            if (payment.owner, payment.state) == (sent.owner, "held")
        )
        if self.attempt(SweepRun, run=sent.run) is None:
            fee_fen = self._fees() - before
            states = {each.state for each in self.sent.values() if each.run == sent.run}
            assert "accepted" in states
            assert fee_fen <= max(0, own_fen)
            self.part_fen[sent.owner] -= fee_fen
            self.part_fen[PLATFORM] += fee_fen

    def _fees(self) -> int:
        """Service fees that have come, those that have replenished the platform too."""
        return self.town.fen("fee:union") + self.town.get(custodies, CUSTODY).burned_fen

    # Months

    @rule(signed=st.booleans(), pick=PICK, left_out=st.booleans())
    def close(self, signed: bool, pick: int, left_out: bool) -> None:
        """Close the next month with all that is open; it is refused without any one of it."""
        closed = sorted(parts[0] for parts, _ in listed(self.state, months))
        period = f"2026-{8 + len(closed):02}"
        items = open_items(self.state, period, self.town.at_ms)
        some = tuple(item for item in items if item.kind != "row")
        if left_out and some:
            carried = tuple(item for item in items if item != some[pick % len(some)])
            self.town.refused(PeriodNotReady, ClosePeriod, period=period, custody=CUSTODY, carried=carried)
        refused = self.attempt(ClosePeriod, period=period, custody=CUSTODY, carried=items)
        over = self.today > _last_day(period) and self.closing_day is not None and self.closing_day >= _last_day(period)
        last = self.town.get(months, closed[-1]) if closed else None
        ready = over and (last is None or "bank" in last.signed)
        assert (refused is None) == ready, (refused, period)
        if refused is None and signed:
            month = self.town.get(months, period)
            content = MonthContent(period, CUSTODY, month.figures, month.statement, month.carried)
            for auditor in ("bank/auditor", "regulator/auditor")[: 1 + pick % 2]:
                self.town.do(Countersign, auditor, period=period, figures=month.figures, digest=digest(content))

    @rule(pick=PICK)
    def close_anew(self, pick: int) -> None:
        """Close the last month once more: until all have signed it, and then never."""
        closed = sorted(parts[0] for parts, _ in listed(self.state, months))
        if not closed:
            return
        period = closed[-1 - (pick % 4 == 0) * (len(closed) > 1)]
        items = open_items(self.state, period, self.town.at_ms)
        there, account = self.town.get(months, period), self.town.get(custodies, CUSTODY)
        same = (figures_of(account), account.statements, items) == (there.figures, there.statement, there.carried)
        refused = self.attempt(ClosePeriod, period=period, custody=CUSTODY, carried=items)
        all_signed = {"bank", "regulator"} <= set(there.signed)
        assert (refused is None) == (not all_signed and period == closed[-1] and not same)
        if refused is None:
            event("a month is closed anew")
            assert items == self.town.get(months, period).carried

    # What must hold; the contract's own invariants are checked after each accepted command

    @invariant()
    def an_auditor_finds_the_figures_and_items_that_a_month_is_closed_with(self) -> None:
        if not hasattr(self, "town"):
            return
        money = MoneyOfBlocks()
        for key, value in self.state.items():
            table, _, rest = key.partition("/")
            money.see(table, rest, value)
        assert figures_of(self.town.get(custodies, CUSTODY)) == money.figures()
        opened = [
            item
            for item in open_items(self.state, "2026-08", self.town.at_ms)
            if item.kind in ("order", "line") or (item.kind == "returned" and item.name.startswith("W"))
        ]
        assert set(opened) == set(money.items())

    @invariant()
    def every_line_is_what_it_is_here_and_every_fen_is_the_same_owners(self) -> None:
        if not hasattr(self, "town"):
            return
        there = {(date.fromisoformat(day), name): line for (_, day, name), line in listed(self.state, bookings)}
        assert there.keys() == self.entries.keys()
        for place, entry in self.entries.items():
            booking = there[place]
            assert (entry.line, entry.kind, entry.waits_fen) == (booking.line, booking.kind, booking.waiting_fen)
            if entry.kind in ("deposit", "payout", "return", "refund"):
                assert entry.party == booking.party
        parts = {owner: part for (owner,), part in listed(self.state, backings)}
        for owner in (*EMPLOYERS, PLATFORM):
            assert self.part_fen[owner] == (parts[owner].confirmed_fen if owner in parts else 0)
        assert parts.keys() <= {*EMPLOYERS, PLATFORM}
        balance_fen = sum(entry.signed_fen for entry in self.entries.values())
        waits_fen = sum(entry.waits_fen if entry.line.credit else -entry.waits_fen for entry in self.entries.values())
        assert self.part_fen.total() + waits_fen == balance_fen == self.town.get(custodies, CUSTODY).balance_fen

    @invariant()
    def every_attested_deposit_is_awaited_confirmed_reversed_or_named_missing(self) -> None:
        if not hasattr(self, "town"):
            return
        there = {(date.fromisoformat(day), name): each for (_, day, name), each in listed(self.state, attestations)}
        assert {place: each.state for place, each in self.deposits.items()} == {
            place: each.state for place, each in there.items()
        }
        transit = found(self.state, transits, CUSTODY)
        assert {(each.day, each.booking): each.missing for each in (transit.deposits if transit else ())} == {
            place: each.state == "missing"
            for place, each in self.deposits.items()
            if each.state in ("attested", "missing")
        }
        for (day, _), deposit in self.deposits.items():
            assert deposit.state != "attested" or self.closing_day is None or day > self.closing_day

    @invariant()
    def no_owner_is_short_of_more_than_was_attested_and_never_came_or_was_taken_back(self) -> None:
        if not hasattr(self, "town"):
            return
        for owner in EMPLOYERS:
            lost_fen = sum(
                deposit.amount_fen
                for deposit in self.deposits.values()
                if deposit.employer == owner and deposit.state in ("missing", "reversed")
            )
            taken = ("undone", "refund")
            back_fen = sum(entry.line.amount_fen for entry in self.entries.values() if entry.kind in taken)
            assert self._short_fen(owner) <= lost_fen + back_fen

    @invariant()
    def every_payment_is_where_it_is_here(self) -> None:
        if not hasattr(self, "town"):
            return
        for number, payment in self.payments.items():
            assert PaymentOrderState(payment.state) is self.town.get(payment_orders, number).state
        for number, sent in self.sent.items():
            expected = "open" if sent.state == "held" else sent.state
            assert expected == self.town.get(cash_outs, number).state


def _last_day(period: str) -> date:
    year, month = map(int, period.split("-"))
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


@pytest.mark.slow
def test_whatever_banks_book_and_say_each_fen_in_custody_stays_its_owners(template: Any) -> None:
    number = int(os.environ.get("LXR_SEED", random.randrange(2**32)))
    print(f"LXR_SEED={number} repeats this")
    Bank.template = template.state
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    run_state_machine_as_test(
        seed(number)(Bank),
        settings=settings(max_examples=40, stateful_step_count=50, deadline=None, suppress_health_check=checks),
    )


def test_a_reference_stands_for_one_line_of_a_day(bench: Town) -> None:
    day = bench.go(aug(3))
    bench.refused(BookingDiffers, BookStatement, **bench.statement(day, credit(day, OPENING, 500), opening_fen=1_000))
    both = bench.statement(day, debit(day, "B1", 500), credit(day, "B1", 500))
    bench.refused(DuplicateRow, BookStatement, **both)
    bench.book(day, credit(day, "B1", 500))
    bench.refused(BookingDiffers, BookStatement, **bench.statement(day, credit(day, OPENING, 500)))
    assert 500 == bench.get(custodies, CUSTODY).balance_fen


def test_a_deposit_that_two_have_found_on_another_line_takes_no_second_one(bench: Town) -> None:
    day = bench.go(aug(3))
    attested = bench.deposit(500)
    bench.book(day, credit(day, "B2", 500))
    bench.assigned((day, "B2"), "deposit", "/".join(map(str, attested)))
    bench.book(day, credit(*attested, 500))
    assert "waiting" == bench.get(bookings, CUSTODY, *attested).kind
