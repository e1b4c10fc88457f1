"""What is under way is open until its day, and a break from the next day on, whoever looks and whatever files say."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from consortium import House, rehearsal, rest_days
from lxr.chaincode.cashout_records import CashOutState, cash_outs, payment_orders
from lxr.chaincode.clock import MoveClock
from lxr.chaincode.custody_records import Attestation, custodies
from lxr.chaincode.days import moment
from lxr.node.client import Client
from lxr.settlement.bank.line_breaks import Books
from lxr.settlement.bank.reconcile import Reconciliation, reconcile
from lxr.settlement.bank.under_way import OUTSTANDING_DAYS, OpenItem, under_way
from lxr.settlement.ledger.open_items import open_items
from parties import CUSTODY
from quick import examples
from treasury import PAYDAY, bring, entry, in_transit, instructed, paid, statement

MONTH_DAYS = 40
KINDS = ("in_transit", "outstanding", "held")


@dataclass
class Story:
    """An order that the bank has since a Tuesday, and a deposit of the Friday after it."""

    house: House
    files: list[Path]
    order: str
    friday: str

    def reconcile(self, today: date, files: list[Path] | None = None) -> Reconciliation:
        """As whoever reads the ledger, by a clock that says that it is so late."""
        reader = Client.reading(self.house.ledger, lambda: moment(today, 720))
        return reconcile(reader, CUSTODY, self.files if files is None else files)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    directory = tmp_path_factory.mktemp("story")
    with rehearsal(directory) as house:
        paid(house, house.employ(1))
        (order,) = instructed(house, "CE001-20260915")
        path = statement(directory, [entry("F1", 100, True)], earlier=in_transit(house))
        bring(house, path)
        house.clock.go(PAYDAY + timedelta(days=3))
        day, reference = house.deposit(900)
        house.do(MoveClock, "union/witness")
        yield Story(house, [path], order.order, f"{day}/{reference}")


FRIDAY = PAYDAY + timedelta(days=3)


def day(number: int) -> date:
    return date(2026, 9, number)


def late(found: Reconciliation) -> set[tuple[str, str]]:
    return {(each.kind, each.reference) for each in found.breaks if each.kind in KINDS}


def still(found: Reconciliation) -> set[tuple[str, str]]:
    return {(each.kind, each.reference) for each in found.open}


def test_an_item_is_listed_with_its_sum_its_first_day_and_its_last(story: Story) -> None:
    found = story.reconcile(FRIDAY)
    (order,) = (each for each in open_items(story.house.treasurer, CUSTODY, "2026-09") if each.kind == "order")
    assert {
        OpenItem("outstanding", story.order, order.amount_fen, "CE001-20260915", PAYDAY, FRIDAY),
        OpenItem("in_transit", story.friday, 900, "E001", FRIDAY, day(21)),
    } == set(found.open)


@pytest.mark.parametrize(
    ("today", "open_kinds"),
    [
        (18, {"in_transit", "outstanding"}),
        (19, {"in_transit"}),
        (21, {"in_transit"}),
        (22, set()),
    ],
)
def test_an_item_is_open_up_to_its_day_and_a_break_from_the_next_one_on(
    story: Story, today: int, open_kinds: set[str]
) -> None:
    found = story.reconcile(day(today))
    assert (open_kinds, {"in_transit", "outstanding"} - open_kinds) == (
        {kind for kind, _ in still(found)},
        {kind for kind, _ in late(found)},
    )


@settings(max_examples=examples(60))
@given(days=st.integers(-MONTH_DAYS, MONTH_DAYS), with_files=st.booleans())
def test_nothing_is_hidden_as_not_due(story: Story, days: int, with_files: bool) -> None:
    """Whatever a reader's clock says and whatever files are given: each item is open or a break, by its day alone."""
    today = FRIDAY + timedelta(days=days)
    found = story.reconcile(today, story.files if with_files else [])
    assert set() == still(found) & late(found)
    assert {("outstanding", story.order), ("in_transit", story.friday)} == still(found) | late(found)
    assert all(each.due >= max(today, FRIDAY) for each in found.open)  # a clock that is behind counts for nothing
    account = story.house.treasurer.need(custodies, CUSTODY)
    listed: list[tuple[str, int]] = [(each.kind, each.amount_fen) for each in found.open]
    listed += [(each.kind, each.amount_fen) for each in found.breaks]
    transit_fen, with_bank_fen = (sum(fen for kind, fen in listed if kind == what) for what in KINDS[:2])
    assert (transit_fen, with_bank_fen) == (account.in_transit_fen, account.instructed_fen)


@settings(max_examples=examples(100))
@given(since=st.dates(date(2026, 1, 2), date(2027, 12, 30)), said=st.dates(date(2026, 1, 1), date(2099, 1, 1)))
def test_the_last_day_hangs_on_the_first_one_and_on_the_governed_calendar_alone(
    story: Story, since: date, said: date
) -> None:
    """Neither on the day of execution that the union states, nor on when it made the file, accepted or not."""
    client = story.house.treasurer
    head = client.need(cash_outs, "CE001-20260915")
    order = client.need(payment_orders, story.order)
    stated = {"execution_date": said, "prepared_ms": moment(said, 0), "accepted_ms": None}
    books = Books(
        custody=CUSTODY,
        account=client.need(custodies, CUSTODY),
        statements={},
        booked={},
        attested={f"{since}/D1": Attestation("E001", 500, "teller", cosigned_by="second")},
        orders={"order": replace(order, cashout="instructed")},
        heads={
            "instructed": replace(head, instructed_ms=moment(since, 1439), **stated),
            "CE001-20260915": replace(head, state=CashOutState.PREPARED, opened_ms=moment(since, 0), **stated),
        },
        employers=set(),
        backings={},
        today=since,
        reconciled=0,
    )
    following = since + timedelta(days=1)
    while following in rest_days(following.year):
        following += timedelta(days=1)
    assert {
        "in_transit": following,
        "outstanding": max(following, since + timedelta(days=OUTSTANDING_DAYS)),
        "held": following,
    } == {each.kind: each.due for each in under_way(client, books)}


def test_a_cash_out_that_is_held_is_due_at_the_bank_on_the_next_working_day(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as house:
        paid(house, house.employ(1))
        path = statement(tmp_path, [], earlier=in_transit(house))
        bring(house, path)
        number = "CE001-20260915"
        for today, expected in ((PAYDAY, set()), (day(16), set()), (day(17), {("held", number)})):
            house.clock.go(today)
            found = reconcile(house.treasurer, CUSTODY, [path])
            assert expected == late(found)
            assert {("held", number)} == still(found) | late(found)
        (held,) = found.breaks
        assert "held since 2026-09-15, was due at the bank on 2026-09-16, and the bank does not have it" == held.detail
        instructed(house, number, day(17))
        found = reconcile(house.treasurer, CUSTODY, [path])
        assert ((), {"outstanding"}) == (found.breaks, {each.kind for each in found.open})
