from collections import Counter
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engines import MemoryEngine
from lxr.chaincode.employers import AddEmployer, directories, employers
from lxr.chaincode.headcount import SHARD_WORKERS_MAX, Headcount, headcounts
from lxr.chaincode.payees import PayeeChange, SetPayee, payee_commitments
from lxr.chaincode.refusals import (
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
from lxr.chaincode.registered import Registered
from lxr.chaincode.registration import AddWorkers
from lxr.chaincode.shard_heads import shard_heads
from lxr.chaincode.status_changes import SetEmployer, SetWorker
from lxr.chaincode.statuses import Status, status_on
from lxr.chaincode.types import SHARDS_MAX
from lxr.chaincode.workers import workers
from lxr.token.refusal import Refusal
from parties import ANNA, BO, CLEO, DORA, NOVA, aug, numbered, payout, signature
from town import Town

ACTIVE, SUSPENDED, ENDED = Status


def test_every_employer_is_in_the_directory_with_its_first_shard(town: Town) -> None:
    town.do(AddEmployer, employer="E003", shard_size=3)
    assert ("E001", "E002", "E003") == town.get(directories).employers
    assert ((), Headcount(3)) == (town.get(shard_heads, "E003", 0).workers, town.get(headcounts, "E003"))
    town.refused(Exists, AddEmployer, employer="E003")


def test_employers_that_have_ended_make_room_for_others_and_a_month_still_waits_for_their_runs(
    bench: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lxr.chaincode.employers.EMPLOYERS_MAX", 2)
    refusal = bench.refused(TooLarge, AddEmployer, employer="E003")
    assert {"case": "employers", "limit": 2} == refusal.facts
    bench.certified(aug(3), {ANNA: 10})
    bench.do(SetEmployer, employer="E001", status=ENDED, from_day=aug(4), reason="no licence")
    bench.refused(TooLarge, AddEmployer, employer="E003")  # it has not ended yet
    bench.go(aug(4))
    bench.do(AddEmployer, employer="E003")
    assert ("E002", "E003") == bench.get(directories).employers
    bench.opened("E001-20260812")
    assert ("E002", "E003", "E001") == bench.get(directories).employers
    bench.do(SetEmployer, employer="E002", status=ENDED, from_day=aug(13), reason="no licence")
    bench.go(aug(13))
    bench.refused(TooLarge, AddEmployer, employer="E004")  # one of two has ended, and has an open run


@pytest.mark.parametrize(("kind", "who"), [(SetWorker, {"worker": ANNA}), (SetEmployer, {"employer": "E001"})])
def test_a_record_holds_four_statuses_of_a_day_however_often_an_operator_turns_it(
    bench: Town, kind: Any, who: dict[str, str]
) -> None:
    for status in (SUSPENDED, ACTIVE, SUSPENDED, ACTIVE):
        bench.do(kind, **who, status=status, from_day=aug(3), reason="as asked")
    bench.refused(TooLarge, kind, **who, status=ENDED, from_day=aug(3), reason="as asked")
    bench.do(kind, **who, status=ENDED, from_day=aug(4), reason="as asked")


def placed(town: Town, employer: str = "E001") -> list[tuple[str, ...]]:
    """The workers of each shard, in the order of their places."""
    return [town.get(shard_heads, employer, shard).workers for shard in range(town.get(headcounts, employer).shards)]


def test_each_worker_gets_the_next_place_and_a_shard_is_opened_when_the_one_before_it_is_full(town: Town) -> None:
    assert [(ANNA, BO, NOVA), (CLEO,)] == placed(town)
    new = [numbered(number) for number in range(500, 505)]
    for some in (new[:1], new[1:]):
        town.do(AddWorkers, employer="E001", workers=tuple(map(town.new_worker, some)))
    assert [(ANNA, BO, NOVA), (CLEO, *new[:2]), tuple(new[2:])] == placed(town)
    assert [1, 1, 2, 2, 2] == [town.get(workers, number).shard for number in new]
    assert [(DORA,)] == placed(town, "E002")


def test_a_refused_registration_takes_no_place_and_stops_none_of_another_employer(bench: Town) -> None:
    bench.do(AddEmployer, employer="E003", shard_size=1)
    crew = tuple(bench.new_worker(numbered(number, "E003"), "E003") for number in range(1001))
    bench.do(AddWorkers, employer="E003", workers=crew[:999])
    refusal = bench.refused(TooLarge, AddWorkers, employer="E003", workers=crew[999:])
    assert {"case": "workers", "employer": "E003", "limit": SHARDS_MAX} == refusal.facts
    bench.do(AddWorkers, employer="E003", workers=crew[1000:])
    bench.refused(TooLarge, AddWorkers, employer="E003", workers=crew[999:1000])
    assert SHARDS_MAX == bench.get(headcounts, "E003").shards
    bench.do(AddWorkers, employer="E002", workers=(bench.new_worker(numbered(1, "E002"), "E002"),))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.integers(1, 5),
    commands=st.lists(st.tuples(st.sampled_from(("E003", "E004")), st.integers(1, 7), st.booleans()), max_size=8),
)
def test_places_are_given_in_order_and_none_twice_and_no_shard_is_overfull_in_any_interleaving(
    bench: Town, size: int, commands: list[tuple[str, int, bool]]
) -> None:
    town = Town(MemoryEngine(dict(bench.engine.scan(""))), f"places-{size}")
    crews: dict[str, list[str]] = {"E003": [], "E004": []}
    for employer in crews:
        town.do(AddEmployer, employer=employer, shard_size=size)
    for employer, count, good in commands:
        crew = [numbered(len(crews[employer]) + number, employer) for number in range(count)]
        new = tuple(town.new_worker(number, employer) for number in crew)
        if good:
            town.do(AddWorkers, employer=employer, workers=new)
            crews[employer] += crew
        else:
            town.refused(DuplicateRow, AddWorkers, employer=employer, workers=(*new, new[0]))
    for employer, crew in crews.items():
        assert tuple(crew) == sum(placed(town, employer), ())
        assert all(size == len(some) for some in placed(town, employer)[:-1])
        assert all(number in placed(town, employer)[town.get(workers, number).shard] for number in crew)


@pytest.mark.parametrize(
    ("refusal", "employer", "new"),
    [
        (Exists, "E001", lambda town: (town.new_worker(ANNA),)),
        (Exists, "E002", lambda town: (town.new_worker(ANNA, "E002"),)),
        (DuplicateRow, "E001", lambda town: (town.new_worker(numbered(500)),) * 2),
        (SignatureWrong, "E001", lambda town: (town.new_worker(numbered(500), signed_by=numbered(501)),)),
        (NumberForeign, "E001", lambda town: (town.new_worker(numbered(500, "E002"), "E002"),)),
        (NumberForeign, "E001", lambda town: (town.new_worker("W000000000500"),)),
        (
            NumberForeign,
            "E001",
            lambda town: (replace(town.new_worker(numbered(500)), payee_commitment=payout("a thief")),),
        ),
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
    bench.do(AddEmployer, employer="E003")
    crew = tuple(bench.new_worker(numbered(number, "E003"), "E003") for number in range(1000))
    assert Registered(1000) == bench.do(AddWorkers, employer="E003", workers=crew)
    assert [200] * 5 == [len(some) for some in placed(bench, "E003")]


def test_one_employer_has_places_for_200_000_workers_and_100_000_fill_500_shards() -> None:
    headcount = Headcount(SHARD_WORKERS_MAX)
    assert [200] * 500 == list(Counter(headcount.shard(place) for place in range(100_000)).values())
    assert 500 == replace(headcount, workers=100_000).shards
    assert SHARDS_MAX == headcount.shard(199_999) + 1 == headcount.shard(200_000)


@pytest.mark.parametrize(("kind", "who"), [(SetWorker, {"worker": ANNA}), (SetEmployer, {"employer": "E001"})])
def test_a_standing_more_than_a_year_ahead_is_taken_for_a_slip(town: Town, kind: Any, who: dict[str, str]) -> None:
    fields = {**who, "status": SUSPENDED, "reason": "as asked"}
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
    town: Town, kind: Any, who: dict[str, str], moves: list[Status], refused: Status
) -> None:
    for day, status in enumerate(moves, start=3):
        town.do(kind, **who, status=status, from_day=aug(day), reason="as asked")
    town.refused(WrongState, kind, **who, status=refused, from_day=aug(20), reason="as asked")


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
    town.do(kind, **who, status=SUSPENDED, from_day=aug(5), reason="as asked")
    town.refused(VersionStale, kind, **who, status=ACTIVE, from_day=aug(4), reason="as asked")
    town.do(kind, **who, status=ACTIVE, from_day=aug(7), reason="as asked")
    record = town.get(workers, ANNA) if "worker" in who else town.get(employers, "E001")
    expected = [ACTIVE, SUSPENDED, SUSPENDED, ACTIVE]
    assert expected == [status_on(record.statuses, aug(day)) for day in (4, 5, 6, 7)]
    town.refused(Unknown, kind, **nobody, status=SUSPENDED, from_day=aug(5), reason="as asked")


def change(
    town: Town, number: int = 1, *, worker: str = ANNA, to: str = "new", signed_by: str = ANNA
) -> dict[str, Any]:
    message = PayeeChange(town.ledger_id, worker, payout(to), number)
    return {
        "worker": worker,
        "payee_commitment": payout(to),
        "number": number,
        "signature": signature(signed_by, message),
    }


def test_the_account_to_be_paid_out_to_changes_by_the_workers_own_key(town: Town) -> None:
    town.do(SetPayee, **change(town))
    assert payout("new") == town.get(payee_commitments, "E001", 0).of[ANNA]
    town.refused(VersionStale, SetPayee, **change(town))  # what was signed before is not good again
    town.do(SetPayee, **change(town, 2, to="newer"))
    assert payout("newer") == town.get(payee_commitments, "E001", 0).of[ANNA]


def test_nobody_redirects_a_wage_alone(town: Town) -> None:
    town.refused(SignatureWrong, SetPayee, **change(town, signed_by=BO))
    town.refused(SignatureWrong, SetPayee, **{**change(town), "payee_commitment": payout("a thief")})
    town.refused(Unknown, SetPayee, **change(town, worker="W000000000999"))
