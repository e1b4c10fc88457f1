from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from engines import MemoryEngine
from lxr.chaincode.bank_refusals import PaymentOrderDiffers
from lxr.chaincode.cashout import CancelCashOut, OpenCashOut
from lxr.chaincode.cashout_holds import HoldShards, ReleaseShards
from lxr.chaincode.cashout_records import PaymentOrderState, cash_out_shards, cash_outs, end_to_end, payment_orders
from lxr.chaincode.custody_records import Backing, backings, bookings, custodies
from lxr.chaincode.headcount import SHARD_WORKERS_MAX
from lxr.chaincode.instruction import AcceptCashOut, InstructCashOut
from lxr.chaincode.parameter_refusals import ParameterMissing
from lxr.chaincode.parameters import Parameter, parameters
from lxr.chaincode.payees import PayeeChange, SetPayee
from lxr.chaincode.refusals import (
    Exists,
    FiguresDiffer,
    NothingToPayOut,
    ShardNotReady,
    TermsInvalid,
    Unknown,
    WorkerElsewhere,
    WrongState,
)
from lxr.chaincode.rejections import RejectPaymentOrders
from lxr.chaincode.run_funding import FundRun
from lxr.chaincode.run_payment import PayShards
from lxr.chaincode.run_sweep import SweepRun
from lxr.chaincode.types import SHARDS_MAX, canonical
from lxr.token.refusal import Refusal
from parties import ANNA, BO, CLEO, CUSTODY, DORA, aug, payout, signature
from preparedtown import prepared_once
from scenario.money import credit, debit
from town import Town

RUN = "E001-20260812"
HELD, SETTLED, RETURNED, REJECTED, CANCELLED = PaymentOrderState


def opening(**changes: Any) -> dict[str, Any]:
    return {"cashout": "C1", "custody": CUSTODY, **changes}


def states(town: Town, numbers: list[str]) -> list[PaymentOrderState]:
    return [town.get(payment_orders, number).state for number in numbers]


def held_fen(town: Town, cashout: str = "C1") -> int:
    return sum(town.fen(f"pending_redemption:{cashout}.{shard}") for shard in (0, 1))


def came_back(town: Town, cashout: str, **fields: Any) -> list[str]:
    """A cash-out leaves, and the bank rejects all its orders."""
    numbers = town.instructed(cashout, **fields)
    rejections = tuple((number, "AC01") for number in numbers)
    town.do(RejectPaymentOrders, custody=CUSTODY, cashout=cashout, rejections=rejections)
    return numbers


@prepared_once
def wages(town: Town) -> Town:
    """A run is paid: Anna 50.00, Bo 20.00, Cleo 35.00; nothing of it has left."""
    town.deposit(100_000)
    town.certified(aug(3), {ANNA: 10, BO: 4})
    town.certified(aug(3), {CLEO: 7})
    town.paid(RUN)
    return town


def test_a_runs_wages_are_held_then_instructed_and_only_then_settled(wages: Town) -> None:
    numbers = wages.held("C1", scope="run", run=RUN)
    assert (3, 10_500, 0) == (len(numbers), held_fen(wages), wages.fen(f"worker:{ANNA}"))
    wages.leave("C1")
    assert 10_500 == wages.get(custodies, CUSTODY).instructed_fen
    lines = [
        debit(aug(13), f"B{n}", wages.get(payment_orders, each).amount_fen, each) for n, each in enumerate(numbers)
    ]
    assert [HELD] * 3 == states(wages, numbers)
    wages.book(aug(13), *lines)
    assert ([SETTLED] * 3, 0, 0) == (
        states(wages, numbers),
        held_fen(wages),
        wages.get(custodies, CUSTODY).instructed_fen,
    )


def test_a_cash_out_pays_to_the_account_that_stands_when_it_is_held(wages: Town) -> None:
    message = PayeeChange(wages.ledger_id, ANNA, payout("new"), 1)
    wages.do(OpenCashOut, **opening(scope="run", run=RUN))
    wages.do(SetPayee, worker=ANNA, payee_commitment=payout("new"), number=1, signature=signature(ANNA, message))
    wages.do(HoldShards, cashout="C1", shards=(0,))
    found = {
        order.account: order.payee_commitment
        for order in (wages.get(payment_orders, number) for number in wages.get(cash_out_shards, "C1", 0).orders)
    }
    assert {f"worker:{ANNA}": payout("new"), f"worker:{BO}": payout(BO)} == found


