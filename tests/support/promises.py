"""What docs/trust.md promises: predicates over one accepted command, each with who together may break it.

    for promise in promises_against({"union", "bank"}):
        assert promise.kept(step), promise.name

What one set of organisations may break is promised against all coalitions that do not hold the whole of that set.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, timedelta
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from anycommand import taken_over
from busytown import (
    ANEW,
    ASSIGNED,
    AWARDED,
    COURT_ORDER,
    CREW,
    DECIDED,
    ORDERED,
    PROPOSED,
    REINSTATED,
    REVERSED,
    SECOND_ROLE_FEN,
    worked,
)
from lxr.chaincode.assignments import ConsentLine
from lxr.chaincode.awards import ApproveAward
from lxr.chaincode.books import balances, wages
from lxr.chaincode.caller import BANK, EMPLOYER, REGULATOR, UNION
from lxr.chaincode.cashout_holds import HoldShards
from lxr.chaincode.cashout_records import CashOutState, PaymentOrderState, cash_outs, payment_orders
from lxr.chaincode.checkpoint import checkpoints
from lxr.chaincode.clock import clocks
from lxr.chaincode.contests import ContestRow
from lxr.chaincode.custody_records import PLATFORM, Booking, Custody, attestations, backings, bookings, custodies
from lxr.chaincode.days import day_of
from lxr.chaincode.decisions import Decide, ReplyToDispute, ReviewDecision
from lxr.chaincode.employers import employers
from lxr.chaincode.governance import Approve
from lxr.chaincode.parameter_definitions import PAY_RULES
from lxr.chaincode.parameters import parameters, proposals
from lxr.chaincode.pay_rules import PerUnit
from lxr.chaincode.paydays import period_of
from lxr.chaincode.payees import payee_commitments
from lxr.chaincode.period import months
from lxr.chaincode.persons import PersonState, persons
from lxr.chaincode.recovery import ProposeRecovery, WithdrawRecovery
from lxr.chaincode.reinstatement import ApproveReinstatement
from lxr.chaincode.restoration import restorations
from lxr.chaincode.reversal import UnwindShard
from lxr.chaincode.rows import Row, RowState
from lxr.chaincode.run_funding import FundRun
from lxr.chaincode.run_pricing import PriceShards
from lxr.chaincode.run_sweep import SweepRun
from lxr.chaincode.runs import (
    NOTHING_EARNED,
    DeductionState,
    PayLine,
    PayPart,
    Run,
    RunState,
    ShardState,
    deduction_orders,
    earned,
    pay_lines,
    run_shards,
    runs,
)
from lxr.chaincode.shard_heads import shard_heads
from lxr.chaincode.sheet_certification import CertifySheets
from lxr.chaincode.statements import BookStatement
from lxr.chaincode.statuses import status_on
from lxr.chaincode.terms import documents, terms_heads
from lxr.chaincode.upgrade import contracts, proposed_contracts
from lxr.chaincode.workday import CorrectSheet, SubmitSheet
from lxr.chaincode.workday_answers import Confirm, OpenDispute, Withdraw
from lxr.chaincode.worker_keys import ApproveKey
from lxr.chaincode.workers import Membership, Worker, key_on, membership_on, workers
from lxr.node.invariants import check
from lxr.token.accounts import OF_WORKERS, AccountKind
from madeuprules import MADE_UP
from parties import CUSTODY, public_key
from watched import (
    WORKER,
    Measures,
    Place,
    State,
    Step,
    all_rows,
    bound_by,
    found,
    keeps,
    listed,
    open_items,
    value_on,
    working_days_later,
)

Organisations = Collection[str]
Kept = Callable[[Step], bool]


class Promise(Struct, frozen=True):
    """name: what is promised. kept: whether the step kept it. breakers: the sets of organisations that may break it."""

    name: str
    kept: Kept
    breakers: tuple[frozenset[str], ...]


PROMISES: Final[list[Promise]] = []


def promise(*breakers: Organisations) -> Callable[[Kept], Kept]:
    """Add a promise that nobody can break but those sets of organisations."""

    def add(kept: Kept) -> Kept:
        PROMISES.append(Promise(kept.__name__, kept, tuple(map(frozenset, breakers))))
        return kept

    return add


def promises_against(coalition: Organisations) -> list[Promise]:
    """The promises that hold whatever that coalition does."""
    return [each for each in PROMISES if not any(some <= set(coalition) for some in each.breakers)]


# The contract itself


@promise()
def a_contract_comes_into_force_by_three_witnesses_words_and_never_comes_back(step: Step) -> bool:
    for _, old, new in step.changed(contracts):
        ended = {each.ended for each in new.switches}
        words = [
            there.have
            for _, there in listed(step.before, proposed_contracts)
            if old is not None and (there.version, there.under) == (new.version, old.version)
        ]
        in_order = old is not None and new.switches[:-1] == old.switches and new.switches[-1].ended == old.version
        if not in_order or new.version in ended or max(map(len, words), default=0) < 3:
            return False
    return True


@promise()
def whether_a_node_has_a_contract_only_its_own_witness_says(step: Step) -> bool:
    for (proposer,), old, new in step.changed(proposed_contracts):
        before = set(old.have) if old else set()
        changed = before ^ set(new.have)
        withdrawn = step.role == f"{proposer}/admin" and not new.have
        if changed and not withdrawn and not (changed == {step.organisation} and step.role.endswith("/witness")):
            return False
    return True


# Money


def _custody(state: State) -> Custody:
    custody = found(state, custodies, CUSTODY)
    assert custody is not None
    return custody


def _moves(step: Step) -> Iterator[tuple[str, int]]:
    """The accounts that hold more or less, and by how much."""
    for (account,), old, new in step.changed(balances):
        yield account, new.fen - (old.fen if old else 0)
    for _, crew, now in step.changed(wages):
        before_fen = crew.fen if crew else {}
        for worker in sorted(before_fen.keys() | now.fen.keys()):
            if now.fen.get(worker, 0) != before_fen.get(worker, 0):
                yield f"{AccountKind.WORKER}:{worker}", now.fen.get(worker, 0) - before_fen.get(worker, 0)


def _falls(step: Step) -> Iterator[tuple[str, int]]:
    """The accounts that hold less, and by how much."""
    return ((account, -move_fen) for account, move_fen in _moves(step) if move_fen < 0)


def _of_workers(state: State) -> Iterator[tuple[str, int]]:
    """What each account of a worker holds."""
    for (account,), balance in listed(state, balances):
        if account.partition(":")[0] in OF_WORKERS:
            yield account, balance.fen
    for _, crew in listed(state, wages):
        yield from ((f"{AccountKind.WORKER}:{worker}", fen) for worker, fen in crew.fen.items())


def _fen(state: State, account: str) -> int:
    balance = found(state, balances, account)
    return balance.fen if balance else 0


@promise()
def the_contracts_own_invariants_hold(step: Step) -> bool:
    by_table: defaultdict[str, dict[str, bytes]] = defaultdict(dict)
    for key, value in step.after.items():
        by_table[key.partition("/")[0]][key] = value

    def scan(prefix: str) -> Iterator[tuple[str, bytes]]:
        return (item for item in by_table[prefix.partition("/")[0]].items() if item[0].startswith(prefix))

    return check(scan) == []


@promise({BANK})
def no_lxr_comes_into_being(step: Step) -> bool:
    return _custody(step.after).supply_fen <= _custody(step.before).supply_fen


@promise({BANK})
def no_lxr_is_destroyed_but_of_what_the_bank_has_said_was_none_or_is_its_own(step: Step) -> bool:
    undone = {(date.fromisoformat(parts[1]), parts[2]) for parts, _, _ in step.changed(attestations)}
    lines = {(date.fromisoformat(parts[1]), parts[2]) for parts, _, _ in step.changed(bookings)}
    rightly = undone == {REVERSED} or bool(lines & ASSIGNED.keys())
    return rightly or _custody(step.after).supply_fen >= _custody(step.before).supply_fen


@promise()
def every_fen_of_lxr_has_a_line_an_attestation_or_an_entry_that_names_it(step: Step) -> bool:
    if not step.touches(*_OF_CUSTODY):
        return True
    lines = [line for _, line in listed(step.after, bookings)]
    backed_fen = sum(line.signed_fen for line in lines)
    backed_fen += sum(line.waiting_fen for line in lines if not line.line.credit)
    for _, deposit in listed(step.after, attestations):
        backed_fen += deposit.amount_fen if deposit.state == "attested" else deposit.blocked_fen
    short_fen = {owner: part.shortfall_fen for (owner,), part in listed(step.after, backings)}
    named_fen = _named_fen(step)
    if any(fen > named_fen[owner] for owner, fen in short_fen.items()):
        return False
    return _custody(step.after).supply_fen == backed_fen + sum(short_fen.values())


_OF_CUSTODY: Final = ("custody", "booking", "attestation", "backing", "payment_order", "cashout", "account", "wages")


def _named_fen(step: Step) -> defaultdict[str, int]:
    """By owner, the most that it can be short of: what was attested for it and never came, what the bank has taken."""
    named_fen: defaultdict[str, int] = defaultdict(int, step.history.taken_back_fen)
    for _, deposit in listed(step.after, attestations):
        if deposit.state in ("missing", "reversed"):
            named_fen[deposit.employer] += deposit.amount_fen - deposit.blocked_fen
    named_fen[PLATFORM] += _taken_by_the_bank_fen(step.after)
    return named_fen


def _taken_by_the_bank_fen(state: State) -> int:
    """Its fees, what it took on top of payments, and what it kept of such that came back."""
    taken_fen = 0
    for _, booking in listed(state, bookings):
        if booking.kind == "platform" and not booking.line.credit:
            taken_fen += booking.line.amount_fen
        elif booking.by_hand and booking.kind in ("payout", "return"):
            order = found(state, payment_orders, booking.party)
            assert order is not None
            taken_fen += abs(order.amount_fen - booking.line.amount_fen)
    return taken_fen


@promise()
def no_deposit_outlives_the_statement_of_its_day_unnamed(step: Step) -> bool:
    closing_day = _custody(step.after).closing_day
    return not any(
        closing_day is not None and date.fromisoformat(day) <= closing_day and deposit.state == "attested"
        for (_, day, _), deposit in listed(step.after, attestations)
    )


@promise()
def what_the_bank_has_signed_or_booked_stays(step: Step) -> bool:
    for _, old, new in step.changed(attestations):
        if old is not None:
            if (old.employer, old.amount_fen, old.attested_by) != (new.employer, new.amount_fen, new.attested_by):
                return False
            if old.state in ("confirmed", "reversed") and old.state != new.state and not _has_come(step):
                return False
    for _, was, now in step.changed(bookings):
        if was is not None and (was.line, was.statement) != (now.line, now.statement):
            return False
        if was is not None and was.kind != now.kind and (was.kind, now.kind) not in _LATER:
            return False
    return True


_BECOMES: Final = ("deposit", "payout", "return", "platform", "refund", "undone", "parts")
_LATER: Final = {("deposit", "undone"), *(("waiting", kind) for kind in _BECOMES)}


def _has_come(step: Step) -> bool:
    return isinstance(step.command, BookStatement)


@promise()
def no_credit_that_may_have_come_back_is_anybodys_money(step: Step) -> bool:
    return not any(
        new.kind in ("deposit", "platform") and new.line.credit and new.line.may_be_return
        for _, _, new in step.changed(bookings)
    )


@promise()
def a_credit_is_an_employers_by_its_payers_words_its_attestation_or_the_word_of_two(step: Step) -> bool:
    for parts, old, new in step.changed(bookings):
        if new.kind != "deposit" or (old is not None and old.kind == "deposit"):
            continue
        ahead = found(step.before, attestations, *parts)
        signed = ahead is not None and ahead.state in ("attested", "missing")
        expected = ahead is not None and (ahead.employer, ahead.amount_fen) == (new.party, new.line.amount_fen)
        if new.by_hand:
            target, _ = step.history.said[new.line.key]
            deposit = (
                found(step.before, attestations, CUSTODY, *target.number.split("/")) if "/" in target.number else None
            )
            if new.party != (deposit.employer if deposit else target.number):
                return False
        elif new.line.payer != new.party and not (signed and expected):
            return False
        if new.line.payer not in (None, new.party):
            return False
    return True


@promise()
def a_line_that_waits_ends_as_the_bank_has_said_and_the_union_agreed(step: Step) -> bool:
    for _, old, new in _ended(step):
        target, agreed = step.history.said.get(new.line.key, (None, set[str]()))
        if target is None or "union/treasurer" not in agreed or not new.by_hand:
            return False
        if new.kind not in _KINDS[target.what]:
            return False
        if target.what in ("order", "line", "employer") and new.party != target.number:
            return False
        if target.what == "platform" and new.party != PLATFORM:
            return False
        assert old.kind == "waiting"
    return True


_KINDS: Final = {
    "order": ("payout", "return"),
    "employer": ("deposit", "refund"),
    "platform": ("platform",),
    "line": ("undone",),
    "deposit": ("deposit",),
    "parts": ("parts",),
}


def _ended(step: Step) -> Iterator[tuple[list[str], Booking, Booking]]:
    """The waiting lines that a command has ended as what was said of them, not those that another line undoes."""
    for parts, old, new in step.changed(bookings):
        said = getattr(step.command, "day", None), getattr(step.command, "booking", None)
        if old is not None and old.kind == "waiting" != new.kind and said == (new.line.day, new.line.booking):
            yield parts, old, new


@promise({UNION, BANK})
def no_line_ends_but_as_another_organisation_has_rightly_said(step: Step) -> bool:
    for _, _, new in _ended(step):
        said = step.history.said.get(new.line.key)
        if said is None or ASSIGNED.get((new.line.day, new.line.booking)) != said[0]:
            return False
    return True


@promise()
def a_debit_takes_an_employers_credit_back_only_with_its_signature(step: Step) -> bool:
    for _, old, new in step.changed(bookings):
        if old is None or old.kind != "deposit" or new.kind == "deposit":
            continue
        _, agreed = step.history.said[new.party or ""]
        if not {"union/treasurer", f"employer/signer/{old.party}"} <= agreed:
            return False
    return True


def _owner(state: State, cashout: str) -> str:
    head = found(state, cash_outs, cashout)
    assert head is not None
    return head.employer or PLATFORM


def _parts_fen(step: Step) -> defaultdict[str, int]:
    """By owner, its money in custody, from lines, payments and sweeps alone. Written without the contract."""
    parts_fen: defaultdict[str, int] = defaultdict(int)
    for _, booking in listed(step.after, bookings):
        if booking.kind in ("deposit", "platform"):
            parts_fen[booking.party or ""] += booking.line.signed_fen
        elif booking.by_hand and booking.kind in ("payout", "return"):
            order = found(step.after, payment_orders, booking.party)
            assert order is not None
            parts_fen[PLATFORM] -= abs(order.amount_fen - booking.line.amount_fen)
    for _, order in listed(step.after, payment_orders):
        if order.state is PaymentOrderState.SETTLED:
            parts_fen[_owner(step.after, order.cashout)] -= order.amount_fen
    for employer, swept_fen in step.history.swept_fen.items():
        parts_fen[employer] -= swept_fen
        parts_fen[PLATFORM] += swept_fen
    return parts_fen


@promise()
def each_owners_part_of_custody_is_its_own_credits_less_its_own_payouts(step: Step) -> bool:
    if not step.touches(*_OF_CUSTODY):
        return True
    parts_fen = _parts_fen(step)
    there = {owner: part.confirmed_fen for (owner,), part in listed(step.after, backings)}
    return all(parts_fen[owner] == there.get(owner, 0) for owner in parts_fen.keys() | there.keys())


@promise()
def no_owners_payouts_exceed_its_own_credits_on_statements_or_signed_by_two_of_the_bank(step: Step) -> bool:
    for (number,), old, new in step.changed(cash_outs):
        if new.state is not CashOutState.INSTRUCTED or (old and old.state is new.state):
            continue
        owner, parts_fen = _owner(step.after, number), _parts_fen(step)
        signed_fen = _signed_by_two_fen(step)
        sent_fen: defaultdict[str, int] = defaultdict(int)
        for _, order in listed(step.after, payment_orders):
            head = found(step.after, cash_outs, order.cashout)
            if order.state is PaymentOrderState.HELD and head and head.state in _WITH_THE_BANK:
                sent_fen[head.employer or PLATFORM] += order.amount_fen
        balance_fen = sum(line.line.signed_fen for _, line in listed(step.after, bookings))
        if sent_fen[owner] > parts_fen[owner] + signed_fen[owner]:
            return False
        if sum(sent_fen.values()) > balance_fen + sum(signed_fen.values()):
            return False
    return True


_WITH_THE_BANK: Final = (CashOutState.INSTRUCTED, CashOutState.ACCEPTED)


def _signed_by_two_fen(step: Step) -> defaultdict[str, int]:
    """By employer, what two persons of the bank have signed of days whose statement is not due yet."""
    signed_fen: defaultdict[str, int] = defaultdict(int)
    for (_, day, booking), deposit in listed(step.after, attestations):
        by_two = len(step.history.attesters[f"{day}/{booking}"]) > 1
        due = working_days_later(step.after, date.fromisoformat(day), 1)
        if deposit.state == "attested" and by_two and step.today <= due:
            signed_fen[deposit.employer] += deposit.amount_fen
    return signed_fen


@promise({BANK})
def no_payment_is_settled_returned_or_rejected(step: Step) -> bool:
    done = (PaymentOrderState.SETTLED, PaymentOrderState.RETURNED, PaymentOrderState.REJECTED)
    return not any(
        new.state in done and new.state is not (old and old.state) for _, old, new in step.changed(payment_orders)
    )


@promise({BANK})
def no_cash_out_is_accepted(step: Step) -> bool:
    accepted = CashOutState.ACCEPTED
    return not any(
        new.state is accepted and (old is None or old.state is not accepted) for _, old, new in step.changed(cash_outs)
    )


@promise()
def a_cash_out_is_accepted_by_the_banks_word_over_its_file_and_never_cancelled_then(step: Step) -> bool:
    for (number,), old, new in step.changed(cash_outs):
        if new.state is CashOutState.ACCEPTED and step.history.accepted.get(number, ()) != tuple(
            file.digest for file in new.files
        ):
            return False
        if old is not None and old.state is CashOutState.ACCEPTED is not new.state:
            return False
    return True


@promise()
def the_bank_pays_returns_and_rejects_what_it_has_accepted_only(step: Step) -> bool:
    return not any(
        new.state not in (PaymentOrderState.HELD, PaymentOrderState.CANCELLED)
        and new.cashout not in _accepted(step.after)
        for _, _, new in step.changed(payment_orders)
    )


def _accepted(state: State) -> set[str]:
    return {parts[0] for parts, head in listed(state, cash_outs) if head.state is CashOutState.ACCEPTED}


@promise()
def nothing_is_swept_before_the_bank_has_accepted_the_wages_of_its_run(step: Step) -> bool:
    if not isinstance(step.command, SweepRun):
        return True
    run = found(step.before, runs, step.command.run)
    return run is None or not run.totals.net_fen or run.cashout in _accepted(step.before)


@promise({UNION})
def no_more_money_is_on_its_way_out_of_custody(step: Step) -> bool:
    return _custody(step.after).instructed_fen <= _custody(step.before).instructed_fen


@promise()
def no_money_leaves_while_its_owner_is_short(step: Step) -> bool:
    for (number,), old, new in step.changed(cash_outs):
        if new.state is not CashOutState.INSTRUCTED or (old and old.state is new.state):
            continue
        part = found(step.before, backings, _owner(step.after, number))
        if part is not None and part.shortfall_fen:
            return False
    return True


@promise({UNION})
def no_month_is_closed(step: Step) -> bool:
    return not any(old is None or new.signed == (UNION,) for _, old, new in step.changed(months))


@promise()
def months_close_in_order_with_all_that_is_open_by_name_and_what_was_carried_signed_by_the_bank(step: Step) -> bool:
    for (period,), old, month in step.changed(months):
        if old is not None and replace(old, signed=month.signed) == month:
            continue
        again = old is not None and replace(month, signed=old.signed, closed_ms=old.closed_ms, anew=old.anew) == old
        if again or month.anew != (0 if old is None else old.anew + 1):
            return False
        closed = sorted(parts[0] for parts, _ in listed(step.before, months))
        if old is not None and (closed[-1] != period or {BANK, REGULATOR} <= set(old.signed)):
            return False
        before = [each for each in closed if each != period]
        since = _custody(step.before).since
        last = found(step.before, months, before[-1]) if before else None
        if period != (_month_after(before[-1]) if before else f"{since:%Y-%m}") or f"{step.today:%Y-%m}" <= period:
            return False
        if month.signed != (UNION,) or (last is not None and BANK not in last.signed):
            return False
        opened = set(open_items(step.before, period, step.at_ms))
        rows = {item for item in opened if item.kind == "row"}
        if not opened - rows <= set(month.carried) <= opened or len(set(month.carried)) != len(month.carried):
            return False
    return True


def _month_after(period: str) -> str:
    year, month = map(int, period.split("-"))
    return f"{year + month // 12:04}-{month % 12 + 1:02}"


@promise()
def money_leaves_by_the_word_of_people_who_did_nothing_else_in_it(step: Step) -> bool:
    for (number,), _, cash_out in step.changed(cash_outs):
        if cash_out.state is not CashOutState.INSTRUCTED:
            continue
        makers, checkers = step.history.makers[number], step.history.checkers[number]
        if makers & {person for person, _ in checkers} or not {role for _, role in checkers} & _CHECKERS:
            return False
    return True


_CHECKERS: Final = {"union/operator", "union/treasurer"}


@promise({UNION, REGULATOR})
def a_large_sum_leaves_by_the_word_of_a_third_person_as_admin(step: Step) -> bool:
    for (number,), _, cash_out in step.changed(cash_outs):
        if cash_out.state is not CashOutState.INSTRUCTED:
            continue
        total_fen = sum(order.amount_fen for _, order in listed(step.after, payment_orders) if order.cashout == number)
        checkers = step.history.checkers[number]
        admins = {person for person, role in checkers if role == "union/admin"}
        others = {person for person, role in checkers if role in _CHECKERS}
        if total_fen >= SECOND_ROLE_FEN and not any(one != other for one in admins for other in others):
            return False
    return True


@promise()
def a_payment_goes_to_its_owners_own_account_and_never_changes(step: Step) -> bool:
    for _, old, new in step.changed(payment_orders):
        if old is not None:
            if (old.account, old.payee_commitment, old.amount_fen) != (
                new.account,
                new.payee_commitment,
                new.amount_fen,
            ):
                return False
        elif new.payee_commitment != _owners_account(step, new.account):
            return False
    return True


def _owners_account(step: Step, account: str) -> object:
    kind, _, owner = account.partition(":")
    if kind in OF_WORKERS:
        worker = found(step.before, workers, owner)
        crew = found(step.before, payee_commitments, worker.employer, worker.shard) if worker else None
        return crew and crew.of.get(owner)
    return value_on(step.before, f"payee.{kind}", step.today)


@promise()
def a_worker_loses_nothing_but_into_a_payment_of_their_own_or_with_the_run_that_brought_it(step: Step) -> bool:
    for account, fall_fen in _falls(step):
        kind, _, worker = account.partition(":")
        if kind not in OF_WORKERS:
            continue
        held_fen = sum(
            new.amount_fen for _, old, new in step.changed(payment_orders) if not old and new.account == account
        )
        back_fen = 0
        if isinstance(step.command, UnwindShard) and kind == AccountKind.WORKER:
            lines = found(step.before, pay_lines, step.command.run, step.command.shard)
            back_fen = lines.lines[worker].net_fen if lines and worker in lines.lines else 0
        if isinstance(step.command, HoldShards) and fall_fen != held_fen:
            return False
        if fall_fen > held_fen + back_fen:
            return False
    return True


@promise()
def a_worker_holds_what_was_paid_and_what_came_back_and_has_not_left(step: Step) -> bool:
    if not step.touches("account", "wages", "payment_order", "run_shard"):
        return True
    held_fen: defaultdict[str, int] = defaultdict(int)
    for parts, record in listed(step.after, pay_lines):
        shard = found(step.after, run_shards, *parts)
        if shard is not None and shard.state is ShardState.PAID:
            for worker, line in record.lines.items():
                held_fen[f"{AccountKind.WORKER}:{worker}"] += line.net_fen
    for _, order in listed(step.after, payment_orders):
        if order.state is not PaymentOrderState.CANCELLED:
            held_fen[order.account] -= order.amount_fen
        if order.state in (PaymentOrderState.REJECTED, PaymentOrderState.RETURNED):
            held_fen[f"{AccountKind.RETURNED}:{order.account.partition(':')[2]}"] += order.amount_fen
    return all(fen == held_fen[account] for account, fen in _of_workers(step.after))


@promise({UNION}, {BANK})
def no_workers_balance_moves(step: Step) -> bool:
    return not any(account.partition(":")[0] in OF_WORKERS for account, _ in _moves(step))


@promise({UNION}, {BANK})
def no_employers_money_is_taken_but_by_its_own_signature(step: Step) -> bool:
    taken = {account for account, _ in _falls(step) if account.startswith("employer:")}
    if isinstance(step.command, ConsentLine):
        return taken <= {f"employer:{step.command.employer}"}
    return not taken


@promise()
def an_employer_pays_for_its_own_runs_only(step: Step) -> bool:
    if not isinstance(step.command, FundRun):
        return True
    run = found(step.before, runs, step.command.run)
    assert run is not None
    own = {f"employer:{run.employer}", *(f"contested:{run.employer}.{shard}" for shard in range(run.shards))}
    return all(account in own for account, _ in _falls(step))


@promise()
def what_is_set_aside_for_contested_rows_moves_with_a_run_only(step: Step) -> bool:
    moved = any(parts[0].startswith("contested:") for parts, _, _ in step.changed(balances))
    return not moved or isinstance(step.command, FundRun | UnwindShard)


@promise()
def no_run_is_taken_back_while_a_cash_out_of_it_stands(step: Step) -> bool:
    return not any(
        cash_out.run == run and cash_out.state is not CashOutState.CANCELLED
        for (run,), _, new in step.changed(runs)
        if new.state is RunState.REVERSING
        for _, cash_out in listed(step.after, cash_outs)
    )


# What workers are owed


def worth_fen(state: State, worker: str, rows: Mapping[date, Measures]) -> int:
    """What these rows are worth by the terms that bind the worker on each day, and the version of the pay rules of its
    period: the made-up one pays each order one fen more than those before it. Written without the contract.
    """
    total_fen = 0
    for day, measures in rows.items():
        document = bound_by(state, worker, day)
        assert document is not None
        (rule,) = document.rules
        assert isinstance(rule, PerUnit)
        more_fen = int(_version_on(state, period_of(document.payday, day).start) == MADE_UP)
        total_fen += (rule.rate_fen + more_fen) * measures.get("orders", 0)
    return total_fen


def _version_on(state: State, day: date) -> int:
    """The version of the pay rules that prices the periods that begin on that day."""
    return value_on(state, PAY_RULES, day) or 1


Slot = tuple[str, date]
"""Terms and the Monday of a week, by which those pay that honest workers join."""


def _week(state: State, place: Place) -> Slot:
    worker, day = place
    record = found(state, workers, worker)
    membership = membership_on(record.memberships, day) if record else None
    assert membership is not None
    return membership.terms, day - timedelta(days=day.weekday())


def _honest(step: Step) -> list[str]:
    """The workers who still hold their own key, and so are no officers in disguise."""
    return [
        worker
        for worker in CREW
        if (record := found(step.after, workers, worker)) and not taken_over(record, worker, step.today)
    ]


def counts(row: Row) -> Measures | None:
    """What of a row a run may pay: what the union has certified, or in a dispute what the employer admits.

    Of a dispute, what was certified before it where that has more.
    """
    certified = row.certified.measures if row.certified else None
    if row.state is RowState.DISPUTED and certified is not None and not keeps(row.measures, certified):
        return certified
    return certified if row.state in (RowState.SUBMITTED, RowState.CONFIRMED) else row.measures


def _payable(state: State) -> dict[str, dict[Slot, dict[date, Row]]]:
    """By worker and week, the rows that the union has certified."""
    rows: defaultdict[str, defaultdict[Slot, dict[date, Row]]] = defaultdict(lambda: defaultdict(dict))
    for _, place, row in all_rows(state):
        if counts(row) is not None:
            rows[place[0]][_week(state, place)][place[1]] = row
    return {worker: dict(some) for worker, some in rows.items()}


def _secured_fen(state: State, worker: str, rows: dict[date, Row]) -> int:
    """What a run to come would price a week at, by what stands on the ledger."""
    newest = {day: said for day, row in rows.items() if (said := counts(row)) is not None}
    agreed = {day: row.agreed.measures if row.agreed else newest[day] for day, row in rows.items()}
    return max(worth_fen(state, worker, newest), worth_fen(state, worker, agreed))


def _brought_fen(state: State) -> dict[tuple[str, Slot], int]:
    """What runs have brought, by worker and week."""
    return {
        (worker, (parts[2], date.fromisoformat(parts[3]))): each.fen
        for parts, record in listed(state, earned)
        for worker, each in record.workers.items()
    }


def has_fen(state: State) -> dict[str, int]:
    """What workers have had, have, and will have by what is priced: in LXR, at the bank, and to the tax office."""
    here_fen = dict(_of_workers(state))
    total_fen = {worker: sum(here_fen.get(f"{kind}:{worker}", 0) for kind in OF_WORKERS) for worker in CREW}
    for _, order in listed(state, payment_orders):
        worker = order.account.partition(":")[2]
        if worker in total_fen and order.state in (PaymentOrderState.HELD, PaymentOrderState.SETTLED):
            total_fen[worker] += order.amount_fen
    for parts, record in listed(state, pay_lines):
        shard = found(state, run_shards, *parts)
        assert shard is not None
        if shard.state is ShardState.UNDONE:
            continue
        for worker, line in record.lines.items():
            if worker in total_fen:
                total_fen[worker] += sum(kept.fen for kept in line.deductions if kept.kind != "overpaid")
                total_fen[worker] += line.net_fen if shard.state is ShardState.PRICED else 0
    return total_fen


_OWED: Final = (
    "account",
    "wages",
    "sheet",
    "payment_order",
    "lines",
    "run_shard",
    "earned",
    "shard",
    "worker",
    "document",
)
"""The tables that say what workers are owed and have."""


@promise()
def what_was_agreed_to_is_paid_or_will_be(step: Step) -> bool:
    if not step.touches(*_OWED):
        return True
    payable, brought_fen, had_fen = _payable(step.after), _brought_fen(step.after), has_fen(step.after)
    for worker in _honest(step):
        due_fen = sum(
            max(0, _secured_fen(step.after, worker, rows) - brought_fen.get((worker, slot), 0))
            for slot, rows in payable.get(worker, {}).items()
        )
        agreed = {
            day: measures
            for (number, day), measures in step.history.floors.items()
            if number == worker and (number, day) in step.history.payable
        }
        if had_fen[worker] + due_fen < worth_fen(step.after, worker, agreed):
            return False
    return True


@promise()
def what_runs_have_brought_is_what_a_worker_has(step: Step) -> bool:
    if not step.touches(*_OWED):
        return True
    brought_fen, had_fen = _brought_fen(step.after), has_fen(step.after)
    return all(had_fen[name] == sum(fen for slot, fen in brought_fen.items() if slot[0] == name) for name in CREW)


@promise()
def what_is_still_due_is_listed_for_the_next_run(step: Step) -> bool:
    if not step.touches(*_OWED):
        return True
    payable, brought_fen = _payable(step.after), _brought_fen(step.after)
    for worker in _honest(step):
        record = found(step.after, workers, worker)
        assert record is not None
        head = found(step.after, shard_heads, record.employer, record.shard)
        assert head is not None
        days = (*head.days, *head.later)
        weeks = {(each.terms, each.day - timedelta(days=each.day.weekday())) for each in days}
        for slot, rows in payable.get(worker, {}).items():
            if _secured_fen(step.after, worker, rows) > brought_fen.get((worker, slot), 0) and slot not in weeks:
                return False
    return True


@promise()
def nothing_that_has_been_certified_stops_counting(step: Step) -> bool:
    there = {place for _, place, row in all_rows(step.after) if counts(row) is not None}
    return step.history.payable <= there


@promise()
def what_was_agreed_to_stays_a_floor_on_the_ledger(step: Step) -> bool:
    for _, place, _, row in step.rows():
        kept = row.agreed.measures if row.agreed else row.measures
        if any(kept.get(name, 0) < said for name, said in step.history.floors.get(place, {}).items()):
            return False
    return True


def _priced(step: Step) -> Iterator[tuple[Run, int, str, PayLine]]:
    """The run, and by shard and worker the lines that the step has made."""
    if not isinstance(step.command, PriceShards):
        return
    number = step.command.run
    run = found(step.after, runs, number)
    assert run is not None
    for shard in step.command.shards:
        lines = found(step.after, pay_lines, number, shard)
        if lines is not None and found(step.before, pay_lines, number, shard) is None:
            for worker, line in lines.lines.items():
                yield run, shard, worker, line


@promise()
def a_period_is_priced_by_the_pay_rules_of_its_first_day_for_ever(step: Step) -> bool:
    return all(
        new.rules == (old.rules if old else _version_on(step.before, date.fromisoformat(start)))
        for (_, _, _, start), old, new in step.changed(earned)
    )


@promise()
def the_pay_rules_of_a_day_that_has_begun_stay(step: Step) -> bool:
    return not any(name == PAY_RULES for (name,), _, _ in step.changed(parameters)) or all(
        _version_on(step.before, day) == _version_on(step.after, day)
        for day in (step.today - timedelta(days=back) for back in range(60))
    )


@promise()
def a_run_prices_what_the_rows_are_worth(step: Step) -> bool:
    for run, shard, worker, line in _priced(step):
        record = found(step.after, workers, worker)
        assert record is not None
        for part in line.parts:
            worths = _worths(step, run, record, worker, part)
            worth_fen = max(newest_fen for newest_fen, _ in worths)
            clear_fen = max(clear_fen for _, clear_fen in worths)
            place = run.employer, shard, part.terms, part.start
            before, after = (found(state, earned, *place) for state in (step.before, step.after))
            was = before.workers.get(worker, NOTHING_EARNED) if before else NOTHING_EARNED
            holder = found(step.before, runs, was.held_by) if was.held_by else None
            waits_fen = was.held_fen if holder and not holder.funded else 0  # what no funded run has set aside stays
            brought_fen = max(part.before_fen, min(worth_fen - waits_fen, clear_fen))
            assert after is not None
            held_fen = after.workers[worker].held_fen
            if (part.earned_fen, part.due_fen) != (worth_fen, brought_fen - part.before_fen):
                return False
            if held_fen != (waits_fen or max(0, worth_fen - brought_fen)):
                return False
    return True


def _worths(step: Step, run: Run, record: Worker, worker: str, part: PayPart) -> list[tuple[int, int]]:
    """What the rows of a period are worth by their newest content and by what was agreed to: with what the employer
    contests of them, and without.
    """
    today = day_of(run.opened_ms)
    newest: dict[date, Measures] = {}
    agreed: dict[date, Measures] = {}
    admitted: dict[date, Measures] = {}
    for employer, place, row in all_rows(step.after):
        number, day = place
        if number != worker or employer != run.employer or not part.start <= day <= part.end:
            continue
        said = counts(row)
        if said is None or day > run.cut_off(part.terms) or not _under(part.terms, record, day):
            continue
        newest[day] = said
        agreed[day] = step.history.floor_on(step.after, today, place, row, said)
        admits, until = step.history.contested.get(place, ({}, date.min))
        if today <= until:
            admitted[day] = admits
    return [
        (worth_fen(step.after, worker, rows), worth_fen(step.after, worker, {**rows, **admitted}))
        for rows in (newest, agreed)
    ]


def _under(terms: str, record: Worker, day: date) -> bool:
    membership = membership_on(record.memberships, day)
    return membership is not None and membership.terms == terms


# Rows and answers


@promise()
def a_row_says_what_its_employer_signed_or_what_lies_between_the_two_sides(step: Step) -> bool:
    for employer, place, old, new in step.rows():
        if old is not None and old.measures == new.measures:
            continue
        match step.command:
            case SubmitSheet() | CorrectSheet():
                if step.caller.split(" as ")[0] != f"employer/signer/{employer}":
                    return False
            case OpenDispute(worker=worker):
                if old is not None or new.measures or worker != place[0] or not step.genuine:
                    return False
            case Decide() | ReviewDecision():
                if old is None or old.dispute is None:
                    return False
                sides = _employers_side(old), old.dispute.claimed
                names = {*sides[0], *sides[1], *new.measures}
                if any(not _between(name, new.measures, *sides) for name in names):
                    return False
                if not any(keeps(new.measures, side) for side in sides):
                    return False
            case ApproveAward():
                if step.history.stated.get(place) != (f"employer/signer/{employer}", new.measures):
                    return False
            case _:
                return False
    return True


def _employers_side(row: Row) -> Measures:
    """The employer's side of a dispute: what was agreed before it, or else what the row says."""
    return row.agreed.measures if row.agreed else row.measures


