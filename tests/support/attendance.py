"""The walk-through's two days of work as an attendance sheet of the month, with merged headings and sums."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from openpyxl import Workbook

from commandline import EXAMPLES

GRID: Final = """
zone = "Asia/Shanghai"
[columns]
worker = "工号"
days = ["工时"]
[[measure]]
name = "minutes"
fold = "duration"
column = "工时"
number = "hours"
round = "half_up"
"""
"""The mapping of a sheet with the hours of each day in a column of its own."""
_LAYOUT: Final = EXAMPLES / "exports" / "month_grid.toml"
_DISTANCE: Final = """
[[measure]]
name = "metres"
fold = "sum"
column = "里程"
units = ["km"]
numerator = 1000
"""
_ROWS: Final = (
    ("2026年8月 骑手考勤",),
    ("工号", "姓名", "3日(周一)", None, None, "4日(周二)", None, None, "5日(周三)", None, None, "合计"),
    (None, None, *("工时", "单数", "里程") * 3, None),
    ("R0001", "王小伟", 2.2333, 5, 13.9, "1:43", "4单", "9.1km", None, None, None, 9),
    ("R0002", "李兰英", "1小时19分", "3单", "7.6 km", None, None, None, None, None, None, 3),
    ("R0003", "赵建国", timedelta(minutes=103), 4, 10, 1.7333, 4, "９.４", None, None, None, 8),
    ("合计", None, 5.27, 12, 31.5, 3.45, 8, 18.5, None, None, None, 20),
    ("制表人：王五",),
)


def write_sheet(folder: Path) -> tuple[Path, Path]:
    """Write the workbook and its mapping, which is the example's with distances added; return both files."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in _ROWS:
        sheet.append(row)
    for span in ("A1:L1", "C2:E2", "F2:H2", "I2:K2"):
        sheet.merge_cells(span)
    workbook, mapping = folder / "attendance-2026-08.xlsx", folder / "attendance.toml"
    book.save(workbook)
    days = 'days = ["工时", "单数"]'
    layout = _LAYOUT.read_text("utf-8")
    assert days in layout
    mapping.write_text(layout.replace(days, 'days = ["工时", "单数", "里程"]') + _DISTANCE, "utf-8")
    return workbook, mapping
