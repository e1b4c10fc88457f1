from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Raw
from msgspec.structs import replace

from engines import MemoryEngine
from lxr.chaincode.cashout import CancelCashOut, OpenCashOut
from lxr.chaincode.cashout_holds import HoldShards, ReleaseShards
from lxr.chaincode.cashout_records import CashOut, CashOutState, Debtor, PaymentOrderState, cash_outs, payment_orders
from lxr.chaincode.custody_records import backings, custodies
from lxr.chaincode.instruction import AcceptCashOut, ApproveCashOut, InstructCashOut, instruction_digest
from lxr.chaincode.parameter_refusals import ParameterMissing
from lxr.chaincode.parameters import Parameter, parameters
from lxr.chaincode.refusals import (
    HashDiffers,
    NotAllowed,
    SamePerson,
    Unknown,
    WrongState,
)
from lxr.chaincode.run_sweep import SweepRun
from lxr.chaincode.types import canonical, digest
from lxr.token.refusal import Refusal
from parties import ANNA, BO, CLEO, CUSTODY, SHARDS, aug
from preparedtown import prepared_once
from quick import examples
from scenario.money import debit
from town import Town

RUN: Final = "E001-20260812"
LIMIT: Final = parameters.key("cashout.second_role_fen")
PEOPLE, ROLES = ("li", "wang", "zhao", "chen"), ("treasurer", "operator", "admin")
TREASURER, OPERATOR, ADMIN = (f"union/{role}" for role in ROLES)


def lived(town: Town) -> Town:
    """A run is paid: Anna 50.00, Bo 20.00, Cleo 35.00; nothing of it has left."""
    town.deposit(100_000)
    town.certified(aug(3), {ANNA: 10, BO: 4})
    town.certified(aug(3), {CLEO: 7})
    town.paid(RUN)
    return town


def limited(town: Town, limit_fen: int, **changes: Any) -> Town:
    """The same town over a dictionary, with another governed sum."""
    (value,) = town.get(parameters, "cashout.second_role_fen").values
    other = Parameter((replace(value, value=Raw(canonical(limit_fen)), **changes),), 1)
    return Town(MemoryEngine({**dict(town.engine.scan("")), LIMIT: canonical(other)}), "limited")


@prepared_once
def prepared(town: Town) -> Town:
    """The run's cash-out is prepared by the treasurer; the deposit is on a statement."""
    lived(town).held("C1", scope="run", run=RUN)
    town.confirmed()
    town.do(InstructCashOut, **town.instruction("C1"))
    return town


def head(town: Town) -> CashOut:
    return town.get(cash_outs, "C1")


def test_a_cash_out_leaves_when_another_person_than_prepared_it_has_approved_it(prepared: Town) -> None:
    assert (CashOutState.PREPARED, 0) == (head(prepared).state, prepared.get(custodies, CUSTODY).instructed_fen)
    prepared.refused(WrongState, SweepRun, run=RUN)
    prepared.refused(WrongState, InstructCashOut, **{**prepared.instruction("C1"), "prepared_ms": 946_684_800_000})
    good = prepared.cash_out_approval("C1")
    prepared.do(ApproveCashOut, OPERATOR, **good)
    assert (CashOutState.INSTRUCTED, 10_500) == (head(prepared).state, prepared.get(custodies, CUSTODY).instructed_fen)
    assert (("treasurer@union",), ["operator@union"], prepared.at_ms) == (
        head(prepared).prepared_by,
        [approval.person for approval in head(prepared).approvals],
        head(prepared).instructed_ms,
    )
    prepared.refused(WrongState, ApproveCashOut, ADMIN, **good)


@pytest.mark.parametrize(
    "caller",
    ["union/treasurer", "union/treasurer as treasurer@union", "union/operator as treasurer@union"],
    ids=["the same certificate", "a renewed one", "one of another role"],
)
def test_whoever_prepared_a_cash_out_does_not_approve_it_under_any_certificate(prepared: Town, caller: str) -> None:
    refusal = prepared.refused(SamePerson, ApproveCashOut, caller, **prepared.cash_out_approval("C1"))
    assert {"person": "treasurer@union", "what": "cashout", "number": "C1"} == refusal.facts


