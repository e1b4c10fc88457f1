"""A cash-out of more payments than the bank takes in one file: several files, made again to the byte, all paid once."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from consortium import House, rehearsal
from lxr.chaincode.cashout_records import CashOutState, PaymentOrderState, cash_outs
from lxr.chaincode.rejections import RejectPaymentOrders
from lxr.node.dry_run import DryRun
from lxr.settlement.bank import cashout, instruction, stated_files
from lxr.settlement.bank.desk import reject
from lxr.settlement.bank.formats import pain001
from lxr.settlement.bank.formats.pain001 import Version
from lxr.settlement.bank.instruction import Instruction
from lxr.settlement.bank.model import PaymentFile, Transfer
from lxr.settlement.bank.openings import path_beside
from lxr.settlement.errors import InputFault
from lxr.settlement.people.person import commitment
from lxr.settlement.rehearsal.simulator import Bank, DayResult
from parties import CUSTODY
from quick import examples
from treasury import DAY_FEN, PAYDAY, UNION, noon, paid

NUMBER: Final = "CE001-20260915"
PAYMENTS_MAX: Final = 2


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Five workers in three shards are paid; their cash-out is held."""
    with rehearsal(tmp_path) as made:
        paid(made, made.employ(5, shards=3))
        yield made


def prepare(house: House, payments_max: int = PAYMENTS_MAX, *, late: int = 0) -> Instruction:
    day = PAYDAY + timedelta(days=late)
    return instruction.instruct(house.treasurer, house.people, NUMBER, UNION, noon(day), day, payments_max=payments_max)


def approve(house: House) -> Instruction:
    return instruction.approve(house.operator, house.people, NUMBER, house.consortium.bank_dir, UNION)


def accept(house: House) -> Instruction:
    return instruction.accept(house.teller, NUMBER, house.consortium.bank_dir)


def close_day(house: House, payments_max: int = PAYMENTS_MAX) -> DayResult:
    """The bank as it asks the ledger."""
    asks = instruction.instructed_files(house.teller)
    directory = house.consortium.bank_dir
    with Bank.open(directory, CUSTODY, 1, commitment=commitment, instructed=asks, payments_max=payments_max) as bank:
        return bank.close_day(PAYDAY)


def paths(given: Instruction) -> list[Path]:
    """Where the bank was given the files."""
    found = [file.path for file in given.files]
    assert None not in found
    return [path for path in found if path is not None]


def contents(given: Instruction) -> dict[Path, bytes]:
    return {each: each.read_bytes() for path in paths(given) for each in (path, path_beside(path))}


def numbers(path: Path) -> list[str]:
    return [transfer.end_to_end_id for transfer in pain001.read(path.read_bytes(), path.name).transfers]


@pytest.mark.parametrize("payments_max", [2, 3, 4, 5])
def test_every_order_is_in_just_one_file_and_the_files_sum_to_the_cash_out(house: House, payments_max: int) -> None:
    prepare(house, payments_max)
    given = approve(house)
    orders = {order.order: order.amount_fen for order in cashout.orders_of(house.treasurer, NUMBER)}
    written = [pain001.read(path.read_bytes(), path.name) for path in paths(given)]
    assert list(orders.items()) == [
        (transfer.end_to_end_id, transfer.amount_fen) for file in written for transfer in file.transfers
    ]
    assert (5, 5 * 2 * DAY_FEN) == (given.count, given.total_fen)
    assert [(file.count, file.total_fen) for file in given.files] == [
        (len(file.transfers), file.total_fen) for file in written
    ]
    assert all(1 <= file.count <= payments_max for file in given.files)
    assert [file.message_id for file in given.files] == [file.message_id for file in written]


