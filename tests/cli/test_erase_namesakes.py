"""Who was only on a roster is erased at once, and nothing of anybody else with it."""

import shutil
from pathlib import Path

import pytest

from commandline import Lxr, Month


@pytest.mark.parametrize("card", ["6200000000123456782", "6200000000123456790"], ids=["the same person", "a namesake"])
def test_whose_name_or_card_was_on_another_row_of_a_roster_stays_on_the_banks_statements(
    month: Month, tmp_path: Path, card: str
) -> None:
    home = tmp_path / "home"
    shutil.copytree(month.done[-1].copy, home)
    lxr = Lxr(home, "2026-10-20T10:00")
    digits = next(d for d in range(10) if luhn(card[:-1] + str(d)))
    roster = tmp_path / "roster.csv"
    roster.write_text(
        f"worker_ref,name,bank_account,bank_code,bank_name\nR0009,王小伟,{card[:-1]}{digits},102100099996,中国工商银行\n",
        "utf-8",
    )
    lxr.json("employer", "roster", "E001", roster)
    statements = sorted((home / "bank" / "outbox").glob("*.xml"))
    before = {path.name: path.read_text("utf-8") for path in statements}
    assert any("王小伟" in text for text in before.values())
    ran = lxr("union", "worker", "erase", "E001/R0009", "--reason", "asked by letter")
    print(ran)
    assert before == {path.name: path.read_text("utf-8") for path in statements}
    assert (0, "") == (ran.code, ran.err)


def luhn(number: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(number)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 * (doubled > 9)
    return total % 10 == 0


@pytest.mark.parametrize("name", ["DBIT", "CRDT", "BOOK"])
def test_whatever_an_employer_calls_somebody_on_its_roster_the_statements_stay_readable(
    month: Month, tmp_path: Path, name: str
) -> None:
    home = tmp_path / "home"
    shutil.copytree(month.done[-1].copy, home)
    lxr = Lxr(home, "2026-10-20T10:00")
    number = "620000000012345679"
    number += str(next(d for d in range(10) if luhn(number + str(d))))
    roster = tmp_path / "roster.csv"
    roster.write_text(
        f"worker_ref,name,bank_account,bank_code,bank_name\nR0009,{name},{number},102100099996,中国工商银行\n", "utf-8"
    )
    lxr.json("employer", "roster", "E001", roster)
    ran = lxr("union", "worker", "erase", "E001/R0009", "--reason", "asked by letter")
    print(ran)
    after = lxr("union", "reconcile", *sorted((home / "bank" / "outbox").glob("*.xml")))
    assert 0 == after.code, after
