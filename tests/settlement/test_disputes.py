"""Disputed and contested rows from the offices' side: each call again does nothing twice."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from consortium import House, rehearsal
from lxr.chaincode.refusals import HashDiffers, RowChanged, RowNotAnswerable, SameIdOtherBody, Unknown
from lxr.chaincode.rows import Row, RowState
from lxr.chaincode.sheet import sheets
from lxr.node.audit import audit
from lxr.settlement.pay import payday
from lxr.settlement.work import answers, corrections, disputes
from team import Team

FIRST = date(2026, 8, 3)
DOCUMENT = "cd" * 32
MUCH = {"orders": 800}
"""Of 6.50 yuan an order: beyond what the union decides alone."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made
        assert audit(made.ledger).ok


@pytest.fixture
def team(house: House) -> Team:
    """Two workers, a day of work each."""
    team = house.employ(workers=2)
    house.work(house.clock.go(FIRST, 20), team.rows(orders=20, minutes=480))
    return team


@pytest.fixture
def worker(team: Team) -> str:
    return team.workers["R0001"]


def row(house: House, team: Team, worker: str, day: date = FIRST) -> Row:
    found = house.operator.need(sheets, "E001", day, team.shard(worker)).row(worker)
    assert found is not None
    return found


def dispute(house: House, team: Team, worker: str, orders: int = 30) -> None:
    answers.dispute(house.operator, worker, FIRST, {"orders": orders}, "some are missing", team.keys[worker])
    for _ in range(2):
        disputes.reply(house.signer(), worker, FIRST, "the log ends there")


def test_a_dispute_is_decided_once(house: House, team: Team, worker: str) -> None:
    dispute(house, team, worker)
    for _ in range(2):
        decided = disputes.decide(house.operator, worker, FIRST, {"orders": 25}, "five are proven")
    assert ("certified", False) == (decided.state, decided.late)
    with pytest.raises(RowNotAnswerable):
        disputes.decide(house.operator, worker, FIRST, {"orders": 26}, "six are proven")


def test_an_employer_replies_once(house: House, team: Team, worker: str) -> None:
    dispute(house, team, worker)
    with pytest.raises(SameIdOtherBody):
        disputes.reply(house.signer(), worker, FIRST, "the log ends elsewhere")


def test_what_a_claim_or_a_decision_does_not_name_stays_as_the_row_says(house: House, team: Team, worker: str) -> None:
    dispute(house, team, worker)
    (open_row,) = disputes.open_rows(house.operator, "E001")
    assert {"orders": 30, "minutes": 480} == open_row.claimed
    disputes.decide(house.operator, worker, FIRST, {"orders": 25}, "five are proven")
    assert {"orders": 25, "minutes": 480} == row(house, team, worker).measures


def test_a_missing_row_is_claimed_and_the_decision_makes_it(house: House, team: Team, worker: str) -> None:
    day, claimed = date(2026, 8, 2), {"orders": 8, "minutes": 200}
    for _ in range(2):
        answers.claim(house.operator, worker, day, claimed, "missing", team.keys[worker])
    assert RowState.DISPUTED is row(house, team, worker, day).state
    disputes.reply(house.signer(), worker, day, "nobody saw it")
    disputes.decide(house.operator, worker, day, claimed, "the platform's log says so")
    assert claimed == row(house, team, worker, day).measures


def test_what_has_no_row_is_unknown_by_worker_and_day(house: House, worker: str) -> None:
    day = date(2026, 8, 20)
    with pytest.raises(Unknown, match=f"number={worker}/2026-08-20, what=row"):
        disputes.decide(house.operator, worker, day, {}, "why")
    with pytest.raises(Unknown, match=f"number={worker}/2026-08-20, what=row"):
        disputes.contest(house.signer(), worker, day, {}, "why")
    with pytest.raises(Unknown, match="what=award"):
        disputes.approve_award(house.client("regulator", "admin"), worker, FIRST, {}, DOCUMENT)
    with pytest.raises(Unknown, match="number=E009, what=employer"):
        list(disputes.open_rows(house.operator, "E009"))


