import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select

from consortium import House, rehearsal
from lxr.chaincode.cashout import OpenCashOut
from lxr.chaincode.cashout_holds import HoldShards
from lxr.chaincode.run_funding import FundRun
from lxr.chaincode.run_opening import OpenRun
from lxr.chaincode.run_payment import PayShards
from lxr.chaincode.run_pricing import PriceShards
from lxr.node.embedded import EmbeddedLedger
from lxr.settlement.errors import ProjectionFault
from lxr.settlement.lookups import account_fen
from lxr.settlement.reports import projection_rows
from lxr.settlement.reports.projection import Projection
from lxr.settlement.reports.projection_tables import TABLES
from parties import CUSTODY
from team import Team

RUN = "E001-20260915"
MADE = "the projection was made from a ledger with"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


@pytest.fixture
def projection(tmp_path: Path) -> Iterator[Projection]:
    with Projection.open(f"sqlite:///{tmp_path / 'projection.db'}") as made:
        yield made


@pytest.fixture
def team(house: House) -> Team:
    """Three workers with one day of work each; 1,000 yuan in the employer's account."""
    team = house.employ(3)
    day = house.clock.go(date(2026, 8, 3))
    house.work(day, team.rows(orders=20, minutes=300))
    house.confirm(team.all, day)
    house.certify(team.all, day)
    house.deposit(100_000)
    return team


def payday(house: House) -> None:
    """Opened, priced, funded, paid, and held for the bank."""
    house.clock.go(date(2026, 9, 15))
    submit, request = house.treasurer.submit, house.request
    submit(OpenRun(request_id=request(), employer="E001", run=RUN, payday=date(2026, 9, 15)))
    for shard in range(2):
        submit(PriceShards(request_id=request(), run=RUN, shards=(shard,)))
    submit(FundRun(request_id=request(), run=RUN))
    for shard in range(2):
        submit(PayShards(request_id=request(), run=RUN, shards=(shard,)))
    submit(OpenCashOut(request_id=request(), cashout="C1", custody=CUSTODY, scope="run", run=RUN))
    submit(HoldShards(request_id=request(), cashout="C1", shards=(0,)))


def rows(path: Path) -> dict[str, list[Any]]:
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        found = {
            name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for name, table in TABLES.tables.items()
        }
    engine.dispose()
    return found