def test_another_treasurer_may_approve_and_no_role_outside_the_treasury(prepared: Town) -> None:
    good = prepared.cash_out_approval("C1")
    for caller in ("union/auditor", "bank/teller", "employer/signer/E001", "regulator/admin"):
        prepared.refused(NotAllowed, ApproveCashOut, caller, **good)
    prepared.do(ApproveCashOut, "union/treasurer as li@union", **good)
    assert CashOutState.INSTRUCTED is head(prepared).state


def test_who_opened_a_cash_out_or_held_a_shard_of_it_does_not_approve_it_either(town: Town) -> None:
    lived(town).do(OpenCashOut, f"{TREASURER} as li", cashout="C1", custody=CUSTODY, scope="run", run=RUN)
    town.do(HoldShards, f"{TREASURER} as wang", cashout="C1", shards=(0,))
    town.do(HoldShards, f"{TREASURER} as zhao", cashout="C1", shards=(1,))
    town.confirmed()
    town.do(InstructCashOut, f"{TREASURER} as chen", **town.instruction("C1"))
    for person in PEOPLE:
        town.refused(SamePerson, ApproveCashOut, f"{OPERATOR} as {person}", **town.cash_out_approval("C1"))
    town.do(ApproveCashOut, OPERATOR, **town.cash_out_approval("C1"))


def test_an_approval_holds_for_exactly_what_was_prepared(prepared: Town) -> None:
    there = head(prepared)
    others = [
        replace(there, **change)
        for change in (
            {"custody": "9999"},
            {"files": (replace(there.files[0], message_id="M-2"),)},
            {"files": (replace(there.files[0], digest=digest("another file")),)},
            {"files": (replace(there.files[0], shards=1),)},
            {"files": there.files * 2},
            {"file_sums": (replace(there.file_sums[0], count=2),)},
            {"file_sums": (replace(there.file_sums[0], total_fen=1),)},
            {"prepared_ms": there.opened_ms - 1000},
            {"debtor": Debtor("Somebody else", "102100099996")},
            {"execution_date": aug(13) + timedelta(days=30)},
            {"total_fen": there.total_fen + 1},
            {"count": there.count + 1},
            {"second_role": True},
            {"prepared_by": ("somebody",)},
        )
    ]
    for other in (*(instruction_digest("C1", each) for each in others), instruction_digest("C2", there)):
        prepared.refused(HashDiffers, ApproveCashOut, OPERATOR, cashout="C1", digest=other)
    prepared.refused(Unknown, ApproveCashOut, OPERATOR, cashout="C2", digest=instruction_digest("C1", there))


def test_what_is_prepared_can_be_cancelled_and_is_then_never_approved(prepared: Town) -> None:
    good = prepared.cash_out_approval("C1")
    prepared.do(CancelCashOut, cashout="C1")
    prepared.refused(WrongState, ApproveCashOut, OPERATOR, **good)
    assert 0 == prepared.get(custodies, CUSTODY).instructed_fen


def test_until_the_bank_has_accepted_the_file_a_cash_out_is_cancelled_and_no_fee_is_swept(prepared: Town) -> None:
    prepared.do(ApproveCashOut, OPERATOR, **prepared.cash_out_approval("C1"))
    prepared.refused(WrongState, SweepRun, run=RUN)
    prepared.do(CancelCashOut, cashout="C1")
    assert (0, 0) == (prepared.get(custodies, CUSTODY).instructed_fen, prepared.get(backings, "E001").pending_fen)
    prepared.refused(WrongState, AcceptCashOut, **prepared.acceptance("C1"))
    for shard in range(SHARDS):
        prepared.do(ReleaseShards, cashout="C1", shards=(shard,))
    assert 3 == len(prepared.instructed("C2", scope="run", run=RUN))
    prepared.do(SweepRun, run=RUN)


