"""Nobody stops the months by making many things that a close must name."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from consortium import House, rehearsal
from lxr.chaincode import carried
from lxr.chaincode.carried import Item, rest_of, singly
from lxr.chaincode.custody_records import IN_TRANSIT_MAX, custodies
from lxr.chaincode.employers import EMPLOYERS_MAX
from lxr.chaincode.period import ClosePeriod, months
from lxr.node.audit import audit
from lxr.node.seen import Memory
from lxr.settlement.errors import InputFault
from lxr.settlement.ledger import close
from lxr.settlement.ledger.open_items import open_items
from lxr.settlement.pay import payday
from lxr.settlement.work import disputes
from parties import CUSTODY
from treasury import bring, entry, in_transit, instructed, payouts, statement, worked

AUGUST, PERIOD, LAST_DAY, NEXT_DAY = "2026-08", "2026-09", date(2026, 9, 30), date(2026, 10, 8)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A month carries at most 9 items, of which 2 are payments, 2 are workers whose wages came back and 2 are rows."""
    monkeypatch.setattr(close, "ITEMS_MAX", 9)
    monkeypatch.setattr(carried, "SINGLY_MAX", 2)
    with rehearsal(tmp_path) as made:
        yield made


def contested(house: House, directory: Path) -> None:
    """Three workers have 12 rows in September, all contested; August is closed and signed."""
    house.govern("contest.decide_days", 120, date(2026, 1, 1))
    team = house.employ(3)
    worked(house, team)
    bring(house, statement(directory, [], day=date(2026, 8, 31)))
    close.close_period(house.treasurer, AUGUST, CUSTODY)
    house.countersign(AUGUST, "bank")
    for day in (date(2026, 9, n) for n in range(16, 20)):
        house.clock.go(day)
        house.work(day, team.rows(orders=20, minutes=480))
        for worker in team.workers.values():
            disputes.contest(house.signer(), worker, day, {}, "not worked")
    bring(house, statement(directory, [], sequence=2, day=LAST_DAY, earlier=in_transit(house)))
    house.clock.go(NEXT_DAY)


def paid(house: House, directory: Path, back: int) -> None:
    """Five wages are paid out; so many of them have come back, and the others are on their way."""
    worked(house, house.employ(5))
    house.deposit(10_000_000)
    payday.payday(house.treasurer, house.operator, "E001", date(2026, 9, 15))
    orders = instructed(house, "CE001-20260915")
    returned = [entry(f"R{n}", each.amount_fen, True, each.order, "AC04") for n, each in enumerate(orders[:back])]
    lines = [*payouts(orders[:back]), *returned]
    earlier = in_transit(house)
    bring(house, statement(directory, lines, day=LAST_DAY, earlier=earlier))
    house.clock.go(NEXT_DAY)


def close_and_sign(house: House, period: str, items: tuple[Item, ...] | None = None) -> tuple[str, ...]:
    if items is None:
        close.close_period(house.treasurer, period, CUSTODY, carry=True)
    else:
        command = ClosePeriod(request_id=f"close:{period}", period=period, custody=CUSTODY, carried=items)
        house.treasurer.submit(command)
    auditor, memory = house.client("bank", "auditor"), Memory("bank", house.consortium.org_dir("bank"))
    return close.countersign(auditor, memory, audit(house.ledger), period).signed


def test_no_employer_stops_the_months_by_contesting_many_rows(house: House, tmp_path: Path) -> None:
    contested(house, tmp_path)
    assert ("union", "bank") == close_and_sign(house, PERIOD)
    kinds = [item.kind for item in house.treasurer.need(months, PERIOD).carried]
    assert ["row", "row", "rows"] == kinds


@pytest.mark.parametrize(("back", "kinds"), [(0, ["order", "order", "orders"]), (5, ["returned"] * 2 + ["returns"])])
def test_no_employer_stops_the_months_by_many_wages_that_are_paid_or_come_back(
    house: House, tmp_path: Path, back: int, kinds: list[str]
) -> None:
    paid(house, tmp_path, back)
    period = f"{house.treasurer.need(custodies, CUSTODY).since:%Y-%m}"
    assert ("union", "bank") == close_and_sign(house, period)
    found = [item.kind for item in house.treasurer.need(months, period).carried]
    assert kinds == [kind for kind in found if kind != "run"]


def test_a_close_that_sums_up_other_rows_than_are_open_is_not_countersigned(house: House, tmp_path: Path) -> None:
    contested(house, tmp_path)
    items = open_items(house.treasurer, CUSTODY, PERIOD)
    wrong = (*items[:-1], rest_of([Item("row", "E001/2026-09-16/W0", 0)]))
    with pytest.raises(InputFault, match=r"rows \S+ was open, and the close does not name it"):
        close_and_sign(house, PERIOD, wrong)


def test_no_employers_rows_are_hidden_behind_the_many_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carried, "SINGLY_MAX", 4)
    many = [Item("row", f"E001/2026-09-16/W{n}", 0) for n in range(9)]
    others = [Item("row", "E002/2026-09-16/W1", 0), Item("row", "E002/2026-09-16/W2", 0)]
    named = singly([*many, *others])
    assert (*many[:2], *others, rest_of(many[2:])) == named


def test_of_each_employers_open_rows_some_are_named_however_many_employers_have_some() -> None:
    rows = [Item("row", f"E{number:03}/2026-08-03/W{number:012}", 0) for number in range(carried.SINGLY_MAX + 1)]
    assert rows == [item for item in singly(rows) if item.kind == "row"]


def test_a_month_has_room_for_the_most_of_all_that_others_than_the_union_make() -> None:
    """Credits, payments, wages that came back, a row of every employer, each with its rest; and deposits in transit."""
    most = (carried.LINES_MAX, carried.SINGLY_MAX, carried.SINGLY_MAX, EMPLOYERS_MAX)
    assert sum(most) + len(most) + IN_TRANSIT_MAX <= carried.ITEMS_MAX
