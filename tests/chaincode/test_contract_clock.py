"""The ledger's clock: every transaction reads it, a witness moves it, and what is too old for it is refused."""

from collections.abc import Sequence
from typing import Final

import pytest

from engines import MemoryEngine
from lxr.chaincode.caller import ORGANISATIONS
from lxr.chaincode.checkpoint import SignCheckpoint
from lxr.chaincode.clock import BEAT_MS, PAST_MS_MAX, MoveClock, clocks
from lxr.chaincode.command import HANDLERS
from lxr.chaincode.days import day_of
from lxr.chaincode.employers import AddEmployer
from lxr.chaincode.ledger_refusals import ClockFresh, TooOld
from lxr.chaincode.refusals import DayInPast, NotAllowed
from lxr.chaincode.runs import deduction_orders
from lxr.chaincode.status_changes import SetWorker
from lxr.chaincode.statuses import Status
from lxr.chaincode.upgrade import StateContract, SwitchContract
from parties import ANNA, aug
from town import Town

FOUNDED_MS: Final = 1_785_556_800_000
"""Noon of 1 August 2026 in Chengdu."""
OF_WITNESSES: Final = {MoveClock, SignCheckpoint, StateContract, SwitchContract}


def at_ms(town: Town) -> int:
    return town.get(clocks).at_ms


@pytest.mark.parametrize("organisation", ORGANISATIONS)
def test_every_organisations_witness_moves_the_clock_to_the_time_of_its_transaction(
    town: Town, organisation: str
) -> None:
    assert FOUNDED_MS == at_ms(town)
    town.at_ms = FOUNDED_MS + BEAT_MS
    town.do(MoveClock, f"{organisation}/witness")
    assert (FOUNDED_MS + BEAT_MS, organisation) == (at_ms(town), town.get(clocks).by)


@pytest.mark.parametrize("later_ms", [BEAT_MS - 1, 0, -1, -PAST_MS_MAX])
def test_a_clock_under_two_minutes_old_is_not_moved_and_never_back(town: Town, later_ms: int) -> None:
    town.at_ms = FOUNDED_MS + later_ms
    town.refused(ClockFresh, MoveClock)


@pytest.mark.parametrize(("age_ms", "accepted"), [(PAST_MS_MAX, True), (PAST_MS_MAX + 1, False)])
def test_no_transaction_is_more_than_ten_minutes_older_than_the_clock(town: Town, age_ms: int, accepted: bool) -> None:
    town.at_ms = FOUNDED_MS + 3 * PAST_MS_MAX
    town.do(MoveClock)
    town.at_ms -= age_ms
    if accepted:
        town.do(AddEmployer, employer="E003")
    else:
        town.refused(TooOld, AddEmployer, employer="E003")


def test_a_request_that_was_accepted_in_time_is_answered_again_however_old_it_is(town: Town) -> None:
    command = AddEmployer(request_id="request-1", employer="E003")
    answer = town.engine.submit("union/operator", command, town.at_ms)
    before_ms, town.at_ms = town.at_ms, town.at_ms + 3 * PAST_MS_MAX
    town.do(MoveClock)
    assert answer == town.engine.submit("union/operator", command, before_ms)


def test_a_witness_may_move_the_clock_sign_checkpoints_and_say_which_contract_its_node_has_and_nothing_else() -> None:
    witnesses = {f"{organisation}/witness" for organisation in ORGANISATIONS}
    allowed = {kind for kind, handler in HANDLERS.items() if handler.callers & witnesses}
    assert OF_WITNESSES == allowed
    assert witnesses == HANDLERS[MoveClock].callers


def test_a_witness_is_refused_what_is_an_officers(bench: Town) -> None:
    bench.refused(NotAllowed, AddEmployer, "union/witness", employer="E003")
    bench.refused(NotAllowed, MoveClock, "union/treasurer")


class Watched(MemoryEngine):
    """Remembers which keys were read."""

    def __init__(self, state: dict[str, bytes]) -> None:
        super().__init__(state)
        self.read_keys: set[str] = set()

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        self.read_keys.update(keys)
        return super().get_many(keys)


def test_every_transaction_reads_the_clock_so_that_one_held_back_dies_when_it_moves(bench: Town) -> None:
    engine = Watched(dict(bench.engine.scan("")))
    town = Town(engine, "watched")
    for act in (
        lambda: town.certified(aug(3), {ANNA: 10}),
        lambda: town.deposit(100_000),
        lambda: town.paid("E001-20260812"),
        lambda: town.held("C1", scope="run", run="E001-20260812"),
    ):
        engine.read_keys.clear()
        act()
        assert "clock" in engine.read_keys


def test_no_deadline_is_met_by_a_signature_that_is_older_than_the_ledgers_clock(town: Town) -> None:
    """Nine minutes past midnight, signed as of a minute before it."""
    town.go(aug(4), 0, 9)
    town.do(MoveClock)
    town.go(aug(3), 23, 59)
    fields = {"worker": ANNA, "status": Status.ENDED, "reason": "left"}
    refusal = town.refused(DayInPast, SetWorker, **fields, from_day=aug(4))
    assert "2026-08-05" == refusal.facts["earliest"]
    town.do(SetWorker, **fields, from_day=aug(5))
    town.deducted("DE001-1", 500)
    assert aug(4) == day_of(town.get(deduction_orders, "DE001-1").approved_ms or 0)
