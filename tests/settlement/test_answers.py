"""Answers: checked before they are sent, each sent once; disputes and the union's word."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from breaksoff import Meanwhile
from consortium import House, rehearsal
from lxr.chaincode.payees import SetPayee
from lxr.chaincode.refusals import (
    HashDiffers,
    RowChanged,
    SameIdOtherBody,
    SignatureWrong,
    Unknown,
)
from lxr.chaincode.rows import RowState
from lxr.chaincode.sheet import sheets
from lxr.chaincode.types import canonical
from lxr.chaincode.workday_answers import Answer, SignedRow
from lxr.chaincode.workers import workers
from lxr.node.client import Client
from lxr.settlement.lookups import paid_to
from lxr.settlement.work import answers
from lxr.settlement.work.corrections import correct
from lxr.settlement.work.signing import sign_payee
from lxr.token.refusal import Refusal
from team import Team

FIRST = date(2026, 8, 3)
DAYS = tuple(FIRST + timedelta(days=number) for number in range(3))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


@pytest.fixture
def team(house: House) -> Team:
    """Four workers, three days of work each."""
    team = house.employ(workers=4)
    for day in DAYS:
        house.work(house.clock.go(day, 20), team.rows(orders=20, minutes=480))
    return team


def answer_of(house: House, team: Team, ref: str, days: tuple[date, ...] | None = None) -> tuple[str, Answer]:
    worker = team.workers[ref]
    rows = answers.open_rows(house.operator, worker, days)
    return worker, answers.sign(team.keys[worker], house.operator, worker, rows)


def state(house: House, team: Team, ref: str, day: date = FIRST) -> RowState:
    worker = team.workers[ref]
    row = house.operator.need(sheets, team.employer, day, team.shard(worker)).row(worker)
    assert row is not None
    return row.state


def test_a_worker_sees_the_rows_that_wait_for_an_answer(house: House, team: Team) -> None:
    worker = team.workers["R0001"]
    rows = answers.open_rows(house.operator, worker, None)
    assert list(DAYS) == [row.day for row in rows]
    assert {"orders": 20, "minutes": 480} == rows[0].measures
    assert list(DAYS[:1]) == [row.day for row in answers.open_rows(house.operator, worker, [FIRST, date(2026, 8, 20)])]
    house.confirm(team.all, *DAYS[:2])
    assert [DAYS[2]] == [row.day for row in answers.open_rows(house.operator, worker, None)]


def test_all_answers_are_sent_once_and_again_changes_nothing(house: House, team: Team) -> None:
    given = [answer_of(house, team, ref) for ref in team.workers]
    assert 12 == answers.confirm(house.operator, given)
    assert {RowState.CONFIRMED} == {state(house, team, ref, day) for ref in team.workers for day in DAYS}
    height = house.ledger.height()
    assert 0 == answers.confirm(house.operator, given)
    assert height == house.ledger.height()


def test_answers_that_came_half_through_are_finished_by_the_same_call(house: House, team: Team) -> None:
    given = [answer_of(house, team, ref) for ref in team.workers]
    assert 3 == answers.confirm(house.operator, given[:1])
    assert 9 == answers.confirm(house.operator, given)


def test_answers_are_cut_to_what_one_transaction_carries(
    house: House, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [answer_of(house, team, ref) for ref in team.workers]
    monkeypatch.setattr(answers, "BYTES_AT_ONCE", 1)
    height = house.ledger.height()
    assert 12 == answers.confirm(house.operator, given)
    assert height + 4 == house.ledger.height()


def forged(house: House, team: Team) -> tuple[str, Answer]:
    worker, answer = answer_of(house, team, "R0002")
    return worker, replace(answer, signature=answer_of(house, team, "R0003")[1].signature)


def changed(house: House, team: Team) -> tuple[str, Answer]:
    given = answer_of(house, team, "R0002")
    correct(house.signer(), "E001", DAYS[1], {team.workers["R0002"]: {"orders": 9}}, "recount")
    return given


def disputed(house: House, team: Team) -> tuple[str, Answer]:
    given = answer_of(house, team, "R0002")
    answers.dispute(house.operator, given[0], DAYS[1], {"orders": 30}, "more", team.keys[given[0]])
    return given


def unknown(house: House, team: Team) -> tuple[str, Answer]:
    worker, answer = answer_of(house, team, "R0002")
    return worker, replace(answer, rows=(*answer.rows, SignedRow(date(2026, 8, 9), "0" * 64)))


def anothers(house: House, team: Team) -> tuple[str, Answer]:
    return team.workers["R0002"], answer_of(house, team, "R0003")[1]


@pytest.mark.parametrize(
    ("bad", "refusal", "naming"),
    [
        (forged, SignatureWrong, "days=2026-08-03|2026-08-04|2026-08-05"),
        (changed, RowChanged, "2026-08-04"),
        (disputed, RowChanged, "2026-08-04"),
        (unknown, Unknown, "2026-08-09"),
        (anothers, SignatureWrong, "case=confirmation"),
    ],
)
def test_one_bad_answer_is_named_by_worker_and_day_and_nothing_is_sent(
    house: House, team: Team, bad: object, refusal: type[Refusal], naming: str
) -> None:
    assert callable(bad)
    given = [answer_of(house, team, "R0001"), bad(house, team), answer_of(house, team, "R0004")]
    height = house.ledger.height()
    with pytest.raises(refusal) as refused:
        answers.confirm(house.operator, given)
    assert team.workers["R0002"] in str(refused.value)
    assert naming in str(refused.value)
    assert height == house.ledger.height()


def test_certifying_takes_the_rows_of_all_shards_once(house: House, team: Team) -> None:
    house.confirm(team.numbers(["R0001", "R0002", "R0003"]), *DAYS)
    done = answers.certify(house.operator, "E001", DAYS)
    assert (9, 3, ()) == (done.answered, done.unanswered, done.idle)
    height = house.ledger.height()
    again = answers.certify(house.operator, "E001", DAYS)
    assert (0, 0, tuple(DAYS)) == (again.answered, again.unanswered, again.idle)
    assert height == house.ledger.height()


def test_rows_that_were_certified_unanswered_can_still_be_confirmed(house: House, team: Team) -> None:
    house.confirm(team.numbers(["R0001"]), *DAYS[:1])
    done = answers.certify(house.operator, "E001", DAYS)
    assert (1, 11) == (done.answered, done.unanswered)
    assert 2 == answers.confirm(house.operator, [answer_of(house, team, "R0001", DAYS)])
    assert RowState.CERTIFIED is state(house, team, "R0001", DAYS[1])


def test_sheets_are_cut_to_what_one_transaction_attests(
    house: House, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.confirm(team.all, *DAYS)
    monkeypatch.setattr(answers, "BYTES_AT_ONCE", 1)
    assert 12 == answers.certify(house.operator, "E001", DAYS).answered


def corrected_before(house: House, team: Team, times: int) -> Client:
    """The operator's client; a row of the first day is corrected just before what it sends arrives, so many times."""
    left = iter(range(times))

    def something() -> None:
        for turn in left:
            correct(house.signer(), "E001", FIRST, {team.workers["R0001"]: {"orders": 21 + turn}}, "recount")
            break

    return house.operator.on(Meanwhile(house.ledger, something))