def test_what_the_bank_has_accepted_is_never_cancelled(prepared: Town) -> None:
    prepared.refused(WrongState, AcceptCashOut, **prepared.acceptance("C1"))
    prepared.do(ApproveCashOut, OPERATOR, **prepared.cash_out_approval("C1"))
    prepared.do(AcceptCashOut, **prepared.acceptance("C1"))
    assert (CashOutState.ACCEPTED, prepared.at_ms) == (head(prepared).state, head(prepared).accepted_ms)
    prepared.refused(WrongState, CancelCashOut, cashout="C1")
    prepared.refused(WrongState, AcceptCashOut, **prepared.acceptance("C1"))
    prepared.do(SweepRun, run=RUN)


def test_the_bank_alone_accepts_and_only_the_file_that_was_approved(prepared: Town) -> None:
    prepared.do(ApproveCashOut, OPERATOR, **prepared.cash_out_approval("C1"))
    for caller in (TREASURER, OPERATOR, "bank/admin", "bank/auditor", "employer/signer/E001"):
        prepared.refused(NotAllowed, AcceptCashOut, caller, **prepared.acceptance("C1"))
    prepared.refused(HashDiffers, AcceptCashOut, cashout="C1", files=(digest("another file"),))
    prepared.refused(Unknown, AcceptCashOut, **{**prepared.acceptance("C1"), "cashout": "C2"})


def test_a_bank_that_pays_a_file_before_it_accepted_it_has_a_debit_that_waits(prepared: Town) -> None:
    """Cancelled meanwhile, the wages leave once more, and no worker's or employer's money has paid the first."""
    prepared.do(ApproveCashOut, OPERATOR, **prepared.cash_out_approval("C1"))
    order = prepared.orders("C1")[0]
    amount_fen = prepared.get(payment_orders, order).amount_fen
    prepared.book(aug(12), debit(aug(12), "B1", amount_fen, order))
    assert (PaymentOrderState.HELD, amount_fen) == (
        prepared.get(payment_orders, order).state,
        prepared.get(custodies, CUSTODY).unmatched_fen,
    )
    prepared.do(CancelCashOut, cashout="C1")
    for shard in range(SHARDS):
        prepared.do(ReleaseShards, cashout="C1", shards=(shard,))
    assert 100_000 == prepared.get(backings, "E001").confirmed_fen
    assert 3 == len(prepared.instructed("C2", scope="run", run=RUN))


@pytest.mark.parametrize(("limit_fen", "second"), [(10_499, True), (10_500, True), (10_501, False)])
def test_from_the_governed_sum_on_a_second_role_approves_too(bench: Town, limit_fen: int, second: bool) -> None:
    town = limited(lived(bench), limit_fen)
    town.at_ms = bench.at_ms
    town.held("C1", scope="run", run=RUN)
    town.confirmed()
    town.do(InstructCashOut, **town.instruction("C1"))
    town.do(ApproveCashOut, f"{TREASURER} as li", **town.cash_out_approval("C1"))
    assert (CashOutState.PREPARED if second else CashOutState.INSTRUCTED) is head(town).state
    if second:
        town.refused(SamePerson, ApproveCashOut, f"{ADMIN} as li", **town.cash_out_approval("C1"))
        town.do(ApproveCashOut, f"{OPERATOR} as wang", **town.cash_out_approval("C1"))
        assert CashOutState.PREPARED is head(town).state  # a second checker is no second role
        town.do(ApproveCashOut, ADMIN, **town.cash_out_approval("C1"))
        assert CashOutState.INSTRUCTED is head(town).state


def test_what_was_prepared_on_the_same_day_counts_so_that_no_sum_is_split_below_the_governed_one(bench: Town) -> None:
    town = limited(lived(bench), 11_000)
    town.at_ms = bench.at_ms
    town.confirmed()
    for day in (10, 11, 12):
        town.certified(aug(day), {ANNA: 1})
        town.paid(f"E001-20260819-{day}")
    second = []
    for number, run in enumerate((RUN, *(f"E001-20260819-{day}" for day in (10, 11, 12)))):
        if number == 3:
            town.go(aug(20))
        town.held(f"C{number}", scope="run", run=run)
        town.do(InstructCashOut, **town.instruction(f"C{number}"))
        second.append(town.get(cash_outs, f"C{number}").second_role)
        if number == 0:  # what was prepared counts, whatever becomes of it
            town.do(CancelCashOut, cashout="C0")
    assert [False, True, True, False] == second


