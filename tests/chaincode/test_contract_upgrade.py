"""Which contract comes into force, by whose word, and when. What nodes check of it: tests/node/test_contracts.py."""

from typing import Any

import pytest

from engines import MemoryEngine
from lxr.chaincode.ledger_refusals import SwitchTooEarly, TooFewNodes
from lxr.chaincode.refusals import Exists, HashDiffers, NotAllowed, NothingChanges, TooLarge, Unknown, WrongState
from lxr.chaincode.types import canonical
from lxr.chaincode.upgrade import (
    SWITCHES_MAX,
    ContractInForce,
    ProposeContract,
    StateContract,
    Switch,
    SwitchContract,
    Switched,
    contract_digest,
    contracts,
    proposed_contracts,
)
from town import Town
from watched import listed

NEXT, OTHER = "ab" * 32, "cd" * 32
THREE = ("employer", "bank", "regulator")


@pytest.fixture
def town(bench: Town) -> Town:
    """Over a dictionary: a node would refuse a contract that it does not have."""
    return bench


def proposed(
    town: Town, version: str = NEXT, by: str = "union", wait_ms: int = 0, source: str = "release 0.5.0"
) -> None:
    fields = {"version": version, "not_before_ms": town.at_ms + wait_ms, "source": source}
    town.do(ProposeContract, f"{by}/admin", **fields)


def named(town: Town, version: str = NEXT, by: str = "union") -> dict[str, Any]:
    """What a statement or a switch names: the proposal as it stands."""
    digest = contract_digest(town.get(proposed_contracts, by))
    return {"version": version, "proposed_by": by, "digest": digest}


def stated(town: Town, *organisations: str, **of: str) -> None:
    for organisation in organisations:
        town.do(StateContract, f"{organisation}/witness", **named(town, **of))


def switch(town: Town, sender: str = "bank/admin") -> Switched:
    return town.do(SwitchContract, sender, **named(town))


@pytest.mark.parametrize("by", ["union/admin", "employer/admin", "bank/admin", "regulator/witness"])
def test_a_version_comes_into_force_once_three_nodes_have_it_by_whoever_sends_the_switch(town: Town, by: str) -> None:
    before = town.get(contracts).version
    proposed(town)
    stated(town, *THREE)
    assert Switched(version=NEXT, ended=before) == switch(town, by)
    (ended,) = town.get(contracts).switches
    assert (NEXT, before) == (town.get(contracts).version, ended.ended)


def test_a_version_that_only_two_organisations_have_never_comes_into_force(town: Town) -> None:
    proposed(town)
    town.refused(TooFewNodes, SwitchContract, "union/admin", **named(town))
    stated(town, "union", "employer")
    town.refused(NothingChanges, StateContract, "union/witness", **named(town))  # one organisation is one word
    proposed(town, by="employer")
    stated(town, "bank", by="employer")  # and words on two proposals are not added up
    for by in ("union", "employer"):
        town.refused(TooFewNodes, SwitchContract, "union/admin", **named(town, by=by))
    assert () == town.get(contracts).switches


def test_a_switch_comes_at_the_proposed_time_or_later(town: Town) -> None:
    proposed(town, wait_ms=60_000)
    stated(town, *THREE)
    town.refused(SwitchTooEarly, SwitchContract, "union/admin", **named(town))
    town.at_ms += 59_999
    town.refused(SwitchTooEarly, SwitchContract, "union/admin", **named(town))
    town.at_ms += 1
    switch(town)


def test_a_switch_sent_twice_is_refused_and_what_ended_never_comes_back(town: Town) -> None:
    before = town.get(contracts).version
    proposed(town)
    stated(town, *THREE)
    again = named(town)
    switch(town)
    town.refused(WrongState, SwitchContract, "union/admin", **again)
    town.refused(WrongState, StateContract, "union/witness", **again)
    for known in (NEXT, before):
        fields = {"version": known, "not_before_ms": town.at_ms, "source": "an older release"}
        town.refused(WrongState, ProposeContract, "union/admin", **fields)