@pytest.mark.usefixtures("team")
def test_a_rebuilt_projection_is_equal_to_the_one_that_grew_row_by_row(
    house: House, projection: Projection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lxr.settlement.reports.projection.BATCH_BLOCKS", 3)
    before = house.ledger.height()
    assert before == projection.follow(house.ledger)
    payday(house)
    seen: list[tuple[int, int]] = []
    assert house.ledger.height() - before == projection.follow(house.ledger, lambda *done: seen.append(done))
    assert (house.ledger.height(), house.ledger.height()) == seen[-1]
    grown = rows(tmp_path / "projection.db")
    assert [] == [name for name, found in grown.items() if not found]

    assert house.ledger.height() == projection.rebuild(house.ledger)
    assert grown == rows(tmp_path / "projection.db")


@pytest.mark.usefixtures("team")
def test_following_twice_takes_nothing_twice(house: House, projection: Projection, tmp_path: Path) -> None:
    projection.follow(house.ledger)
    once = rows(tmp_path / "projection.db")
    assert 0 == projection.follow(house.ledger)
    assert once == rows(tmp_path / "projection.db")


@pytest.mark.usefixtures("team")
def test_two_who_follow_into_one_file_take_each_block_once(
    house: House, projection: Projection, tmp_path: Path
) -> None:
    with Projection.open(f"sqlite:///{tmp_path / 'projection.db'}") as other:
        assert house.ledger.height() == projection.follow(house.ledger)
        assert 0 == other.follow(house.ledger)
        payday(house)
        assert 0 < other.follow(house.ledger)
        assert 0 == projection.follow(house.ledger)
        assert house.ledger.height() == projection.height == other.height


@pytest.mark.usefixtures("team")
def test_a_stop_in_the_middle_leaves_whole_batches_and_is_taken_up_again(
    house: House, projection: Projection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lxr.settlement.reports.projection.BATCH_BLOCKS", 2)
    take = "lxr.settlement.reports.projection.take"

    def stop_at_block_3(session: Any, blocks: Any) -> None:
        projection_rows.take(session, blocks)
        if blocks[-1].header.number >= 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(take, stop_at_block_3)
    with pytest.raises(KeyboardInterrupt):
        projection.follow(house.ledger)
    assert 2 == projection.height
    monkeypatch.setattr(take, projection_rows.take)
    projection.follow(house.ledger)
    stopped = rows(tmp_path / "projection.db")
    projection.rebuild(house.ledger)
    assert rows(tmp_path / "projection.db") == stopped


def test_postings_sum_to_the_balances_of_the_ledger(house: House, team: Team, projection: Projection) -> None:
    payday(house)
    projection.follow(house.ledger)
    accounts = ["employer:E001", *(f"worker:{number}" for number in team.workers.values())]
    for name in accounts:
        held_fen = account_fen(house.operator, name)
        assert held_fen == projection.balance_of(name)
        assert held_fen == sum(row.amount_fen for row in projection.postings_of(name))
    deposit, *funds = projection.postings_of("employer:E001")
    assert ("out:" + CUSTODY, "deposit", 100_000) == (deposit.counterpart, deposit.reason, deposit.amount_fen)
    assert [(f"run:{RUN}.0", "fund"), (f"run:{RUN}.1", "fund")] == [(row.counterpart, row.reason) for row in funds[:2]]
    assert [deposit] == projection.postings_of("employer:E001", date(2026, 8, 3), date(2026, 8, 3))
    assert funds == projection.postings_of("employer:E001", start=date(2026, 8, 4))
    assert 100_000 == projection.balance_of("employer:E001", before=date(2026, 9, 15))


def test_transactions_are_found_by_employer_command_and_day(house: House, team: Team, projection: Projection) -> None:
    house.employ(1, employer="E002", shards=1)
    payday(house)
    projection.follow(house.ledger)
    (funded,) = projection.transactions("E001", "payroll.fund", date(2026, 9, 15))
    assert ("union", "treasurer", None, "E001") == (
        funded.organisation,
        funded.role,
        funded.caller_employer,
        funded.employer,
    )
    located = house.ledger.transaction(funded.tx_id)
    assert located is not None
    assert (funded.block, funded.position) == (located.block, located.position)
    assert [] == projection.transactions("E002", "payroll.fund")
    shards = {team.shard(number) for number in team.workers.values()}
    submitted = projection.transactions(command="workday.submit")
    assert [("signer", "E001")] * len(shards) == [(row.role, row.caller_employer) for row in submitted]
    everything = sum(len(block.transactions) for block in house.ledger.blocks())
    assert everything == len(projection.transactions())


def test_pay_lines_and_orders_are_found_by_worker(house: House, team: Team, projection: Projection) -> None:
    payday(house)
    projection.follow(house.ledger)
    worker = next(number for number in team.workers.values() if team.shard(number) == 0)
    (line,) = projection.runs_of_worker(worker)
    assert (RUN, 0, 13_000, 0, 0, 13_000, 260 * 10_000, 300) == (
        line.run,
        line.shard,
        line.gross_fen,
        line.tax_fen,
        line.insurance_fen,
        line.net_fen,
        line.fee,
        line.minutes,
    )
    (order,) = projection.orders_of_worker(worker)
    assert ("C1", 13_000, "held", None) == (order.cashout, order.amount_fen, order.state, order.booking)
    assert ["cashout.hold"] == [
        row.command
        for write in projection.writes_of(f"payment_order/{order.number}")
        for row in projection.transactions()
        if row.tx_id == write.tx_id
    ]


def test_a_projection_of_another_ledger_says_so_and_asks_for_a_rebuild(tmp_path: Path, projection: Projection) -> None:
    with rehearsal(tmp_path / "one") as one, closing(House(tmp_path / "other")) as other:
        projection.follow(one.ledger)
        with pytest.raises(ProjectionFault, match=f"^{MADE} another block [0-9]+; rebuild it$"):
            projection.follow(other.ledger)
        other.employ(1)
        one.employ(1)
        projection.follow(one.ledger)
        projection.rebuild(other.ledger)
        assert 0 == projection.follow(other.ledger)


def test_a_ledger_restored_to_an_earlier_state_is_found(house: House, projection: Projection, tmp_path: Path) -> None:
    with sqlite3.connect(house.consortium.ledger_path) as ledger, sqlite3.connect(tmp_path / "copy.db") as copy:
        ledger.backup(copy)
    ledger.close()
    copy.close()
    house.employ(1)
    projection.follow(house.ledger)
    restored = EmbeddedLedger.open(tmp_path / "copy.db")
    with pytest.raises(ProjectionFault, match=f"^{MADE} block [0-9]+; rebuild it$"):
        projection.follow(restored)
    assert restored.height() == projection.rebuild(restored)
    restored.close()


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////no/such/place/p.db"])
def test_a_place_that_is_no_database_is_one_line(url: str) -> None:
    with pytest.raises(ProjectionFault) as fault:
        Projection.open(url)
    assert "\n" not in str(fault.value)


def test_a_file_that_is_no_database_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("not a database, but long enough to be looked at " * 100)
    with pytest.raises(ProjectionFault, match="file is not a database"):
        Projection.open(f"sqlite:///{tmp_path / 'notes.db'}")