def test_what_two_persons_pay_out_counts_for_the_day_also_by_a_command_of_the_day_before(bench: Town) -> None:
    """In turn a minute or two after midnight, and before it."""
    town = limited(lived(bench), 10_501)
    town.confirmed()
    for day in (10, 11, 12):
        town.certified(aug(day), {ANNA: 1})
        town.paid(f"E001-20260819-{day}")
    signed = (aug(20), 0, 1), (aug(19), 23, 58), (aug(20), 0, 2), (aug(19), 23, 59)
    seconds = []
    for number, (run, moment) in enumerate(
        zip((RUN, *(f"E001-20260819-{day}" for day in (10, 11, 12))), signed, strict=True)
    ):
        town.held(f"C{number}", scope="run", run=run)
        town.go(*moment)
        town.do(InstructCashOut, **town.instruction(f"C{number}"))
        seconds.append(town.get(cash_outs, f"C{number}").second_role)
    assert [False, True, True, True] == seconds


def test_nothing_is_prepared_on_a_day_for_which_no_sum_is_governed(bench: Town) -> None:
    town = limited(lived(bench), 10_000, effective_from=aug(30))
    town.at_ms = bench.at_ms
    town.held("C1", scope="run", run=RUN)
    town.confirmed()
    refusal = town.refused(ParameterMissing, InstructCashOut, **town.instruction("C1"))
    assert {"parameter": "cashout.second_role_fen", "day": "2026-08-12"} == refusal.facts


def test_whoever_does_what_no_money_leaves_without_different_people_in_the_roles_that_it_takes(bench: Town) -> None:
    lived(bench).certified(aug(12), {ANNA: 1})
    bench.confirmed()
    person, caller = st.sampled_from(PEOPLE), st.tuples(st.sampled_from(ROLES), st.sampled_from(PEOPLE))

    @settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        makers=st.lists(person, min_size=SHARDS + 2, max_size=SHARDS + 2),
        approvers=st.lists(caller, max_size=6),
        limit_fen=st.sampled_from([1, 10_500, 10_501]),
        cancel_after=st.none() | st.integers(0, 6),
        accept_after=st.none() | st.integers(0, 6),
    )
    def tried(
        makers: list[str],
        approvers: list[tuple[str, str]],
        limit_fen: int,
        cancel_after: int | None,
        accept_after: int | None,
    ) -> None:
        town = limited(bench, limit_fen)
        town.at_ms = bench.at_ms
        opener, stater, *holders = makers
        town.do(OpenCashOut, f"{TREASURER} as {opener}", cashout="C1", custody=CUSTODY, scope="run", run=RUN)
        for shard, holder in enumerate(holders):
            town.do(HoldShards, f"{TREASURER} as {holder}", cashout="C1", shards=(shard,))
        town.do(InstructCashOut, f"{TREASURER} as {stater}", **town.instruction("C1"))
        seen: dict[str, str] = {}
        needed = [{"treasurer", "operator"}, *([{"admin"}] if limit_fen <= 10_500 else [])]
        left = cancelled = taken = False
        for turn, (role, who) in enumerate(approvers):
            if turn == accept_after:
                try:
                    town.do(AcceptCashOut, **town.acceptance("C1"))
                    taken = True
                except WrongState:
                    assert cancelled or not left
            if turn == cancel_after:
                try:
                    town.do(CancelCashOut, cashout="C1")
                    cancelled = True
                except WrongState:
                    assert taken
            try:
                town.do(ApproveCashOut, f"union/{role} as {who}", **town.cash_out_approval("C1"))
                accepted = True
            except Refusal:
                accepted = False
            assert accepted == (not left and not cancelled and who not in makers and who not in seen)
            if accepted:
                seen[who] = role
            left = left or (accepted and all(roles & set(seen.values()) for roles in needed))
            sent = CashOutState.ACCEPTED if taken else CashOutState.INSTRUCTED
            assert (left and not cancelled) == (head(town).state is sent)
            assert (10_500 if left and not cancelled else 0) == town.get(custodies, CUSTODY).instructed_fen

    tried()
