"""The example exports: each layout's small file comes to the right figures."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from lxr.settlement.work.intake.fold import Fold, fold_export
from lxr.settlement.work.intake.mapping import load_mapping

EXPORTS = Path(__file__).parents[2] / "examples" / "exports"
MONDAY, TUESDAY, WEDNESDAY = date(2026, 8, 3), date(2026, 8, 4), date(2026, 8, 5)

Rows = dict[tuple[str, date], dict[str, int]]
RIGHT: dict[str, Rows] = {
    "delivery": {
        ("R0001", MONDAY): {"express_orders": 1, "metres": 7000, "minutes": 60, "night_orders": 1, "orders": 3},
        ("R0002", MONDAY): {"express_orders": 1, "metres": 4000, "minutes": 25, "night_orders": 1, "orders": 1},
    },
    "dingtalk": {("R0001", MONDAY): {"days": 1, "minutes": 453}, ("R0002", MONDAY): {"days": 1, "minutes": 493}},
    "wecom": {
        ("R0001", MONDAY): {"days": 1, "minutes": 510},
        ("R0001", TUESDAY): {"days": 1, "minutes": 510},
        ("R0002", MONDAY): {"days": 1, "minutes": 255},
    },
    "month_grid": {
        ("R0001", MONDAY): {"minutes": 495, "orders": 21},
        ("R0001", WEDNESDAY): {"minutes": 450, "orders": 18},
        ("R0002", MONDAY): {"minutes": 260, "orders": 9},
        ("R0002", TUESDAY): {"minutes": 260, "orders": 10},
    },
    "shift_plan": {
        ("R0001", MONDAY): {"night_shifts": 0, "shifts": 1},
        ("R0001", TUESDAY): {"night_shifts": 1, "shifts": 1},
        ("R0002", MONDAY): {"night_shifts": 0, "shifts": 1},
    },
    "time_tracker": {("R0001", MONDAY): {"minutes": 121}, ("R0002", MONDAY): {"minutes": 450}},
}
FAULTS = {
    "delivery": [(7, "送达时间", "lies 4:00:00 after 取餐时间")],
    "dingtalk": [(7, "下班1/打卡时间", "is blank")],
    "shift_plan": [(4, "8/5", "reads '培训'")],
}
PASSED_OVER = {
    "delivery": [("订单状态 reads '已取消'", 1), ("a total", 1)],
    "dingtalk": [("上班1/打卡时间, 下班1/打卡时间, 上班2/打卡时间, 下班2/打卡时间 blank", 1)],
    "wecom": [("实际工作时长 blank", 1)],
    "month_grid": [("a total", 1), ("a note", 1)],
    "shift_plan": [("班次 reads '休'", 1), ("班次 reads '假'", 1)],
    "time_tracker": [("a total", 1)],
}


def folded(name: str, folder: Path = EXPORTS) -> Fold:
    return fold_export(folder / f"{name}.csv", load_mapping(EXPORTS / f"{name}.toml"))


def test_every_example_has_its_right_figures_here() -> None:
    assert set(RIGHT) == {path.stem for path in EXPORTS.glob("*.toml")} == {path.stem for path in EXPORTS.glob("*.csv")}


@pytest.mark.parametrize("name", RIGHT)
def test_an_example_comes_to_the_right_figures(name: str) -> None:
    fold = folded(name)
    assert RIGHT[name] == {(row.worker_ref, row.date): row.measures for row in fold.rows}
    assert FAULTS.get(name, []) == [(each.row, each.field, str(each.problem)) for each in fold.faults]
    assert PASSED_OVER[name] == [(str(each.why), each.count) for each in fold.passed_over]


@pytest.mark.parametrize("name", RIGHT)
def test_an_example_saved_in_gb18030_comes_to_the_same(name: str, tmp_path: Path) -> None:
    shutil.copy(EXPORTS / f"{name}.csv", tmp_path)
    (tmp_path / f"{name}.csv").write_bytes((EXPORTS / f"{name}.csv").read_text("utf-8").encode("gb18030"))
    assert folded(name).rows == folded(name, tmp_path).rows