def test_a_decision_that_waits_is_upheld_refused_made_anew_or_stands_in_the_end(
    house: House, team: Team, worker: str
) -> None:
    regulator = house.client("regulator", "admin")
    dispute(house, team, worker, 900)
    with pytest.raises(RowNotAnswerable):
        disputes.review(regulator, worker, FIRST, "nothing to see", upholds=True)
    for _ in range(2):
        waits = disputes.decide(house.operator, worker, FIRST, MUCH, "the log")
        assert ("disputed", date(2026, 8, 7)) == (waits.state, waits.stands_from)
    assert "disputed" == disputes.review(regulator, worker, FIRST, "which log?", upholds=False).state
    assert None is row(house, team, worker).dispute.decision  # type: ignore[union-attr]
    for _ in range(2):
        waits = disputes.decide(house.operator, worker, FIRST, MUCH, "the log")
    (open_row,) = disputes.open_rows(house.operator, "E001")
    assert ({**MUCH, "minutes": 480}, date(2026, 8, 7)) == (open_row.decided, open_row.stands_from)
    house.clock.go(date(2026, 8, 7), 0)
    for _ in range(2):
        assert "certified" == disputes.decide(house.operator, worker, FIRST, MUCH, "the log").state
    assert [] == list(disputes.open_rows(house.operator, "E001"))


def test_the_regulator_upholds_once(house: House, team: Team, worker: str) -> None:
    dispute(house, team, worker, 900)
    disputes.decide(house.operator, worker, FIRST, MUCH, "the log")
    regulator = house.client("regulator", "admin")
    assert "certified" == disputes.review(regulator, worker, FIRST, "we saw it", upholds=True).state
    with pytest.raises(RowNotAnswerable):
        disputes.review(regulator, worker, FIRST, "we saw it", upholds=True)


def test_a_contested_row_is_held_named_by_the_payday_and_ended_by_an_award(
    house: House, team: Team, worker: str
) -> None:
    house.confirm(team.all, FIRST)
    house.certify(team.all, FIRST)
    for _ in range(2):
        contested = disputes.contest(house.signer(), worker, FIRST, {"orders": 12, "minutes": 480}, "sent twice")
    with pytest.raises(SameIdOtherBody):
        disputes.contest(house.signer(), worker, FIRST, {}, "sent twice")
    assert date(2026, 10, 2) == contested.decide_by
    (open_row,) = disputes.open_rows(house.operator, "E001")
    assert ("sent twice", date(2026, 10, 2)) == (open_row.contest, open_row.held_until)
    house.deposit(1_000_000)
    house.clock.go(date(2026, 9, 15))
    for _ in range(2):  # the day comes again with the next payday, not with a second run of this one
        report = payday.payday(house.treasurer, house.operator, "E001", date(2026, 9, 15))
        assert "E001-20260915" == report.run
        assert [(worker, FIRST, date(2026, 10, 2))] == [(r.worker, r.day, r.held_until) for r in report.open_rows]
    said, wrong = {"orders": 14, "minutes": 480}, {"orders": 1, "minutes": 480}
    regulator = house.client("regulator", "admin")
    for each in (said, said, wrong, said):  # what was stated last stands, also where it was stated before
        disputes.state_award(house.signer(), worker, FIRST, each, DOCUMENT, "award 117")
        (stated,) = disputes.stated_awards(house.operator, "E001")
        assert (each, DOCUMENT) == (stated.awarded, stated.document)
    for measures, document in ((wrong, DOCUMENT), (said, "ef" * 32)):
        with pytest.raises(HashDiffers):
            disputes.approve_award(regulator, worker, FIRST, measures, document)
    for _ in range(2):
        disputes.approve_award(regulator, worker, FIRST, said, DOCUMENT)
    disputes.state_award(house.signer(), worker, FIRST, said, DOCUMENT, "award 117")
    assert [] == list(disputes.stated_awards(house.operator, "E001"))
    assert said == row(house, team, worker).measures
    assert [] == list(disputes.open_rows(house.operator, "E001"))


def test_an_award_is_stated_anew_once_the_row_has_changed(house: House, team: Team, worker: str) -> None:
    said = {"orders": 14, "minutes": 480}
    for orders in (21, 22):
        disputes.state_award(house.signer(), worker, FIRST, said, DOCUMENT, "award 117")
        corrections.correct(house.signer(), "E001", FIRST, {worker: {"orders": orders, "minutes": 480}}, "more")
        with pytest.raises(RowChanged):
            disputes.approve_award(house.client("regulator", "admin"), worker, FIRST, said, DOCUMENT)
    disputes.state_award(house.signer(), worker, FIRST, said, DOCUMENT, "award 117")
    disputes.approve_award(house.client("regulator", "admin"), worker, FIRST, said, DOCUMENT)
    assert said == row(house, team, worker).measures
