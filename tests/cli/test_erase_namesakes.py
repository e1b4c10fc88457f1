"""Who was only on a roster is erased at once, and nothing of anybody else with it."""

import shutil
from pathlib import Path

import pytest

from commandline import Lxr, Month


class Rostered:
    """The README's month, and R0009, who is on a roster beside it and was never registered."""

    def __init__(self, month: Month, directory: Path, name: str, card: str) -> None:
        home = directory / "home"
        shutil.copytree(month.done[-1].copy, home)
        self.lxr = Lxr(home, "2026-10-20T10:00")
        roster = directory / "roster.csv"
        header = "worker_ref,name,bank_account,bank_code,bank_name"
        roster.write_text(f"{header}\nR0009,{name},{card},102100099996,中国工商银行\n", "utf-8")
        self.lxr.json("employer", "roster", "E001", roster)
        self.statements = sorted((home / "bank" / "outbox").glob("*.xml"))

    @property
    def said(self) -> list[str]:
        return [path.read_text("utf-8") for path in self.statements]

    def erase(self) -> None:
        ran = self.lxr("union", "worker", "erase", "E001/R0009", "--reason", "asked by letter")
        assert (0, "") == (ran.code, ran.err)


@pytest.mark.parametrize("card", ["6200000000123456782", "6200000000123456790"], ids=["the same person", "a namesake"])
def test_whose_name_or_card_was_on_another_row_of_a_roster_stays_on_the_banks_statements(
    month: Month, tmp_path: Path, card: str
) -> None:
    rostered = Rostered(month, tmp_path, "王小伟", card)
    before = rostered.said
    assert any("王小伟" in text for text in before)
    rostered.erase()
    assert before == rostered.said


@pytest.mark.parametrize("name", ["BOOK", "NTRF", "wages"])
def test_whatever_an_employer_calls_somebody_on_its_roster_the_statements_stay_as_they_are(
    month: Month, tmp_path: Path, name: str
) -> None:
    rostered = Rostered(month, tmp_path, name, "6200000000123456790")
    before = rostered.said
    rostered.erase()
    assert before == rostered.said
    assert 0 == rostered.lxr("union", "reconcile").code
