from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from lxr_chaincode import registry
from lxr_chaincode.refusals import (
    DuplicateRow,
    Exists,
    NotAllowed,
    NotYours,
    NumberForeign,
    SignatureWrong,
    TooFarAhead,
    TooLarge,
    Unknown,
    VersionStale,
    WrongState,
)
from lxr_chaincode.registry import (
    AddEmployer,
    AddWorkers,
    PayoutChange,
    SetEmployer,
    SetPayout,
    SetWorker,
    Standing,
    directories,
    employers,
    shard_heads,
    shard_of,
    standing_on,
    workers,
)
from lxr_token.refusal import Refusal
from town import ANNA, BO, CLEO, NOVA, Town, aug, numbered, payout, signature

ACTIVE, SUSPENDED, ENDED = Standing


def test_every_employer_is_in_the_directory_with_all_its_shards(town: Town) -> None:
    town.do(AddEmployer, employer="E003", shards=3)
    assert ("E001", "E002", "E003") == town.get(directories).employers
    assert [()] * 3 == [town.get(shard_heads, "E003", shard).workers for shard in range(3)]
    town.refused(Exists, AddEmployer, employer="E003", shards=1)


def test_employers_that_have_ended_make_room_for_others_and_a_month_still_waits_for_their_runs(
    bench: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "EMPLOYERS_MAX", 2)
    refusal = bench.refused(TooLarge, AddEmployer, employer="E003", shards=1)
    assert {"what": "employers that have not ended", "limit": 2} == refusal.facts
    bench.attested(aug(3), {ANNA: 10})
    bench.do(SetEmployer, employer="E001", standing=ENDED, from_day=aug(4), reason="no licence")
    bench.refused(TooLarge, AddEmployer, employer="E003", shards=1)  # it has not ended yet
    bench.go(aug(4))
    bench.do(AddEmployer, employer="E003", shards=1)
    assert ("E002", "E003") == bench.get(directories).employers
    bench.opened("E001-20260812")
    assert ("E002", "E003", "E001") == bench.get(directories).employers
    bench.do(SetEmployer, employer="E002", standing=ENDED, from_day=aug(13), reason="no licence")
    bench.go(aug(13))
    bench.refused(TooLarge, AddEmployer, employer="E004", shards=1)  # one of two has ended, and has an open run


@pytest.mark.parametrize(("kind", "who"), [(SetWorker, {"worker": ANNA}), (SetEmployer, {"employer": "E001"})])
def test_a_record_holds_four_statuses_of_a_day_however_often_an_operator_turns_it(
    bench: Town, kind: Any, who: dict[str, str]
) -> None:
    for standing in (SUSPENDED, ACTIVE, SUSPENDED, ACTIVE):
        bench.do(kind, **who, standing=standing, from_day=aug(3), reason="as asked")
    bench.refused(TooLarge, kind, **who, standing=ENDED, from_day=aug(3), reason="as asked")
    bench.do(kind, **who, standing=ENDED, from_day=aug(4), reason="as asked")


def test_a_worker_is_in_the_shard_of_its_number_for_ever(town: Town) -> None:
    assert [(0, {ANNA, BO, NOVA}), (1, {CLEO})] == [
        (shard, set(town.get(shard_heads, "E001", shard).workers)) for shard in (0, 1)
    ]
    town.do(AddWorkers, employer="E001", workers=(town.new_worker(numbered(500)), town.new_worker(numbered(501))))
    for number in (numbered(500), numbered(501)):
        assert number in town.get(shard_heads, "E001", shard_of(number, 2)).workers


@pytest.mark.parametrize(
    ("refusal", "employer", "new"),
    [
        (Exists, "E001", lambda town: (town.new_worker(ANNA),)),
        (Exists, "E002", lambda town: (town.new_worker(ANNA, "E002"),)),
        (DuplicateRow, "E001", lambda town: (town.new_worker(numbered(500)),) * 2),
        (SignatureWrong, "E001", lambda town: (town.new_worker(numbered(500), signed_by=numbered(501)),)),
        (NumberForeign, "E001", lambda town: (town.new_worker(numbered(500, "E002"), "E002"),)),
        (NumberForeign, "E001", lambda town: (town.new_worker("W000000000500"),)),
        (NumberForeign, "E001", lambda town: (replace(town.new_worker(numbered(500)), payout=payout("a thief")),)),
        (SignatureWrong, "E001", lambda town: (replace(town.new_worker(numbered(500)), public_key="02" + "f" * 64),)),
    ],
)
def test_a_registration_that_cannot_be_right_is_refused(
    town: Town, refusal: type[Refusal], employer: str, new: Any
) -> None:
    town.refused(refusal, AddWorkers, employer=employer, workers=new(town))


def test_no_employer_takes_a_number_that_another_has_chosen_for_a_worker(town: Town) -> None:
    number = numbered(500)
    town.refused(NumberForeign, AddWorkers, employer="E002", workers=(town.new_worker(number, "E002"),))
    town.do(AddWorkers, employer="E001", workers=(town.new_worker(number),))


