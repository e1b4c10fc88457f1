"""A debit that pays a whole bank file in one sum is proposed to be the file's orders; bank and union say so."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from consortium import House, rehearsal
from lxr.chaincode.cashout_records import PaymentOrderState, cash_outs
from lxr.chaincode.lines import PARTS_MAX, Target
from lxr.node.invariants import check
from lxr.settlement.bank import cashout, proposals, waiting_lines
from lxr.settlement.bank.matching import batches
from lxr.settlement.bank.model import Entry, Statement
from lxr.settlement.bank.proposals import LineProposal, propose
from lxr.settlement.bank.reconcile import reconcile
from lxr.settlement.bank.statement_files import read_one
from lxr.settlement.keys import BookingKey
from parties import CUSTODY
from treasury import PAYDAY, bring, entry, in_transit, instructed, paid, statement

NUMBER = "CE001-20260915"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


class Batch:
    """A payday of three workers whose file the bank has accepted, and books as one debit."""

    def __init__(self, house: House, folder: Path) -> None:
        paid(house, house.employ(3))
        (self.deposit,) = in_transit(house)
        self.orders = instructed(house, NUMBER)
        self.total_fen = sum(order.amount_fen for order in self.orders)
        (file,) = house.treasurer.need(cash_outs, NUMBER).files
        self.message = file.message_id
        self.house, self.folder = house, folder

    def booked(self, *lines: Entry) -> Statement:
        self.path = statement(self.folder, [self.deposit, *lines])
        bring(self.house, self.path)
        return read_one(self.path, CUSTODY).statement

    def agreed(self, found: tuple[LineProposal, ...]) -> None:
        assert len(found) == proposals.accept(self.house.teller, CUSTODY, found)
        for each in found:
            place = BookingKey.read(each.line)
            waiting_lines.agree(self.house.treasurer, CUSTODY, place.day, place.booking)


@pytest.fixture
def batch(house: House, tmp_path: Path) -> Batch:
    return Batch(house, tmp_path)


@pytest.mark.parametrize("bearing", ["message_id", "payment_id", "instruction_id", None])
def test_a_debit_of_one_sum_is_split_into_the_files_orders_which_are_then_paid(
    batch: Batch, bearing: str | None
) -> None:
    line = entry("P1", batch.total_fen, False)
    said = batch.booked(replace(line, **{bearing: batch.message}) if bearing else line)
    client = batch.house.treasurer
    (whole,) = propose(client, CUSTODY, [said])
    assert (f"{PAYDAY}/P1", batch.total_fen, None) == (whole.line, whole.amount_fen, whole.stands)
    (candidate,) = whole.candidates
    assert f"the bank names file {batch.message}" in str(candidate.why) or not bearing
    assert [order.order for order in batch.orders] == list(candidate.takes)
    assert Target("parts", "", tuple(order.amount_fen for order in batch.orders)) == whole.target
    batch.agreed((whole,))
    parts = propose(client, CUSTODY)
    assert [Target("order", order.order) for order in batch.orders] == [each.target for each in parts]
    batch.agreed(parts[1:])
    assert parts[:1] == propose(client, CUSTODY)
    batch.agreed(parts[:1])
    assert () == propose(client, CUSTODY)
    assert {PaymentOrderState.SETTLED} == {order.state for order in cashout.orders_of(client, NUMBER)}
    assert () == reconcile(client, CUSTODY, [batch.path]).breaks
    assert [] == check(batch.house.ledger.scan)


def test_what_the_bank_has_said_already_is_said_once(batch: Batch) -> None:
    batch.booked(entry("P1", batch.total_fen, False))
    (whole,) = propose(batch.house.treasurer, CUSTODY)
    assert 1 == proposals.accept(batch.house.teller, CUSTODY, [whole])
    again = propose(batch.house.treasurer, CUSTODY)
    assert (replace(whole, stands=whole.target),) == again
    assert 0 == proposals.accept(batch.house.teller, CUSTODY, again)


@pytest.mark.parametrize("more_fen", [-1, 1])
@pytest.mark.parametrize("named", [False, True])
def test_nothing_is_proposed_of_another_sum(batch: Batch, more_fen: int, *, named: bool) -> None:
    line = entry("P1", batch.total_fen + more_fen, False)
    said = batch.booked(replace(line, payment_id=batch.message) if named else line)
    assert () == propose(batch.house.treasurer, CUSTODY, [said])


def test_of_two_debits_that_one_file_fits_none_is_proposed_unless_one_of_them_names_it(batch: Batch) -> None:
    lines = [entry(ref, batch.total_fen, False) for ref in ("P1", "P2")]
    said = batch.booked(*lines)
    assert [None, None] == [each.target for each in propose(batch.house.treasurer, CUSTODY)]
    named = replace(said, entries=(replace(lines[1], payment_id=batch.message), lines[0]))
    assert [f"{PAYDAY}/P2"] == [each.line for each in propose(batch.house.treasurer, CUSTODY, [named])]


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=3 * PARTS_MAX))
@settings(max_examples=40, deadline=None)
def test_however_many_orders_each_is_reached_by_splits_of_few_enough_parts(amounts: list[int]) -> None:
    held = PaymentOrderState.HELD
    orders = [
        cashout.OrderView(f"LX{i}", "a", "W", 0, fen, "ab" * 32, held, None, None) for i, fen in enumerate(amounts)
    ]
    reached: list[cashout.OrderView] = []
    ways: list[list[int]] = [[]]
    while ways:
        way = ways.pop(0)
        part = batches.part_of(orders, way)
        groups = batches.split(part)
        assert 1 <= len(groups) <= PARTS_MAX
        assert batches._sum(part) == sum(map(batches._sum, groups))
        if len(part) == 1:
            reached += part
        else:
            assert len(way) < 4
            ways += [[*way, number] for number in range(1, len(groups) + 1)]
    assert sorted(order.order for order in orders) == sorted(order.order for order in reached)
