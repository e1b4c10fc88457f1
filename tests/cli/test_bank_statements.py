"""Statements as banks send them, by commands: several in a file, what is passed over, one sum for a file, notices."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from bankstatement import written
from commandline import Lxr

Given = Callable[[str], Lxr]


def body(path: Path) -> str:
    """The one statement in a file."""
    found = re.search(r"<Stmt>.*</Stmt>", path.read_text(), re.DOTALL)
    assert found is not None
    return found[0]


def test_all_statements_of_a_file_are_booked_and_what_is_passed_over_is_told(given: Given, tmp_path: Path) -> None:
    lxr = replace(given("bank statement import"), at="2026-08-03T22:00")
    first = written(tmp_path / "first.xml", date(2026, 8, 1), 2, 500_00, ("B1", 9_00, "E001"))
    second = written(tmp_path / "second.xml", date(2026, 8, 3), 3, 509_00, ("B2", -1_00, "fee"))
    pending = re.sub(
        r"<Ntry>.*</Ntry>", lambda found: f"{found[0]}{found[0].replace('BOOK', 'PDNG')}", body(first), flags=re.DOTALL
    )
    other = body(first).replace("510000100010001", "6222")
    first.write_text(first.read_text().replace(body(first), f"{body(second)}{other}{pending}"))
    ran = lxr("bank", "statement", "import", first)
    assert 0 == ran.code, ran.err
    assert [
        "2026-08-01 statement 2: 1 entries, closing 509.00",
        "2026-08-03 statement 3: 1 entries, closing 508.00",
        "first.xml: passed over 1 statements of other accounts: 6222",
        "first.xml: passed over 1 pending entries: B1",
        "1 lines wait: lxr bank line list",
    ] == ran.out.splitlines()
    again = lxr.json("bank", "statement", "import", first)
    assert [2, 3] == [each["number"] for each in again["statements"]]
    assert ["account", "PDNG"] == [each["what"] for each in again["passed_over"][0]["passed_over"]]


def test_a_debit_that_pays_a_file_in_one_sum_is_proposed_and_said_with_one_command(
    given: Given, tmp_path: Path
) -> None:
    lxr = replace(given("bank cashout accept"), at="2026-09-15T23:00")
    balance_fen = lxr.json("ledger", "show")["reserve_fen"]
    path = written(tmp_path / "s.xml", date(2026, 9, 15), None, balance_fen, ("P1", -236_67, ""))
    path.write_text(path.read_text().replace("<Refs>", "<Refs><PmtInfId>CE001-20260915</PmtInfId>", 1))
    lxr.json("bank", "statement", "import", path)
    for lines in (1, 3):
        found = lxr.json("bank", "line", "propose", path, "--accept")
        assert (lines, lines) == (len(found["proposals"]), found["said"])
        for each in found["proposals"]:
            lxr.json("union", "line", "agree", each["line"])
    assert [] == lxr.json("bank", "line", "propose", path)["proposals"]
    assert [] == lxr.json("bank", "line", "list")["lines"]


def test_a_notice_is_shown_with_the_command_that_attests_its_deposit(given: Given, tmp_path: Path) -> None:
    lxr = replace(given("bank statement import"), at="2026-08-03T12:00")
    path = written(tmp_path / "n.xml", date(2026, 8, 3), None, 500_00, ("B1", 9_00, "E001"))
    text = path.read_text().replace("camt.053", "camt.054").replace("BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn")
    path.write_text(re.sub(r"<Bal>.*</Bal>", "", text, flags=re.DOTALL).replace("Stmt>", "Ntfctn>"))
    ran = lxr("bank", "notice", "show", path)
    command = "lxr bank attest-deposit E001 9.00 --booking B1 --day 2026-08-03"
    assert (0, command) == (ran.code, ran.out.splitlines()[-1])
    lxr.json(*command.split()[1:])
    assert [True] == [each["known"] for each in lxr.json("bank", "notice", "show", path)["lines"]]
    told = lxr.json("bank", "statement", "import", path)
    assert ([], ["notice"]) == (told["statements"], [each["what"] for each in told["passed_over"][0]["passed_over"]])