@settings(max_examples=examples(300), deadline=None)
@given(
    counts=st.lists(st.integers(0, 6), min_size=1, max_size=40).filter(any),
    payments_max=st.integers(6, 20),
)
def test_whatever_shards_there_are_each_is_in_one_file_and_no_file_is_empty_or_too_long(
    counts: list[int], payments_max: int
) -> None:
    orders = [order(shard) for shard, count in enumerate(counts) for _ in range(count)]
    groups = stated_files.grouped(NUMBER, range(len(counts)), orders, payments_max)
    assert list(range(len(counts))) == [shard for group in groups for shard in group]
    sizes = [sum(counts[shard] for shard in group) for group in groups]
    assert all(1 <= size <= payments_max for size in sizes)
    for before, (first, *_) in zip(sizes, groups[1:], strict=False):
        assert before + counts[first] > payments_max  # no file that could be spared


def order(shard: int) -> cashout.OrderView:
    held = PaymentOrderState.HELD
    return cashout.OrderView("LX", "worker:W", "W", shard, 1, "ab" * 32, held, None, None)


@pytest.mark.parametrize(
    ("number", "files", "ids"),
    [
        ("C1", 1, ["C1"]),
        ("C1", 2, ["F1-C1", "F2-C1"]),
        ("C" * 35, 1, ["C" * 35]),
    ],
)
def test_a_file_has_an_id_of_its_own(number: str, files: int, ids: list[str]) -> None:
    made = stated_files.message_ids(number, files)
    assert ids == made


def test_no_file_of_several_has_the_id_of_another_cash_outs_file() -> None:
    """C1-2 takes the place of a cancelled C1, and F2-C1 is no cash-out's number."""
    cash_outs = ("C1", "C1-1", "C1-2", "CF2-C1", "C" * 36, "C" * 37)
    every = [each for number in cash_outs for files in (1, 100) for each in stated_files.message_ids(number, files)]
    assert len(cash_outs) * 101 == len(set(every))
    assert 35 >= max(map(len, every))


def test_files_that_are_lost_are_made_again_from_the_ledger_to_the_byte(house: House) -> None:
    prepare(house)
    before = contents(approve(house))
    assert 6 == len(before)
    for path in before:
        path.unlink()
    house.clock.go(PAYDAY + timedelta(days=40))
    assert before == contents(approve(house))
    assert (NUMBER, {noon(PAYDAY)}) == (
        approve(house).cashout,
        {pain001.read(data, "file").created_at for path, data in before.items() if path.suffix == ".xml"},
    )


def test_one_lost_file_of_several_is_written_again_and_the_same_call_does_nothing_more(house: House) -> None:
    prepare(house)
    given = approve(house)
    before = contents(given)
    paths(given)[1].unlink()
    height = house.ledger.height()
    assert given == approve(house)
    assert (before, height) == (contents(given), house.ledger.height())


def test_another_size_of_files_is_not_prepared_any_more_and_the_same_call_tells_what_was(house: House) -> None:
    first = prepare(house, 2)
    assert first == prepare(house, 5, late=1)


def test_all_files_are_paid_once_they_are_accepted_and_none_before(house: House) -> None:
    house.deposit(10_000_000)
    prepare(house)
    given = approve(house)
    assert 3 == len(close_day(house).problems)
    accept(house)
    for path in contents(given):
        shutil.copy(path, path.with_name(f"again-{path.name}"))
    result = next_day(house)
    assert ((), ()) == (result.problems, result.rejected)


def next_day(house: House) -> DayResult:
    asks = instruction.instructed_files(house.teller)
    with Bank.open(house.consortium.bank_dir, CUSTODY, 1, commitment=commitment, instructed=asks) as bank:
        return bank.close_day(PAYDAY + timedelta(days=1))


def paying(change: Callable[[Transfer, Transfer], tuple[Transfer, Transfer]]) -> Callable[[PaymentFile], PaymentFile]:
    """A file whose first two payments are others."""
    return lambda file: replace(file, transfers=(*change(*file.transfers[:2]), *file.transfers[2:]))


def shifted(first: Transfer, second: Transfer) -> tuple[Transfer, Transfer]:
    return replace(first, amount_fen=first.amount_fen + second.amount_fen - 1), replace(second, amount_fen=1)