def _between(name: str, given: Measures, one: Measures, other: Measures) -> bool:
    low, high = sorted((one.get(name, 0), other.get(name, 0)))
    return low <= given.get(name, 0) <= high


def _floor(row: Row) -> Measures:
    """What is agreed to of a row, without what silence agrees to."""
    if row.state is RowState.CERTIFIED:
        return row.measures
    return row.agreed.measures if row.agreed else {}


@promise()
def what_was_agreed_to_falls_by_the_workers_signature_their_dispute_or_the_award_of_two(step: Step) -> bool:
    for employer, place, old, new in step.rows():
        if old is None or keeps(_floor(new), _floor(old)):
            continue
        match step.command:
            case CertifySheets():
                rightly = old.state is RowState.CONFIRMED
            case Confirm() | Withdraw():
                rightly = step.genuine
            case Decide() | ReviewDecision():
                rightly = old.dispute is not None
            case ApproveAward():
                stated_by, _ = step.history.stated[place]
                rightly = (stated_by, step.role) == (f"employer/signer/{employer}", "regulator/admin")
            case _:
                rightly = False
        if not rightly:
            return False
    return True


@promise({EMPLOYER, REGULATOR})
def no_award_counts_but_as_another_organisation_has_stated(step: Step) -> bool:
    if not isinstance(step.command, ApproveAward):
        return True
    place = step.command.worker, step.command.day
    return place == AWARDED and all(new.measures == {"orders": worked(*place)} for _, _, _, new in step.rows())