@pytest.mark.parametrize("times", [1, 2])
def test_a_correction_that_comes_in_between_is_certified_with_all_the_rest(
    house: House, team: Team, times: int
) -> None:
    done = answers.certify(corrected_before(house, team, times), "E001", [FIRST])
    assert (4, ()) == (done.unanswered, done.idle)
    assert {RowState.UNANSWERED} == {state(house, team, ref) for ref in team.workers}


def test_corrections_without_end_keep_the_unions_word_from_their_shard_alone(house: House, team: Team) -> None:
    with pytest.raises(HashDiffers):
        answers.certify(corrected_before(house, team, 100), "E001", [FIRST])
    shard = team.shard(team.workers["R0001"])
    for ref, worker in team.workers.items():
        assert (state(house, team, ref) is RowState.UNANSWERED) is (team.shard(worker) != shard)


def test_a_dispute_is_withdrawn_and_each_step_again_changes_nothing(house: House, team: Team) -> None:
    worker = team.workers["R0001"]
    key = team.keys[worker]
    for _ in range(2):
        opened = answers.dispute(house.operator, worker, FIRST, {"orders": 30}, "ten are missing", key)
    assert ("disputed", date(2026, 8, 12)) == (opened.state, opened.decide_by)
    with pytest.raises(SameIdOtherBody):
        answers.dispute(house.operator, worker, FIRST, {"orders": 31}, "ten are missing", key)
    for _ in range(2):
        assert "confirmed" == answers.withdraw(house.operator, worker, FIRST, key).state
    assert RowState.CONFIRMED is state(house, team, "R0001")


def test_what_has_no_row_is_unknown_by_worker_and_day(house: House, team: Team) -> None:
    worker, day = team.workers["R0001"], date(2026, 8, 20)
    naming = f"number={worker}/2026-08-20, what=row"
    with pytest.raises(Unknown, match=naming):
        answers.dispute(house.operator, worker, day, {}, "why", team.keys[worker])
    with pytest.raises(Unknown, match=naming):
        answers.withdraw(house.operator, worker, day, team.keys[worker])


def test_only_the_workers_key_redirects_the_wage_and_the_same_signature_comes_twice(house: House, team: Team) -> None:
    worker, other = team.workers["R0001"], team.workers["R0002"]
    signed = sign_payee(team.keys[worker], house.ledger_id, worker, "ab" * 32, 1)
    assert isinstance(signed, SetPayee)
    assert canonical(signed) == canonical(sign_payee(team.keys[worker], house.ledger_id, worker, "ab" * 32, 1))
    with pytest.raises(SignatureWrong):
        house.operator.submit(sign_payee(team.keys[other], house.ledger_id, worker, "ab" * 32, 1))
    house.operator.submit(signed)
    assert ("ab" * 32, 1) == (
        paid_to(house.operator, worker),
        house.operator.need(workers, worker).payee_changes,
    )
