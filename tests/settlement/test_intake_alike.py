"""What looks alike is alike: rows of a sheet whose tasks have no numbers, and headings."""

from pathlib import Path

import pytest

from attendance import GRID
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.fold import Fold, fold_export
from lxr.settlement.work.intake.mapping import load_mapping


def folded(tmp_path: Path, *lines: str) -> Fold:
    (tmp_path / "m.toml").write_text('month = "2026-08"' + GRID, "utf-8")
    (tmp_path / "export.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return fold_export(tmp_path / "export.csv", load_mapping(tmp_path / "m.toml"))


@pytest.mark.parametrize(
    "again", ["R0001,王 小伟,8", "R0001,王小伟 ,8", "R0001,王小伟,８", "R0001,王小伟\u200b,8", "R0001,王\u3164小伟,8"]
)
@pytest.mark.parametrize("day", ["3日", "3\u200b日", "３ 日", "\ufeff3日", "3日\ufe0f"])
def test_rows_that_look_alike_are_one_and_a_heading_is_what_it_looks_like(tmp_path: Path, again: str, day: str) -> None:
    found = folded(tmp_path, f"工号,姓名,{day}", "R0001,王小伟,8", again)
    assert [("R0001", 3, {"minutes": 480})] == [(row.worker_ref, row.date.day, row.measures) for row in found.rows]
    assert [(3, "repeats row 2")] == [(fault.row, str(fault.problem)) for fault in found.faults]


def test_two_headings_that_look_alike_are_one_day_twice(tmp_path: Path) -> None:
    with pytest.raises(InputFault, match="is there twice; expected each day once"):
        folded(tmp_path, "工号,3日,3\u200b日", "R0001,8,8")