@promise()
def no_dispute_is_decided_before_the_employer_was_heard_or_silent(step: Step) -> bool:
    if not isinstance(step.command, Decide):
        return True
    place = step.command.worker, step.command.day
    until = working_days_later(step.before, day_of(step.history.disputed[place]), 3)
    return place in step.history.heard or step.today > until


@promise()
def no_large_decision_against_the_employers_word_stands_before_the_regulator_upheld_it_or_was_silent(
    step: Step,
) -> bool:
    for _, place, old, new in step.rows():
        if old is None or old.dispute is None or new.dispute is not None:
            continue
        measures, reason, stands_from = step.history.decisions.get(place, ({}, "", date.max))
        if isinstance(step.command, ReviewDecision):
            if step.role != "regulator/admin" or not step.command.upholds or new.measures != measures:
                return False
        elif isinstance(step.command, Decide) and place in step.history.heard:
            more = max(0, new.measures.get("orders", 0) - old.measures.get("orders", 0))
            more_fen = worth_fen(step.before, place[0], {place[1]: {"orders": more}})
            waited = (measures, reason) == (new.measures, step.command.reason) and stands_from <= step.today
            if more_fen >= value_on(step.before, "review.decision_fen", step.today) and not waited:
                return False
    return True


@promise()
def an_employers_word_on_a_row_is_its_own_is_said_once_and_changes_nothing_else(step: Step) -> bool:
    for employer, _, old, new in step.rows():
        contest = old.contest if old else None
        reply = old.dispute.reply if old and old.dispute else None
        match step.command:
            case ContestRow():
                said, expected = contest is not None, old and replace(old, contest=new.contest)
            case ReplyToDispute():
                said, expected = reply is not None, old and replace(old, dispute=new.dispute)
            case _:
                if contest is not None and (new.contest is None or new.contest.decide_by != contest.decide_by):
                    return False
                if reply is not None and new.dispute is not None and new.dispute.reply != reply:
                    return False
                continue
        if said or expected != new or step.caller.split(" as ")[0] != f"employer/signer/{employer}":
            return False
    return True