ALTERED: Final = {
    "the amounts": paying(shifted),
    "the order": paying(lambda first, second: (second, first)),
    "the ids": paying(lambda first, second: (replace(first, end_to_end_id="LX260915WGAAAAAAAAAAAAA"), second)),
    "the payments": lambda file: replace(file, transfers=file.transfers[1:]),
    "the purpose": paying(lambda first, second: (replace(first, purpose="SCVE"), second)),
    "the day": lambda file: replace(file, execution_date=PAYDAY + timedelta(days=3000)),
    "the moment": lambda file: replace(file, created_at=noon(PAYDAY - timedelta(days=1))),
    "the debtor": lambda file: replace(file, debtor=replace(file.debtor, name="成都某公司")),
    "the account": lambda file: replace(file, debtor_account="6222020000000000"),
    "the id": lambda file: replace(file, message_id="F9-C9"),
    "the payees": paying(lambda first, second: (replace(first, creditor_account="6222020000000000"), second)),
}


@pytest.mark.parametrize("altered", ALTERED)
def test_the_bank_accepts_no_file_that_says_another_thing_than_the_ledger_whoever_approved_it(
    house: House, altered: str
) -> None:
    """Treasurer and operator together state and approve whatever digest they like: the sums of a file stay the same."""
    honest = pain001.write

    def altering(file: PaymentFile, version: Version) -> bytes:
        return honest(ALTERED[altered](file) if len(file.transfers) > 1 else file, version)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pain001, "write", altering)
        prepare(house)
        approve(house)
    height = house.ledger.height()
    with pytest.raises(InputFault):
        accept(house)
    assert height == house.ledger.height()


def test_the_bank_accepts_no_file_with_an_element_that_its_reader_passes_over(house: House) -> None:
    honest = pain001.write

    def charged(file: PaymentFile, version: Version) -> bytes:
        return honest(file, version).replace(b"<CdtTrfTxInf>", b"<ChrgBr>DEBT</ChrgBr><CdtTrfTxInf>", 1)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pain001, "write", charged)
        prepare(house)
        assert b"<ChrgBr>DEBT</ChrgBr>" in paths(approve(house))[0].read_bytes()
    with pytest.raises(InputFault):
        accept(house)