def test_a_cash_out_of_a_run_takes_no_more_than_the_run_paid(wages: Town) -> None:
    wages.certified(aug(10), {ANNA: 1})
    wages.paid("E001-20260819")
    wages.held("C1", scope="run", run=RUN)
    assert (10_500, 500) == (held_fen(wages), wages.fen(f"worker:{ANNA}"))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"scope": "workers", "employer": "E001", "workers": (ANNA, CLEO)}, {ANNA: 5000, CLEO: 3500}),
        ({"scope": "workers", "employer": "E001", "workers": (CLEO,)}, {CLEO: 3500}),
        ({"scope": "all", "employer": "E001"}, {ANNA: 5000, BO: 2000, CLEO: 3500}),
        ({"scope": "all", "employer": "E002"}, {}),
    ],
)
def test_the_scope_says_whose_money_leaves_of_what_the_bank_did_not_pay_out(
    wages: Town, fields: dict[str, Any], expected: dict[str, int]
) -> None:
    came_back(wages, "C0", scope="run", run=RUN)
    wages.certified(aug(10), {ANNA: 1})
    wages.paid("E001-20260819")
    found = [wages.get(payment_orders, number) for number in wages.held("C1", **fields)]
    assert {f"returned:{worker}": fen for worker, fen in expected.items()} == {
        order.account: order.amount_fen for order in found
    }
    assert 500 == wages.fen(f"worker:{ANNA}")


def test_a_wage_leaves_by_the_cash_out_of_its_run_only(wages: Town) -> None:
    assert [] == wages.held("C1", scope="all", employer="E001")
    assert [] == wages.held("C2", scope="workers", employer="E001", workers=(ANNA, CLEO))
    assert 3 == len(wages.held("C3", scope="run", run=RUN))


def test_no_second_cash_out_holds_a_shard_that_a_cancelled_one_has_not_released(wages: Town) -> None:
    wages.certified(aug(10), {ANNA: 20})
    wages.paid("E001-20260819")
    wages.held("C1", scope="run", run=RUN)
    wages.do(CancelCashOut, cashout="C1")
    wages.do(OpenCashOut, **opening(cashout="C2", scope="run", run=RUN))
    refusal = wages.refused(ShardNotReady, HoldShards, cashout="C2", shards=(0,))
    assert {"case": "held", "shard": 0, "number": RUN, "cashout": "C1"} == refusal.facts
    wages.do(ReleaseShards, cashout="C1", shards=(0,))
    assert [7000] == [held.total_fen for held in wages.do(HoldShards, cashout="C2", shards=(0,)).shards]


def test_fee_tax_and_insurance_leave_under_the_scope_house(wages: Town) -> None:
    wages.instructed("C1", scope="run", run=RUN)
    wages.do(SweepRun, run=RUN)
    (number,) = wages.held("C2", scope="platform")
    order = wages.get(payment_orders, number)
    assert ("fee:union", 210, 0) == (order.account, order.amount_fen, wages.fen("fee:union"))


def test_platform_money_does_not_leave_while_nobody_governs_where_to(bench: Town) -> None:
    (value,) = bench.get(parameters, "payee.fee").values
    later = canonical(Parameter((replace(value, effective_from=aug(9)),), 1))
    poor = Town(MemoryEngine({**dict(bench.engine.scan("")), "parameter/payee.fee": later}), "poor")
    poor.do(OpenCashOut, **opening(scope="platform"))
    refusal = poor.refused(ParameterMissing, HoldShards, cashout="C1", shards=(0,))
    assert {"parameter": "payee.fee", "day": "2026-08-01"} == refusal.facts