@promise()
def an_employers_figure_only_rises_while_it_is_disputed(step: Step) -> bool:
    return not any(
        new.measures.get(name, 0) < said and new.measures != old.dispute.claimed
        for _, _, old, new in step.rows()
        if old is not None and old.dispute is not None and isinstance(step.command, CorrectSheet)
        for name, said in old.measures.items()
    )


@promise({UNION}, {EMPLOYER, REGULATOR})
def no_row_is_certified_but_as_another_organisation_has_said(step: Step) -> bool:
    word, second = (RowState.CERTIFIED, RowState.UNANSWERED), (DECIDED, AWARDED)
    return not any(
        new.state in word
        and new.state is not (old and old.state)
        and not (place in second and new.measures == {"orders": worked(*place)})
        for _, place, old, new in step.rows()
    )


@promise()
def no_row_is_certified_but_by_the_unions_operator(step: Step) -> bool:
    unsigned = RowState.UNANSWERED
    gone = any(new.state is unsigned and new.state is not (old and old.state) for _, _, old, new in step.rows())
    return not gone or (isinstance(step.command, CertifySheets) and step.role == "union/operator")


@promise()
def no_signature_counts_that_is_not_the_workers_or_is_for_another_ledger(step: Step) -> bool:
    return step.genuine


# People and keys