def test_an_employer_that_is_unknown_registers_nobody(bench: Town) -> None:
    bench.refused(Unknown, AddWorkers, employer="E009", workers=(bench.new_worker(numbered(500, "E009"), "E009"),))


def test_nobody_but_the_employer_adds_a_payee(town: Town) -> None:
    new = (town.new_worker(numbered(500)),)
    town.refused(NotAllowed, AddWorkers, "union/operator", employer="E001", workers=new)
    town.refused(NotYours, AddWorkers, "employer/signer/E002", employer="E001", workers=new)


def test_a_thousand_workers_are_registered_at_once_and_a_shard_holds_200(bench: Town) -> None:
    bench.do(AddEmployer, employer="E003", shards=10)
    crew = tuple(bench.new_worker(numbered(number, "E003"), "E003") for number in range(1000, 2000))
    assert {"count": 1000} == bench.do(AddWorkers, employer="E003", workers=crew)
    bench.do(AddEmployer, employer="E004", shards=1)
    crew = tuple(bench.new_worker(numbered(number, "E004"), "E004") for number in range(2000, 2201))
    refusal = bench.refused(TooLarge, AddWorkers, employer="E004", workers=crew)
    assert {"what": "workers in shard 0", "limit": 200} == refusal.facts
    bench.do(AddWorkers, employer="E004", workers=crew[1:])
    bench.refused(TooLarge, AddWorkers, employer="E004", workers=crew[:1])


@pytest.mark.parametrize(("kind", "who"), [(SetWorker, {"worker": ANNA}), (SetEmployer, {"employer": "E001"})])
def test_a_standing_more_than_a_year_ahead_is_taken_for_a_slip(town: Town, kind: Any, who: dict[str, str]) -> None:
    fields = {**who, "standing": SUSPENDED, "reason": "as asked"}
    town.refused(TooFarAhead, kind, **fields, from_day=date(2027, 8, 3))
    town.do(kind, **fields, from_day=date(2027, 8, 2))


@pytest.mark.parametrize(
    ("moves", "refused"),
    [
        ([], ACTIVE),
        ([SUSPENDED], SUSPENDED),
        ([SUSPENDED, ACTIVE], ACTIVE),
        ([ENDED], ACTIVE),
        ([ENDED], SUSPENDED),
        ([ENDED], ENDED),
        ([SUSPENDED, ENDED], ACTIVE),
    ],
)
@pytest.mark.parametrize(("kind", "who"), [(SetWorker, {"worker": ANNA}), (SetEmployer, {"employer": "E001"})])
def test_what_has_ended_stays_so_and_a_standing_is_said_once(
    town: Town, kind: Any, who: dict[str, str], moves: list[Standing], refused: Standing
) -> None:
    for day, standing in enumerate(moves, start=3):
        town.do(kind, **who, standing=standing, from_day=aug(day), reason="as asked")
    town.refused(WrongState, kind, **who, standing=refused, from_day=aug(20), reason="as asked")


@pytest.mark.parametrize(
    ("kind", "who", "nobody"),
    [
        (SetWorker, {"worker": ANNA}, {"worker": "W000000000999"}),
        (SetEmployer, {"employer": "E001"}, {"employer": "E009"}),
    ],
)
def test_standings_come_in_the_order_of_their_days(
    town: Town, kind: Any, who: dict[str, str], nobody: dict[str, str]
) -> None:
    town.do(kind, **who, standing=SUSPENDED, from_day=aug(5), reason="as asked")
    town.refused(VersionStale, kind, **who, standing=ACTIVE, from_day=aug(4), reason="as asked")
    town.do(kind, **who, standing=ACTIVE, from_day=aug(7), reason="as asked")
    record = town.get(workers, ANNA) if "worker" in who else town.get(employers, "E001")
    expected = [ACTIVE, SUSPENDED, SUSPENDED, ACTIVE]
    assert expected == [standing_on(record.standing, aug(day)) for day in (4, 5, 6, 7)]
    town.refused(Unknown, kind, **nobody, standing=SUSPENDED, from_day=aug(5), reason="as asked")


def change(
    town: Town, number: int = 1, *, worker: str = ANNA, to: str = "new", signed_by: str = ANNA
) -> dict[str, Any]:
    message = PayoutChange(town.ledger_id, worker, payout(to), number)
    return {"worker": worker, "payout": payout(to), "number": number, "signature": signature(signed_by, message)}


def test_the_account_to_be_paid_out_to_changes_by_the_workers_own_key(town: Town) -> None:
    town.do(SetPayout, **change(town))
    assert payout("new") == town.get(workers, ANNA).payout
    town.refused(VersionStale, SetPayout, **change(town))  # what was signed before is not good again
    town.do(SetPayout, **change(town, 2, to="newer"))
    assert payout("newer") == town.get(workers, ANNA).payout


def test_nobody_redirects_a_wage_alone(town: Town) -> None:
    town.refused(SignatureWrong, SetPayout, **change(town, signed_by=BO))
    town.refused(SignatureWrong, SetPayout, **{**change(town), "payout": payout("a thief")})
    town.refused(Unknown, SetPayout, **change(town, worker="W000000000999"))