def test_the_bank_accepts_no_file_under_an_id_that_another_cash_outs_file_has(house: House) -> None:
    """A bank takes a message in once, so that the other cash-out would be accepted, and never paid."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stated_files, "message_ids", lambda _, files: [f"F{place}-C1" for place in range(1, files + 1)])
        prepare(house)
        approve(house)
    with pytest.raises(InputFault, match="says another thing than the ledger"):
        accept(house)


def test_files_that_the_bank_would_keep_for_a_day_to_come_are_not_approved_before_it(house: House) -> None:
    """The treasurer states the day alone, and nobody could cancel what the bank holds until then."""
    later = PAYDAY + timedelta(days=1)
    instruction.instruct(house.treasurer, house.people, NUMBER, UNION, noon(PAYDAY), later)
    with pytest.raises(InputFault, match="to be paid on 2026-09-16"):
        approve(house)
    assert CashOutState.PREPARED is house.treasurer.need(cash_outs, NUMBER).state
    house.clock.go(later)
    assert CashOutState.INSTRUCTED is approve(house).state


@pytest.mark.parametrize("damaged", [path_beside, Path])
def test_what_is_damaged_in_the_inbox_is_written_again(house: House, damaged: Callable[[Path], Path]) -> None:
    prepare(house)
    before = contents(given := approve(house))
    damaged(paths(given)[1]).write_bytes(b"{")
    assert before == contents(approve(house))


def test_the_bank_accepts_no_file_of_more_payments_than_it_takes_by_now(house: House) -> None:
    """What it has accepted is never cancelled, and what it cannot read it never pays."""
    prepare(house, 5)
    approve(house)
    with pytest.raises(InputFault, match="more than 2 CdtTrfTxInf"):
        instruction.accept(house.teller, NUMBER, house.consortium.bank_dir, payments_max=2)
    assert CashOutState.CANCELLED is cashout.cancel(house.treasurer, NUMBER).state


@pytest.mark.parametrize("harm", ["missing", "edited", "another file of it", "another cash-out's"])
def test_where_one_file_of_several_is_not_the_one_that_was_approved_none_is_accepted_or_paid(
    house: House, harm: str
) -> None:
    prepare(house)
    first, second, _ = paths(approve(house))
    if harm == "missing":
        second.unlink()
    elif harm == "edited":
        second.write_bytes(second.read_bytes().replace(b"<Nm>", b"<Nm>A", 1))
    elif harm == "another file of it":
        second.write_bytes(first.read_bytes())
        path_beside(second).write_bytes(path_beside(first).read_bytes())
    else:
        second.write_bytes(second.read_bytes().replace(second.stem.encode(), b"F2-C2"))
    height = house.ledger.height()
    with pytest.raises(InputFault, match=second.name):
        accept(house)
    assert height == house.ledger.height()
    assert CashOutState.INSTRUCTED is house.treasurer.need(cash_outs, NUMBER).state
    assert all(
        "not the file of a cash-out that the bank has accepted" in str(each) for each in close_day(house).problems
    )


def test_by_each_file_the_bank_pays_its_own_orders_alone(house: House) -> None:
    prepare(house)
    given = approve(house)
    accept(house)
    asks = instruction.instructed_files(house.teller)
    for file, path in zip(given.files, paths(given), strict=True):
        awaited = asks(file.digest)
        assert awaited is not None
        assert numbers(path) == list(awaited)


def test_a_bank_that_takes_fewer_payments_than_a_file_has_takes_none_of_it(house: House) -> None:
    prepare(house, 5)
    approve(house)
    accept(house)
    (problem,) = close_day(house, 2).problems
    assert "more than 2 CdtTrfTxInf" in str(problem)


def test_a_shard_that_fits_into_no_file_and_too_many_files_are_one_line(house: House) -> None:
    with pytest.raises(InputFault, match="payments, and the bank takes 1 in one file"):
        prepare(house, 1)
    with pytest.raises(InputFault, match="1001 files of 1 payments at most"):
        stated_files.grouped(NUMBER, range(1001), [order(shard) for shard in range(1001)], 1)


def test_a_rejection_counts_by_the_file_that_has_its_order(house: House, tmp_path: Path) -> None:
    prepare(house)
    given = approve(house)
    accept(house)
    (first, *_), path = given.files, tmp_path / "rejected.json"
    (number, *_) = numbers(paths(given)[1])
    line = '[{"message_id": "%s", "end_to_end_id": "%s", "reason": "AC01", "date": "2026-09-15"}]'
    path.write_text(line % (first.message_id, number))
    assert 0 == reject(house.teller, CUSTODY, path)
    path.write_text(line % (given.files[1].message_id, number))
    assert 1 == reject(house.teller, CUSTODY, path)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payments_max=st.integers(2, 6))
def test_a_draft_of_any_size_is_the_same_bytes_twice(house: House, payments_max: int) -> None:
    assert drafted(house, payments_max) == drafted(house, payments_max)


def drafted(house: House, payments_max: int) -> list[tuple[str, str]]:
    treasurer = house.treasurer.on(DryRun(house.ledger))
    said = instruction.instruct(treasurer, house.people, NUMBER, UNION, noon(PAYDAY), PAYDAY, payments_max=payments_max)
    return [(file.message_id, file.digest) for file in said.files]


def test_orders_of_one_file_may_be_rejected_while_others_are_paid(house: House) -> None:
    prepare(house)
    given = approve(house)
    accept(house)
    some = numbers(paths(given)[0])
    rejections = tuple((number, "AC01") for number in some)
    house.teller.submit(
        RejectPaymentOrders(request_id="reject:one-file", custody=CUSTODY, cashout=NUMBER, rejections=rejections)
    )
    states = {order.order: order.state for order in cashout.orders_of(house.treasurer, NUMBER)}
    assert set(some) == {number for number, state in states.items() if state is PaymentOrderState.REJECTED}