@promise()
def a_payee_account_changes_by_the_workers_signature_only(step: Step) -> bool:
    crews = [(old.of, new.of) for _, old, new in step.changed(payee_commitments) if old]
    return step.genuine or not any(new.get(number) != payout for old, new in crews for number, payout in old.items())


@promise(*({UNION, other} for other in (EMPLOYER, BANK, REGULATOR)))
def no_key_comes_into_force_but_the_one_that_the_worker_asked_for(step: Step) -> bool:
    for (worker,), old, new in step.changed(workers):
        if old is None:
            continue
        far = step.today + timedelta(days=400)
        if key_on(old, far) != key_on(new, far) and key_on(new, far) not in (public_key(ANEW), public_key(worker)):
            return False
    return True


@promise()
def a_new_key_is_good_days_after_another_organisations_administrator_approved_it(step: Step) -> bool:
    for _, old, new in step.changed(workers):
        if old is None:
            continue
        if key_on(old, step.today) != key_on(new, step.today):
            return False
        good_from = new.new_key.good_from if new.new_key else None
        if good_from is not None and good_from != (old.new_key and old.new_key.good_from):
            by_another = step.role.endswith("/admin") and step.organisation != UNION
            days = value_on(step.before, "worker.key_days", step.today)
            if not isinstance(step.command, ApproveKey) or not by_another or not isinstance(days, int):
                return False
            if good_from <= step.today + timedelta(days=max(3, days)):
                return False
    return True


