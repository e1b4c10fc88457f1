"""A cash-out of several files of the bank's: each order in just one of them, and all of them accepted or none."""

from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engines import MemoryEngine
from lxr.chaincode.cashout_records import (
    CashOutShard,
    CashOutState,
    Debtor,
    FileSum,
    cash_out_shards,
    cash_outs,
    file_place,
    payment_orders,
)
from lxr.chaincode.instruction import AcceptCashOut, ApproveCashOut, InstructCashOut, StatedFile, instruction_digest
from lxr.chaincode.refusals import DateInFuture, Exists, FiguresDiffer, HashDiffers, MalformedCommand
from lxr.chaincode.types import digest
from lxr.token.refusal import Refusal
from parties import ANNA, BO, CLEO, SHARDS, aug
from preparedtown import prepared_once
from quick import examples
from scenario.money import stated_files
from town import Town

RUN: Final = "E001-20260812"
OPERATOR: Final = "union/operator"
DAY_MS: Final = 86_400_000


@prepared_once
def two(town: Town) -> Town:
    """See `lived`."""
    return lived(town)


def lived(town: Town) -> Town:
    """A run's cash-out of two shards is held: Anna 50.00 and Bo 20.00 in one, Cleo 35.00 in the other."""
    town.deposit(100_000)
    town.certified(aug(3), {ANNA: 10, BO: 4})
    town.certified(aug(3), {CLEO: 7})
    town.paid(RUN)
    town.held("C1", scope="run", run=RUN)
    town.confirmed()
    return town


def held(town: Town) -> list[CashOutShard]:
    return [town.get(cash_out_shards, "C1", shard) for shard in range(SHARDS)]


def split(town: Town, *files: StatedFile) -> dict[str, Any]:
    """The fields of an InstructCashOut of these files, or of one for each shard."""
    return {**town.instruction("C1"), "files": files or stated_files("C1", held(town), [1] * SHARDS)}


def approved(town: Town) -> tuple[StatedFile, ...]:
    fields = split(town)
    town.do(InstructCashOut, **fields)
    town.do(ApproveCashOut, OPERATOR, **town.cash_out_approval("C1"))
    files: tuple[StatedFile, ...] = fields["files"]
    return files


def test_a_cash_out_of_two_files_says_what_each_pays_and_every_order_is_in_one(two: Town) -> None:
    approved(two)
    head = two.get(cash_outs, "C1")
    assert (FileSum(2, 7_000), FileSum(1, 3_500)) == head.file_sums
    assert (3, 10_500) == (head.count, head.total_fen)
    assert [0, 0, 1] == [file_place(head, two.get(payment_orders, each).shard) for each in two.orders("C1")]


def test_what_approvers_name_binds_every_file_and_its_order(two: Town) -> None:
    two.do(InstructCashOut, **split(two))
    there = two.get(cash_outs, "C1")
    (first, second), (more, less) = there.files, there.file_sums
    for change in (
        {"files": (second, first)},
        {"files": (first,)},
        {"files": (first, second, second)},
        {"files": (first, replace(second, digest=digest("another")))},
        {"files": (replace(first, message_id="F9-C1"), second)},
        {"file_sums": (less, more)},
        {"file_sums": (more, replace(less, total_fen=less.total_fen + 1))},
        {"prepared_ms": there.prepared_ms and there.prepared_ms + 1000},
        {"debtor": Debtor("成都灵活就业工会", "102100099997")},
    ):
        other = instruction_digest("C1", replace(there, **change))
        two.refused(HashDiffers, ApproveCashOut, OPERATOR, cashout="C1", digest=other)


@pytest.mark.parametrize(
    "some",
    [lambda both: both[:1], lambda both: both[::-1], lambda both: both * 2, lambda both: both[:1] * 2],
    ids=["one of the two", "in another order", "each twice", "the same one twice"],
)
def test_the_bank_accepts_all_files_of_a_cash_out_or_none(two: Town, some: Any) -> None:
    both = tuple(file.digest for file in approved(two))
    two.refused(HashDiffers, AcceptCashOut, cashout="C1", files=some(both))
    assert CashOutState.INSTRUCTED is two.get(cash_outs, "C1").state
    two.do(AcceptCashOut, cashout="C1", files=both)
    assert CashOutState.ACCEPTED is two.get(cash_outs, "C1").state