@pytest.mark.parametrize(
    ("refusal", "fields"),
    [
        (Unknown, {"scope": "platform", "custody": "9999"}),
        (Unknown, {"scope": "run", "run": "E001-20260819"}),
        (Unknown, {"scope": "all", "employer": "E009"}),
        (Unknown, {"scope": "workers", "employer": "E001", "workers": (ANNA,), "retry_of": "LX26081200"}),
        (TermsInvalid, {"scope": "run"}),
        (TermsInvalid, {"scope": "run", "employer": "E001"}),
        (TermsInvalid, {"scope": "run", "run": RUN, "workers": (ANNA,)}),
        (TermsInvalid, {"scope": "run", "run": RUN, "employer": "E002"}),
        (TermsInvalid, {"scope": "workers", "employer": "E001"}),
        (TermsInvalid, {"scope": "workers", "run": RUN, "workers": (ANNA,)}),
        (TermsInvalid, {"scope": "workers", "workers": (ANNA,)}),
        (TermsInvalid, {"scope": "all"}),
        (TermsInvalid, {"scope": "all", "run": RUN}),
        (TermsInvalid, {"scope": "all", "employer": "E001", "workers": (ANNA,)}),
        (TermsInvalid, {"scope": "platform", "employer": "E001"}),
        (TermsInvalid, {"scope": "platform", "workers": (ANNA,)}),
        (WorkerElsewhere, {"scope": "workers", "employer": "E001", "workers": (DORA,)}),
        (WorkerElsewhere, {"scope": "workers", "employer": "E001", "workers": ("W000000000999",)}),
    ],
)
def test_a_cash_out_names_what_it_is_for_and_nothing_else(
    wages: Town, refusal: type[Refusal], fields: dict[str, Any]
) -> None:
    wages.refused(refusal, OpenCashOut, **{**opening(), **fields})


def test_a_run_has_one_cash_out_once_all_its_shards_are_paid(town: Town) -> None:
    town.certified(aug(3), {ANNA: 10})
    town.deposit(100_000)
    town.priced(RUN)
    town.refused(WrongState, OpenCashOut, **opening(scope="run", run=RUN))
    town.do(FundRun, run=RUN)
    town.do(PayShards, run=RUN, shards=(0,))
    town.refused(ShardNotReady, OpenCashOut, **opening(scope="run", run=RUN))
    town.do(PayShards, run=RUN, shards=(1,))
    town.do(OpenCashOut, **opening(scope="run", run=RUN))
    town.refused(Exists, OpenCashOut, **opening(scope="run", run=RUN))
    town.refused(Exists, OpenCashOut, **opening(cashout="C2", scope="run", run=RUN))


def test_each_step_of_a_cash_out_needs_the_one_before_it(wages: Town) -> None:
    for kind in (HoldShards, ReleaseShards):
        wages.refused(Unknown, kind, cashout="C1", shards=(0,))
    wages.refused(Unknown, CancelCashOut, cashout="C1")
    wages.do(OpenCashOut, **opening(scope="run", run=RUN))
    wages.refused(ShardNotReady, HoldShards, cashout="C1", shards=(2,))
    wages.do(HoldShards, cashout="C1", shards=(0,))
    wages.refused(ShardNotReady, HoldShards, cashout="C1", shards=(0,))
    wages.refused(ShardNotReady, InstructCashOut, **wages.instruction("C1"))
    wages.do(HoldShards, cashout="C1", shards=(1,))
    good = wages.instruction("C1")
    (file,) = good["files"]
    for other in (replace(file, total_fen=10_499), replace(file, count=2)):
        wages.refused(FiguresDiffer, InstructCashOut, **{**good, "files": (other,)})
    wages.refused(WrongState, ReleaseShards, cashout="C1", shards=(0,))
    wages.leave("C1")
    wages.refused(WrongState, InstructCashOut, **good)
    wages.refused(WrongState, CancelCashOut, cashout="C1")
    wages.refused(WrongState, AcceptCashOut, **wages.acceptance("C1"))
    wages.refused(WrongState, HoldShards, cashout="C1", shards=(0,))
    wages.refused(Unknown, InstructCashOut, **{**good, "cashout": "C2"})