@promise()
def a_worker_is_bound_by_what_they_signed_and_never_for_days_past(step: Step) -> bool:
    for _, old, new in step.changed(workers):
        before: tuple[Membership, ...] = old.memberships if old else ()
        more = new.memberships[len(before) :]
        if new.memberships[: len(before)] != before or (more and not step.genuine):
            return False
        if before and any(each.from_day <= step.today for each in more):
            return False
    return True


@promise({EMPLOYER})
def nobody_joins_who_is_paid(step: Step) -> bool:
    return not any(old is None for _, old, _ in step.changed(workers))


@promise()
def no_status_reaches_over_today_or_back(step: Step) -> bool:
    changes = [(old.statuses, new.statuses) for _, old, new in step.changed(workers) if old]
    changes += [(old.statuses, new.statuses) for _, old, new in step.changed(employers) if old]
    for old, new in changes:
        if old == new:
            continue
        first = old[-1].day if isinstance(step.command, ApproveReinstatement) else step.today + timedelta(days=1)
        days = [first - timedelta(days=back) for back in range(1, 90)]
        if any(status_on(old, day) is not status_on(new, day) for day in days):
            return False
    return True


@promise({UNION, EMPLOYER}, {UNION, REGULATOR})
def an_ending_is_undone_only_where_another_organisation_has_proposed_it(step: Step) -> bool:
    if not isinstance(step.command, ApproveReinstatement):
        return True
    return REINSTATED.get(step.command.ended) not in (None, step.organisation)


