"""Whoever signs a governed parameter knows what it changes."""

import json
from pathlib import Path

import pytest

from commandline import Lxr


@pytest.fixture
def lxr(tmp_path: Path) -> Lxr:
    lxr = Lxr(tmp_path / "rehearsal", "2026-08-03T08:00")
    assert 0 == lxr("init", lxr.directory, "--rehearsal").code
    return lxr


def test_whoever_signs_a_proposal_sees_what_it_changes(lxr: Lxr) -> None:
    proposed = lxr.json(
        "union", "params", "propose", "answer.days", "5", "--from", "2027-01-01", "--source", "union rule"
    )["proposal"]
    facts = (
        *(f"{proposed}: answer.days", "in force: 3 (from 20", "proposed: 5 (from 2027-01-01)"),
        *("source: union rule", "signed: union", "still to sign: regulator"),
    )
    assert [True] * 6 == [fact in lxr("bank", "params", "show").out for fact in facts]
    (seen,) = lxr.json("union", "params", "show")["proposals"]
    assert (5, [3], ["regulator"]) == (seen["value"], [each["value"] for each in seen["before"]], seen["missing"])
    approved = lxr("regulator", "params", "approve", proposed).out
    assert [True] * 6 == [fact in approved for fact in facts]
    assert approved.index("still to sign") < approved.index("approved")
    assert "still to sign" not in lxr("regulator", "params", "approve", proposed).out


def test_of_a_list_a_signer_sees_what_is_added_and_left_out(lxr: Lxr) -> None:
    rest = next(each for each in lxr.json("union", "params", "show")["parameters"] if each["name"] == "calendar.2026")
    days = json.dumps(sorted([*rest["value"][1:], "2026-12-30"]))
    until = ("--from", "2026-01-01", "--to", "2026-12-31", "--source", "State Council")
    lxr.json("union", "params", "propose", "calendar.2026", days, *until)
    shown = lxr("regulator", "params", "show").out
    assert [True] * 2 == [said in shown for said in ("added: 2026-12-30\n", f"left out: {rest['value'][0]}\n")]


def test_where_nothing_was_governed_a_signer_sees_what_holds(lxr: Lxr) -> None:
    lxr.json(
        "union", "params", "propose", "ledger.closed", "1", "--from", "2027-01-01", "--source", "the disks are full"
    )
    assert "in force: nothing on these days, so 0 holds\n" in lxr("regulator", "params", "show").out
