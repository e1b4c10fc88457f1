"""Waiting lines in sheets, by commands: as docs/bank-files.md shows it."""

import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bankstatement import written
from commandline import ROOT, Lxr, steps
from linesheets import Sheet

Given = Callable[[str], Lxr]


@pytest.fixture
def lxr(given: Given, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lxr:
    """A statement with a debit that pays a file in one sum, a fee and two credits that nobody knows."""
    monkeypatch.chdir(tmp_path)
    made = replace(given("bank cashout accept"), at="2026-09-15T23:00")
    balance_fen = made.json("ledger", "show")["reserve_fen"]
    lines = [("P1", -236_67, ""), ("F1", -1_00, "手续费"), ("D1", 9_00, ""), ("D2", 5_00, "")]
    path = written(tmp_path / "s.xml", date(2026, 9, 15), None, balance_fen, *lines)
    text = path.read_text().replace("<Refs>", "<Refs><PmtInfId>CE001-20260915</PmtInfId>", 1)
    path.write_text(text)
    made.json("bank", "statement", "import", path)
    return made


def test_lines_are_decided_in_sheets_as_the_documentation_shows(lxr: Lxr, tmp_path: Path) -> None:
    found = re.search(r"### Many at once.*?```sh\n(.*?)```", (ROOT / "docs" / "bank-files.md").read_text(), re.DOTALL)
    assert found is not None
    export, bring, export_again, agree = [step.words for step in steps(found[1])]
    assert 4 == lxr.json(*export, tmp_path / "s.xml")["lines"]
    sheet = Sheet(Path("waiting.xlsx"))
    assert ("parts", None) == (sheet.get("P1", "what"), sheet.get("D1", "what"))
    sheet.decide("F1", "platform")
    sheet.decide("D1", "employer", "E001")
    sheet.saved()
    assert {"signed": 3, "before": 0, "faults": []} == lxr.json(*bring)
    assert {"signed": 0, "before": 3, "faults": []} == lxr.json(*bring)
    assert 3 == lxr.json(*export_again, tmp_path / "s.xml")["lines"]
    sheet = Sheet(Path("to-agree.xlsx"))
    for ref in sheet.refs:
        sheet.put(ref, "agree", "yes")
    sheet.saved()
    assert {"signed": 3, "before": 0, "faults": []} == lxr.json(*agree)
    assert {"signed": 0, "before": 3, "faults": []} == lxr.json(*agree)
    assert ["D2", "P1~1", "P1~2", "P1~3"] == sorted(
        each["booking"] for each in lxr.json("bank", "line", "list")["lines"]
    )


def test_what_is_wrong_is_told_a_line_each_and_only_with_skip_bad_is_the_rest_signed(lxr: Lxr) -> None:
    lxr.json("bank", "line", "export", "w.xlsx")
    assert 0o600 == os.stat("w.xlsx").st_mode & 0o777
    assert "is there already" in lxr("bank", "line", "export", "w.xlsx").err
    sheet = Sheet(Path("w.xlsx"))
    sheet.decide("D1", "employer", "E001")
    sheet.decide("D2", "employer", "E9")
    sheet.decide("F1", "order", "LX260915WGAAAAAAAAAAAA0")
    sheet.saved()
    tip = lxr.tip()
    ran = lxr("bank", "line", "import", "w.xlsx")
    faults = sorted(line for line in ran.out.splitlines() if line.startswith("  "))
    assert (1, 2, tip) == (ran.code, len(faults), lxr.tip())
    place = "w.xlsx, sheet lines that wait, row"
    assert {
        f"  {place} {sheet.row('D2')}, field number: is no such number; expected an employer's number like E001",
        f"  {place} {sheet.row('F1')}, field number: is no order of the ledger; expected the number of a payment order",
    } == set(faults)
    assert "2 rows are wrong, nothing is signed" in ran.err
    ran = lxr("bank", "line", "import", "w.xlsx", "--skip-bad")
    assert (0, "2 lines signed, 0 were before, 2 left") == (ran.code, ran.out.splitlines()[-1])


def test_who_may_not_sign_is_told_before_the_sheet_is_read(lxr: Lxr) -> None:
    for words in (("bank", "line", "import"), ("union", "line", "import"), ("employer", "line", "import", "E001")):
        ran = lxr("--as", "regulator/auditor", *words, "none.xlsx")
        assert (1, True) == (ran.code, "none.xlsx" not in ran.err), ran