# Terms, and what is another employer's


@promise()
def terms_end_on_no_day_past_and_only_once(step: Step) -> bool:
    for _, old, new in step.changed(terms_heads):
        before = old.ends if old else None
        if new.ends != before and (before is not None or new.ends is None or new.ends < step.today):
            return False
    return True


@promise()
def terms_are_an_employers_own_and_stay_as_they_were_signed(step: Step) -> bool:
    for (terms,), old, new in step.changed(terms_heads):
        digests = [version.digest for version in old.versions] if old else []
        if [version.digest for version in new.versions][: len(digests)] != digests:
            return False
        if not terms.startswith(f"T{new.employer}-"):
            return False
    return all(step.caller.startswith(f"employer/signer/{new.employer}") for _, _, new in step.changed(documents))


@promise({UNION})
def no_terms_come_into_force(step: Step) -> bool:
    states = ("accepted", "active")
    return not any(
        version.state in states and version not in (old.versions if old else ())
        for _, old, new in step.changed(terms_heads)
        for version in new.versions
    )


@promise()
def nothing_is_signed_for_another_employer(step: Step) -> bool:
    for key in step.keys:
        table, *parts = key.split("/")
        is_new = key not in step.before
        if (table == "document" and parts[0].startswith("TE002-")) or (table == "request" and "E002" in parts[0]):
            return False
        if table == "submission" and parts[0] == "E002" and not isinstance(step.command, Decide | ReviewDecision):
            return False
        if table == "award" and parts[0] == "E002":
            return False
        if table == "worker" and is_new and workers.decode(step.after[key]).employer != "E001":
            return False
    return all(
        new.employer == "E001" or new.state is not DeductionState.APPROVED
        for _, _, new in step.changed(deduction_orders)
    )


_KEPT_APART: Final = (
    "sheet",
    "submission",
    "employer",
    "headcount",
    "shard",
    "earned",
    "deductions",
    "run",
    "run_shard",
    "lines",
)


@promise({UNION})
def nothing_of_another_employer_changes(step: Step) -> bool:
    for key in step.keys:
        table, _, first = key.partition("/")
        if table in _KEPT_APART and first.startswith("E002"):
            return False
        if table == "terms" and first.startswith("TE002"):
            return False
    return True


# Deductions


@promise({UNION, EMPLOYER})
def nothing_is_kept_back_but_what_is_right(step: Step) -> bool:
    return all(
        deduction.order in ORDERED
        for _, record in listed(step.after, pay_lines)
        for worker, line in record.lines.items()
        if worker in CREW
        for deduction in line.deductions
        if deduction.kind != "overpaid"
    )


@promise({EMPLOYER})
def no_deduction_is_approved(step: Step) -> bool:
    return not any(
        new.state is DeductionState.APPROVED and old and old.state is not new.state and new.recovery is None
        for _, old, new in step.changed(deduction_orders)
    )


@promise()
def a_run_takes_deductions_that_were_approved_before_its_day_and_no_more_of_cancelled_ones(step: Step) -> bool:
    for _, old, new in step.changed(deduction_orders):
        if old is not None and (old.amount_fen, old.worker, old.kind) != (new.amount_fen, new.worker, new.kind):
            return False
        if old is None or new.taken_fen <= old.taken_fen:
            continue
        if not isinstance(step.command, PriceShards) or old.state is not DeductionState.APPROVED:
            return False
        run = found(step.before, runs, step.command.run)
        assert run is not None
        assert old.approved_ms is not None
        if day_of(old.approved_ms) >= day_of(run.opened_ms):
            return False
    return True


# Recovery of what was overpaid


@promise()
def a_recovery_is_good_by_the_workers_signature_or_by_employer_and_regulator(step: Step) -> bool:
    for (number,), old, new in step.changed(deduction_orders):
        if new.recovery is None:
            continue
        if old is not None and old.state is DeductionState.CANCELLED is not new.state:
            return False
        if new.state is not DeductionState.APPROVED or (old and old.state is DeductionState.APPROVED):
            continue
        needed = {EMPLOYER, REGULATOR} if new.recovery.by_court else {EMPLOYER, WORKER}
        if step.history.signed[number] != needed:
            return False
    return True


@promise({EMPLOYER, REGULATOR})
def no_courts_order_comes_into_force_but_as_another_organisation_has_said(step: Step) -> bool:
    return not any(
        new.recovery
        and new.recovery.by_court
        and new.state is DeductionState.APPROVED
        and not (old and old.state is new.state)
        and parts != [COURT_ORDER]
        for parts, old, new in step.changed(deduction_orders)
    )


@promise()
def a_recovery_is_of_what_the_employer_itself_has_overpaid(step: Step) -> bool:
    if not isinstance(step.command, ProposeRecovery):
        return True
    for (number,), _, new in step.changed(deduction_orders):
        worker, recovery = found(step.before, workers, new.worker), new.recovery
        assert recovery is not None
        assert worker is not None
        period = found(step.before, earned, worker.employer, worker.shard, recovery.terms, recovery.start)
        if period is None or new.amount_fen > period.workers[new.worker].over_fen:
            return False
        if not worker.employer == new.employer == step.caller.split(" as ")[0].split("/")[2]:
            return False
        if not number.startswith(f"R{worker.employer}-"):
            return False
        if not recovery.by_court and recovery.share_bp > value_on(step.before, "recovery.share_bp", step.today):
            return False
    return True