def test_a_witness_can_take_its_word_back_and_give_it_anew(town: Town) -> None:
    proposed(town)
    stated(town, *THREE)
    town.do(StateContract, "bank/witness", **named(town), has=False)
    town.refused(NothingChanges, StateContract, "bank/witness", **named(town), has=False)
    town.refused(TooFewNodes, SwitchContract, "union/admin", **named(town))
    stated(town, "bank")
    switch(town)


def test_who_changes_a_proposal_has_it_stated_anew_and_changes_nobody_elses(town: Town) -> None:
    proposed(town)
    proposed(town, by="employer")
    stated(town, *THREE)
    stated(town, *THREE, by="employer")
    before = named(town)
    town.refused(Exists, ProposeContract, "union/admin", version=NEXT, not_before_ms=town.at_ms, source="release 0.5.0")
    proposed(town, wait_ms=1)
    town.refused(HashDiffers, SwitchContract, "union/admin", **before)
    town.refused(HashDiffers, StateContract, "union/witness", **before)
    town.refused(TooFewNodes, SwitchContract, "union/admin", **named(town))
    town.do(SwitchContract, "union/admin", **named(town, by="employer"))


def test_what_nobody_proposed_is_neither_stated_nor_switched_to(town: Town) -> None:
    proposed(town)
    stated(town, *THREE)
    for refusal, fields in ((HashDiffers, {"version": OTHER}), (Unknown, {"proposed_by": "bank"})):
        town.refused(refusal, StateContract, "union/witness", **{**named(town), **fields})
        town.refused(refusal, SwitchContract, "union/admin", **{**named(town), **fields})


def test_an_organisation_proposes_one_version_at_a_time(town: Town) -> None:
    """However many it invents, every command tells of one; and no word on one counts for another."""
    proposed(town, version=OTHER)
    stated(town, *THREE, version=OTHER)
    before = named(town, version=OTHER)
    proposed(town)
    assert [["union"]] == [key for key, _ in listed(dict(town.engine.scan("")), proposed_contracts)]
    town.refused(HashDiffers, SwitchContract, "union/admin", **before)
    town.refused(TooFewNodes, SwitchContract, "union/admin", **named(town))


@pytest.mark.parametrize("role", ["union/operator", "union/treasurer", "bank/teller", "regulator/auditor"])
def test_who_is_neither_admin_nor_witness_has_no_say(town: Town, role: str) -> None:
    proposed(town)
    for kind, caller in ((StateContract, "union/admin"), (StateContract, role), (SwitchContract, role)):
        town.refused(NotAllowed, kind, caller, **named(town))
    town.refused(NotAllowed, ProposeContract, role, version=OTHER, not_before_ms=town.at_ms, source="x")


def test_a_ledger_has_room_for_so_many_contracts_and_no_more(template: Any) -> None:
    ended = tuple(Switch(f"{number:064x}", "0" * 64) for number in range(SWITCHES_MAX))
    town = Town(MemoryEngine({**template.state, contracts.key(): canonical(ContractInForce(OTHER, ended))}))
    proposed(town)
    stated(town, *THREE)
    town.refused(TooLarge, SwitchContract, "union/admin", **named(town))


def test_what_three_have_stated_counts_for_nothing_once_another_contract_came(town: Town) -> None:
    """A release that was passed over, for a fault say, is not brought in afterwards by one organisation's keys."""
    proposed(town, version=OTHER, by="employer")
    stated(town, *THREE, version=OTHER, by="employer")
    passed_over = named(town, version=OTHER, by="employer")
    proposed(town)
    stated(town, *THREE)
    switch(town)
    town.refused(WrongState, SwitchContract, "employer/admin", **passed_over)
    town.refused(WrongState, StateContract, "union/witness", **passed_over)
    proposed(town, version=OTHER, by="employer")
    town.refused(TooFewNodes, SwitchContract, "employer/admin", **named(town, version=OTHER, by="employer"))
