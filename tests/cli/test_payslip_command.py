"""lxr worker payslip, as workers and accountants read it: in their language, in yuan, without codes of the machine."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from commandline import LXR
from consortium import PASSPHRASE, rehearsal
from lxr.settlement.pay import payday
from treasury import PAYDAY, worked_and_amended

RUN = "E001-20260915"
ENGLISH = """
pay per order | 40 orders | 6.50 yuan per order | 260.00
pay per order | 40 orders | 7.00 yuan per order | 280.00
gross | 800.00
net | 800.00
days of work under TE001-RIDERS, version 1: 2 (2026-08-03 to 2026-08-04)
days of work under TE001-RIDERS, version 2: 2 (2026-08-06 to 2026-08-07)
"""
CHINESE = """
TE001-RIDERS 第 1 版 | 按单计件 | 40 单 | 每单 6.50 元 | 260.00
TE001-RIDERS 第 2 版 | 按单计件 | 40 单 | 每单 7.00 元 | 280.00
TE001-RIDERS 第 2 版 | 保底补足 | 1,920 分钟 | 每小时不低于 25.00 元（按期计算） | 260.00
应发工资 | 800.00
实发工资 | 800.00
按 TE001-RIDERS 第 1 版计薪的出勤：2 天（2026-08-03 至 2026-08-04）
按 TE001-RIDERS 第 2 版计薪的出勤：2 天（2026-08-06 至 2026-08-07）
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A worker's August with an amendment in it, paid: the consortium's directory, and who it is."""
    with rehearsal(tmp_path_factory.mktemp("payslip")) as house:
        team = house.employ(1)
        worked_and_amended(house, team)
        house.deposit(10_000_000)
        payday.payday(house.treasurer, house.operator, "E001", PAYDAY)
        return house.consortium.directory, team.workers["R0001"]


def said(place: tuple[Path, str], *words: str) -> str:
    directory, worker = place
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LXR_")}
    environment = kept | {"LXR_DIR": str(directory), "LXR_PASSPHRASE": PASSPHRASE.decode()}
    command = [str(LXR), *words, "worker", "payslip", worker, RUN]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return ran.stdout


@pytest.mark.parametrize(("language", "lines"), [("en", ENGLISH), ("zh", CHINESE)])
def test_a_payslip_of_an_amended_month_is_in_words_and_yuan_with_the_version_of_each_line(
    language: str, lines: str, place: tuple[Path, str]
) -> None:
    shown = said(place, "--lang", language)
    cells = [re.sub(r"(\s*[│┃]\s*)+", " | ", line).strip(" |") for line in shown.splitlines()]
    assert [] == [line for line in lines.strip().splitlines() if not any(cell.endswith(line) for cell in cells)], shown
    assert "E001" in shown
    assert "2026-09-15" in shown
    assert not re.search("per_unit|fen|guarantee$", shown)


def test_a_payslip_for_scripts_has_fen_and_the_days_of_each_version(place: tuple[Path, str]) -> None:
    told = json.loads(said(place, "--json"))
    assert [1, 2, 2] == [item["rules_key"] for item in told["line"]["parts"][0]["items"]]
    assert (800_00, "E001", "2026-09-15") == (told["line"]["gross_fen"], told["employer"], told["payday"])
    assert [
        {"terms": "TE001-RIDERS", "version": 1, "days": ["2026-08-03", "2026-08-04"]},
        {"terms": "TE001-RIDERS", "version": 2, "days": ["2026-08-06", "2026-08-07"]},
    ] == told["days"]