def test_a_cash_out_of_nothing_is_not_instructed(wages: Town) -> None:
    wages.held("C1", scope="all", employer="E002")
    wages.refused(NothingToPayOut, InstructCashOut, **wages.instruction("C1"))


def test_a_cancelled_cash_out_gives_its_holds_back_and_its_run_can_have_another(wages: Town) -> None:
    numbers = wages.held("C1", scope="run", run=RUN)
    wages.do(CancelCashOut, cashout="C1")
    for shard, count in ((0, 2), (1, 1)):
        (released,) = wages.do(ReleaseShards, cashout="C1", shards=(shard,)).shards
        assert count == released.orders
        wages.refused(ShardNotReady, ReleaseShards, cashout="C1", shards=(shard,))
    wages.refused(Unknown, ReleaseShards, cashout="C1", shards=(2,))
    assert ([CANCELLED] * 3, 0, 5000) == (states(wages, numbers), held_fen(wages), wages.fen(f"worker:{ANNA}"))
    assert 3 == len(wages.instructed("C2", scope="run", run=RUN))


def test_the_bank_settles_returns_or_rejects_each_order_and_the_money_follows(wages: Town) -> None:
    numbers = wages.instructed("C1", scope="run", run=RUN)
    by_account = {wages.get(payment_orders, number).account: number for number in numbers}
    anna, bo, cleo = (by_account[f"worker:{worker}"] for worker in (ANNA, BO, CLEO))
    wages.do(RejectPaymentOrders, custody=CUSTODY, cashout="C1", rejections=((bo, "AC01"),))
    wages.book(aug(12), debit(aug(12), "B1", 5000, anna), debit(aug(12), "B2", 3500, cleo))
    assert [SETTLED, REJECTED, SETTLED] == states(wages, [anna, bo, cleo])
    wages.book(aug(13), credit(aug(13), "B3", 3500, order=cleo, returned="AC04"))
    assert [SETTLED, REJECTED, RETURNED] == states(wages, [anna, bo, cleo])
    assert [0, 2000, 3500] == [wages.fen(f"returned:{worker}") for worker in (ANNA, BO, CLEO)]
    assert [0, 0, 0] == [wages.fen(f"worker:{worker}") for worker in (ANNA, BO, CLEO)]
    assert ("AC01", "AC04") == (wages.get(payment_orders, bo).reason, wages.get(payment_orders, cleo).reason)
    assert ("2026-08-12/B1", "return") == (
        wages.get(payment_orders, anna).booking,
        wages.get(bookings, CUSTODY, aug(13), "B3").kind,
    )
    assert Backing(confirmed_fen=95_000, came_back_fen=5500) == wages.get(backings, "E001")
    custody = wages.get(custodies, CUSTODY)
    assert (0, 8500, 3500, 0) == (
        custody.instructed_fen,
        custody.burned_fen,
        custody.returned_fen,
        held_fen(wages),
    )
    assert (95_000, 95_000) == (custody.supply_fen, custody.closing_fen)


def test_what_came_back_is_paid_out_again_under_a_new_reference(wages: Town) -> None:
    numbers = wages.instructed("C1", scope="run", run=RUN)
    wages.do(RejectPaymentOrders, custody=CUSTODY, cashout="C1", rejections=((numbers[0], "AC01"),))
    worker = wages.get(payment_orders, numbers[0]).account.partition(":")[2]
    again = {"scope": "workers", "employer": "E001", "workers": (worker,), "retry_of": numbers[0]}
    (number,) = wages.instructed("C2", **again)
    assert (numbers[0], True) == (wages.get(cash_outs, "C2").retry_of, number != numbers[0])
    other = CLEO if worker != CLEO else ANNA
    wages.refused(PaymentOrderDiffers, OpenCashOut, **opening(cashout="C3", **{**again, "workers": (other,)}))
    wages.refused(PaymentOrderDiffers, OpenCashOut, **opening(cashout="C3", **{**again, "retry_of": number}))