def test_the_file_of_another_cash_out_is_not_accepted_for_this_one(two: Town) -> None:
    first, _ = approved(two)
    two.refused(HashDiffers, AcceptCashOut, cashout="C1", files=(first.digest, digest("F2-C2")))


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"digest": digest("F1-C1")}, Exists),
        ({"message_id": "F1-C1"}, Exists),
        ({"shards": 2}, FiguresDiffer),
        ({"count": 2}, FiguresDiffer),
        ({"total_fen": 3_501}, FiguresDiffer),
        ({"shards": 0}, MalformedCommand),
        ({"count": 0}, MalformedCommand),
        ({"message_id": "f2"}, MalformedCommand),
    ],
)
def test_no_file_is_stated_twice_or_with_other_payments_than_its_shards_have(
    two: Town, changes: dict[str, Any], refusal: type[Refusal]
) -> None:
    first, second = stated_files("C1", held(two), [1, 1])
    two.refused(refusal, InstructCashOut, **split(two, first, replace(second, **changes)))


def test_one_file_has_not_what_belongs_to_another(two: Town) -> None:
    """What they sum to together is right."""
    first, second = stated_files("C1", held(two), [1, 1])
    swapped = replace(first, total_fen=second.total_fen), replace(second, total_fen=first.total_fen)
    two.refused(FiguresDiffer, InstructCashOut, **split(two, *swapped))
    two.refused(FiguresDiffer, InstructCashOut, **split(two, second))


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"prepared_ms": lambda town: town.at_ms // 1000 * 1000 + DAY_MS}, DateInFuture),
        ({"prepared_ms": lambda town: town.at_ms // 1000 * 1000 + 1}, MalformedCommand),
        ({"debtor": lambda _: Debtor("A\nB", "102100099996")}, MalformedCommand),
        ({"debtor": lambda _: Debtor("A", "10210009999")}, MalformedCommand),
    ],
    ids=["a day to come", "less than a second", "two lines", "no CNAPS code"],
)
def test_what_stands_in_every_file_is_bounded(two: Town, changes: dict[str, Any], refusal: type[Refusal]) -> None:
    wrong = {name: made(two) for name, made in changes.items()}
    two.refused(refusal, InstructCashOut, **{**split(two), **wrong})


def test_whatever_files_are_stated_each_order_is_in_one_and_the_sums_are_right(bench: Town) -> None:
    lived(bench)

    @settings(max_examples=examples(100), deadline=None)
    @given(groups=st.lists(st.integers(1, 3), min_size=1, max_size=3), data=st.data())
    def tried(groups: list[int], data: st.DataObject) -> None:
        town = Town(MemoryEngine(dict(bench.engine.scan(""))), "tried")
        town.at_ms = bench.at_ms
        stated(town, groups, data)

    tried()


def stated(town: Town, groups: list[int], data: st.DataObject) -> None:
    """State files of so many shards each, of which some may be told wrong."""
    files = [
        replace(
            file,
            total_fen=file.total_fen + data.draw(st.sampled_from([0, 0, 0, 1])),
            digest=data.draw(st.sampled_from([file.digest, file.digest, digest("F1-C1")])),
        )
        for file in stated_files("C1", held(town), groups)
    ]
    try:
        town.do(InstructCashOut, **split(town, *files))
    except Refusal:
        assert sum(groups) != SHARDS or files != list(stated_files("C1", held(town), groups))
        return
    head = town.get(cash_outs, "C1")
    orders = {each: town.get(payment_orders, each) for each in town.orders("C1")}
    for place, total in enumerate(head.file_sums):
        theirs = [order.amount_fen for order in orders.values() if file_place(head, order.shard) == place]
        assert FileSum(len(theirs), sum(theirs)) == total
    assert (len(orders), 10_500) == (head.count, head.total_fen)
    assert len(head.files) == len({file.digest for file in head.files})
