from datetime import date, timedelta
from pathlib import Path

import pytest

from commandline import EXAMPLES, Lxr

MAP = """zone = "unstated"
[columns]
worker = "name"
date = "day"
[terms]
file = "terms.toml"
""" + "".join(f'[[measure]]\nname = "{name}"\nfold = "sum"\ncolumn = "{name}"\n' for name in ("tasks", "minutes"))
DAY_FEN = 125_00
"""Five hours at the 25.00 that are guaranteed: more than 40 tasks at 0.85."""
WORK = [f"A,{date(2026, 3, 28) + timedelta(days=day)},40,300" for day in range(8)]
BAD = ["A,2026-04-10,many,300", "A,2026-04-11,lots,300", "A,2026-04-12,9999,300"]
OLD = ["A,2024-03-01,40,300", "A,2026-12-01,40,300"]
MONTHLY = 'kind = "monthly"\nday = 15'


def demo_of(directory: Path, rows: list[str], payday: str = MONTHLY) -> tuple[object, ...]:
    (directory / "work.csv").write_text("\n".join(["name,day,tasks,minutes", *rows]) + "\n")
    (directory / "map.toml").write_text(MAP)
    terms = (EXAMPLES / "terms_crowd.toml").read_text()
    (directory / "terms.toml").write_text(terms.replace(MONTHLY, payday).replace("2026-08-01", "2026-01-01"))
    return ("demo", "--records", directory / "work.csv", "--map", directory / "map.toml")


@pytest.mark.parametrize(
    ("payday", "runs"),
    [
        (MONTHLY, 2),
        ('kind = "weekly"\nweekday = 3', 2),
        ('kind = "twice_a_month"\nfirst_day = 20\nsecond_day = 5', 2),
        ('kind = "daily"', 8),
        ('kind = "on_completion"', 8),
    ],
)
def test_every_payday_of_all_months_in_the_file_is_played(tmp_path: Path, payday: str, runs: int) -> None:
    figures = Lxr(tmp_path).json(*demo_of(tmp_path, WORK, payday))
    assert (["2026-03", "2026-04"], 8, 8 * DAY_FEN) == (
        figures["months"],
        figures["worker_days"],
        figures["gross_fen"],
    )
    assert runs <= figures["paydays"]  # one more for each row that was disputed over a payday
    assert figures["gross_fen"] == figures["cashed_out_fen"]


def test_faulty_records_are_refused_by_kind_and_left_out_with_skip_bad(tmp_path: Path) -> None:
    words = demo_of(tmp_path, WORK + BAD)
    lxr = Lxr(tmp_path)
    refused = lxr(*words)
    assert 1 == refused.code
    assert "3 rows are faulty, and nothing was played; --skip-bad" in refused.err
    assert 2 == refused.out.count("faulty: ")
    figures = lxr.json(*words, "--skip-bad")
    left_out = [(kind["field"], kind["rows"], kind["worker_days"]) for kind in figures["faults_left_out"]]
    assert ([("tasks", 2, 0), ("tasks", 1, 1)], 8) == (left_out, figures["worker_days"])


def test_months_that_cannot_be_played_are_named_and_those_that_can_be_chosen(tmp_path: Path) -> None:
    words = demo_of(tmp_path, WORK + OLD)
    lxr = Lxr(tmp_path)
    refused = lxr(*words)
    assert 1 == refused.code
    assert "2024-03, 2026-12 cannot be played" in refused.err
    assert "--month 2026-03 --month 2026-04" in refused.err
    figures = lxr.json(*words, "--month", "2026-03")
    left_out = {each["month"]: each["worker_days"] for each in figures["months_left_out"]}
    assert ({"2024-03": 1, "2026-04": 4, "2026-12": 1}, 4) == (left_out, figures["worker_days"])
    assert 2 == lxr(*words, "--month", "2026-05").code