def test_an_order_has_one_cash_out_in_its_place_until_that_is_cancelled(wages: Town) -> None:
    order, *_ = came_back(wages, "C1", scope="run", run=RUN)
    worker = wages.get(payment_orders, order).worker
    again = {"scope": "workers", "employer": "E001", "workers": (worker,), "retry_of": order}
    wages.held("C2", **again)
    refusal = wages.refused(Exists, OpenCashOut, **opening(cashout="C3", **again))
    assert {"what": "cashout_of_order", "number": order} == refusal.facts
    wages.do(CancelCashOut, cashout="C2")
    wages.do(ReleaseShards, cashout="C2", shards=(wages.get(payment_orders, order).shard,))
    (second,) = came_back(wages, "C3", **again)
    wages.refused(Exists, OpenCashOut, **opening(cashout="C4", **again))
    wages.instructed("C4", **{**again, "retry_of": second})


def test_only_held_orders_of_that_accepted_cash_out_are_rejected(wages: Town) -> None:
    numbers = wages.held("C1", scope="run", run=RUN)
    fields = {"custody": CUSTODY, "cashout": "C1", "rejections": ((numbers[0], "AC01"),)}
    wages.refused(PaymentOrderDiffers, RejectPaymentOrders, **fields)
    wages.leave("C1", accepted=False)
    wages.refused(PaymentOrderDiffers, RejectPaymentOrders, **fields)
    wages.do(AcceptCashOut, **wages.acceptance("C1"))
    wages.refused(PaymentOrderDiffers, RejectPaymentOrders, **{**fields, "cashout": "C2"})
    wages.refused(PaymentOrderDiffers, RejectPaymentOrders, **{**fields, "rejections": ((numbers[0], "AC01"),) * 2})
    wages.refused(Unknown, RejectPaymentOrders, **{**fields, "rejections": (("LX26081200", "AC01"),)})
    wages.refused(Unknown, RejectPaymentOrders, **{**fields, "custody": "9999"})
    wages.do(RejectPaymentOrders, **fields)
    wages.refused(PaymentOrderDiffers, RejectPaymentOrders, **fields)


@pytest.mark.parametrize("reason", ["户名不符", "AC1", "ac01", "AC012", "AC0 ", "AC01\n", ""])
def test_an_order_is_rejected_with_a_code_and_with_no_words_of_the_banks(reason: str) -> None:
    fields = {"request_id": "request1", "custody": CUSTODY, "cashout": "C1"}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**fields, "rejections": [("LX26081200", reason)]}, RejectPaymentOrders)
    taken = msgspec.convert({**fields, "rejections": [("LX26081200", "AC01")]}, RejectPaymentOrders)
    assert (("LX26081200", "AC01"),) == taken.rejections


def test_no_cash_out_is_opened_whose_payments_could_have_the_numbers_of_anothers(
    bench: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.deposit(100_000)
    bench.certified(aug(3), {ANNA: 10})
    bench.paid(RUN)
    monkeypatch.setattr("lxr.chaincode.cashout.tag_of", lambda _: "AAAAAAAA")
    bench.held("C1", scope="run", run=RUN)
    refusal = bench.refused(Exists, OpenCashOut, **opening(cashout="C2", scope="platform", employer=None))
    assert {"what": "cashout_tag", "number": "C1"} == refusal.facts


def test_a_payment_reference_fits_every_bank_and_its_last_character_checks_the_others() -> None:
    wage, fee = (end_to_end("C1", account, aug(12), 0, 0) for account in (f"worker:{ANNA}", "fee:union"))
    assert ("LX260812WG", "LX260812HS", 23) == (wage[:10], fee[:10], len(wage))


def test_no_two_payments_have_one_reference() -> None:
    """Within a cash-out by shard and place; else by the cash-out's tag."""
    name, places = f"worker:{ANNA}", [0, 1, 31, 32, 199, 999]
    numbers = {end_to_end("C1", name, aug(12), shard, place) for shard in places for place in places}
    assert len(places) ** 2 == len(numbers)
    assert end_to_end("C2", name, aug(12), 0, 0) not in numbers
    assert SHARD_WORKERS_MAX <= 1024
    assert SHARDS_MAX <= 1024