@promise()
def no_line_gives_back_more_than_is_overpaid_or_than_its_orders_name(step: Step) -> bool:
    for run, shard, worker, line in _priced(step):
        over_fen = {(part.terms, part.start): part.too_much_fen for part in line.parts}
        recovered_fen = 0
        for deduction in line.deductions:
            order = found(step.after, deduction_orders, deduction.order)
            if order is None or (order.worker, order.kind) != (worker, deduction.kind):
                return False
            recovery = order.recovery
            if recovery is None:
                continue
            slot = recovery.terms, recovery.start
            before = found(step.before, earned, run.employer, shard, *slot)
            over_fen.setdefault(slot, before.workers[worker].over_fen if before and worker in before.workers else 0)
            over_fen[slot] -= deduction.fen
            recovered_fen += deduction.fen
            most_fen = min(recovery.most_fen, order.amount_fen)
            if over_fen[slot] < 0 or deduction.fen > most_fen or order.taken_fen > order.amount_fen:
                return False
            if recovered_fen > line.gross_fen * recovery.share_bp // 10_000:
                return False
    return True


@promise()
def a_recovery_is_ended_by_who_is_owed_or_by_the_worker_who_signed_it_or_by_who_approved_it(step: Step) -> bool:
    for _, old, new in step.changed(deduction_orders):
        if new.recovery is None or new.state is not DeductionState.CANCELLED or (old and old.state is new.state):
            continue
        owed = step.caller.startswith(f"employer/signer/{new.employer}")
        by_worker = isinstance(step.command, WithdrawRecovery) and step.genuine and not new.recovery.by_court
        if not (owed or by_worker or (new.recovery.by_court and step.role == "regulator/admin")):
            return False
    return True


# Governance, and what each signs for itself


_PARTIES: Final = {
    "calendar": {UNION, REGULATOR},
    "minimum_wage": {UNION, REGULATOR},
    "workday": {UNION, REGULATOR},
    "answer": {UNION, REGULATOR},
    "dispute": {UNION, REGULATOR},
    "contest": {UNION, REGULATOR},
    "review": {UNION, REGULATOR},
    "recovery": {UNION, REGULATOR},
    "worker": {UNION, REGULATOR},
    "cashout": {UNION, REGULATOR},
    "late_charge": {UNION, REGULATOR},
    "retention": {UNION, REGULATOR},
    "pay": {UNION, REGULATOR},
    "payee": {UNION, BANK},
    "contract": {UNION, BANK, REGULATOR},
    "ledger": {UNION, EMPLOYER, BANK, REGULATOR},
}


@promise()
def a_parameter_changes_by_the_word_of_all_its_parties_and_on_the_days_that_they_name(step: Step) -> bool:
    for (name,), _, _ in step.changed(parameters):
        if not isinstance(step.command, Approve):
            return False
        number = step.command.proposal
        proposal = found(step.after, proposals, number)
        if proposal is None or step.history.signed.get(number, set()) != _PARTIES[name.partition(".")[0]]:
            return False
        new = proposal.value
        for day in (step.today + timedelta(days=ahead) for ahead in range(-60, 60)):
            named = new.effective_from <= day and (new.effective_to is None or day <= new.effective_to)
            expected = msgspec.json.decode(new.value) if named else value_on(step.before, name, day)
            if value_on(step.after, name, day) != expected:
                return False
    return True


@promise()
def what_was_known_of_a_rule_of_law_at_some_time_stays_as_it_was_known(step: Step) -> bool:
    return all(
        new.known[: len(old.known) if old else 0] == (old.known if old else ())
        and all(value.known_ms == step.at_ms for value in new.known[len(old.known) if old else 0 :])
        for _, old, new in step.changed(parameters)
    )


@promise(*(parties for parties in map(frozenset, ({UNION, REGULATOR}, {UNION, BANK}))))
def no_parameter_changes_but_as_another_organisation_has_proposed(step: Step) -> bool:
    right = {number: organisation for organisation, number, _, _ in PROPOSED}
    return not any(True for _ in step.changed(parameters)) or (
        isinstance(step.command, Approve) and right.get(step.command.proposal) not in (None, step.organisation)
    )


@promise()
def the_least_time_to_answer_never_falls_and_no_minimum_wage_for_days_that_have_come(step: Step) -> bool:
    for (name,), _, _ in step.changed(parameters):
        if name == "answer.days":
            days = [step.today + timedelta(days=ahead) for ahead in range(-60, 60)]
        elif name.startswith("minimum_wage."):
            days = [step.today - timedelta(days=back) for back in range(60)]
        else:
            continue
        for day in days:
            old, new = value_on(step.before, name, day), value_on(step.after, name, day)
            if isinstance(old, int) and isinstance(new, int) and new < old:
                return False
    return True


@promise()
def each_signs_for_itself_alone(step: Step) -> bool:
    for key in step.keys:
        table, *parts = key.split("/")
        if table == "revocation" and parts[0] != step.organisation:
            return False
        if table == "checkpoint" and parts[1] != step.organisation:
            return False
        if table == "request" and parts[0].split(".")[0] != step.organisation:
            return False
    if any(not set(new.signed) <= _PARTIES[new.name.partition(".")[0]] for _, _, new in step.changed(proposals)):
        return False
    signed: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
    anew = (UNION,)  # a month that is closed anew is signed by nobody else
    signed += [(old.signed if old else (), new.signed) for _, old, new in step.changed(months) if new.signed != anew]
    signed += [(old.signed if old else (), new.signed) for _, old, new in step.changed(proposals)]
    signed += [(old.signed if old else (), new.signed) for _, old, new in step.changed(restorations)]
    return all(new in (old, (*old, step.organisation)) for old, new in signed)


@promise()
def nobody_is_forgotten_who_works_or_has_money_here_or_whom_the_law_has_kept(step: Step) -> bool:
    for (number,), _, new in step.changed(persons):
        worker = found(step.before, workers, number)
        if new.state is PersonState.OPEN:
            continue
        if worker is None or status_on(worker.statuses, step.today) != "ended":
            return False
        here_fen = [fen for account, fen in _of_workers(step.before) if account.partition(":")[2] == number]
        if any(here_fen):
            return False
        kept = ["payroll"] if worker.memberships else []
        crew = found(step.before, wages, worker.employer, worker.shard)
        kept += ["aml", "voucher"] if crew and number in crew.fen else []
        until = [
            worker.statuses[-1].day.year + value_on(step.before, f"retention.{each}_years", step.today) for each in kept
        ]
        if new.state is PersonState.ERASED and step.today.year <= max(until, default=0):
            return False
    return True


@promise()
def whose_data_are_erased_stays_so(step: Step) -> bool:
    return all(old is None or old.state is not PersonState.ERASED for _, old, _ in step.changed(persons))


@promise()
def a_checkpoint_is_replaced_with_a_reason_only(step: Step) -> bool:
    return all(
        new.reason is not None and new.superseded == old.superseded + 1
        for _, old, new in step.changed(checkpoints)
        if old is not None
    )


@promise()
def the_clock_goes_forward_and_the_founding_stays(step: Step) -> bool:
    backwards = any(old and new.at_ms < old.at_ms for _, old, new in step.changed(clocks))
    return not backwards and "genesis" not in step.keys


_WRITTEN_ONCE: Final = ("entry", "request", "submission", "close", "document", "revocation", "lines")


@promise()
def what_is_written_once_stays(step: Step) -> bool:
    kept = [key for key in step.keys if key in step.before and key.split("/")[0] in _WRITTEN_ONCE]
    return step.before.keys() <= step.after.keys() and kept == []
