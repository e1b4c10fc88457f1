"""lxr union payday of several employers: each is told, and one that is not paid is named."""

from dataclasses import replace
from datetime import date

import pytest

from commandline import Lxr, refused
from crews import Crew, prepared
from lxr.cli.ends import REFUSED, USAGE

EMPLOYERS = ("E001", "E002", "E003")
DAY = "2026-09-15"


@pytest.fixture(scope="module")
def lxr(tmp_path_factory: pytest.TempPathFactory) -> Lxr:
    base = tmp_path_factory.mktemp("several")
    made = prepared(base, Crew(workers=2, shards=1, first=date(2026, 8, 3), days=1, deposit="5000.00"), EMPLOYERS[:2])
    made.json("employer", "add", "E003")
    for employer in EMPLOYERS[:2]:
        replace(made, at="2026-08-03T23:00").json(
            "employer", "batch", "submit", employer, made.directory / f"{employer}.json"
        )
    return replace(made, at=f"{DAY}T10:00")


def test_a_dry_run_of_several_changes_nothing(lxr: Lxr) -> None:
    before = lxr.tip()
    assert ["E001", "E002"] == [
        run["employer"] for run in lxr.json("union", "payday", *EMPLOYERS[:2], DAY, "--dry-run")["runs"]
    ]
    assert before == lxr.tip()


def test_each_is_paid_or_named_and_the_same_again_does_nothing(lxr: Lxr) -> None:
    first = lxr("union", "payday", *EMPLOYERS, DAY)
    assert (REFUSED, "lxr: not finished for 1 of 3 employers: E003\n") == (first.code, first.err)
    said, before = lxr("--json", "union", "payday", *EMPLOYERS, DAY), lxr.tip()
    told = said.json
    assert [("E001", 2), ("E002", 2)] == [(run["employer"], run["paid"]) for run in told["runs"]]
    assert [("E003", "NotAPayday")] == [(each["employer"], each["error"]) for each in told["stopped"]]
    assert "E003: " in lxr("union", "payday", *EMPLOYERS, DAY).out
    due = lxr.json("union", "payday", "--due", DAY)
    assert ["E001", "E002"] == [run["employer"] for run in due["runs"]]
    assert before == lxr.tip()


def test_where_it_is_nobodys_payday_that_is_said(lxr: Lxr) -> None:
    assert "it is no employer's payday" in lxr("union", "payday", "--due", "2026-09-14").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([DAY], "name the employers, or say --due"),
        (["E001", DAY, "--due"], "name the employers, or say --due"),
        (["E001", "E002", DAY, "--worker", "E001/R0000"], "--worker is for one employer"),
        (["E001", "E002"], "'DAY': 'E002'"),
    ],
)
def test_what_is_not_asked_for_clearly_is_a_usage_fault(lxr: Lxr, words: list[str], said: str) -> None:
    assert said in refused(lxr, USAGE, "union", "payday", *words)
