"""Cells as people write them: dates, times, numbers and names, and what a spreadsheet would run as a formula."""

from datetime import date
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lxr.settlement.work.intake.cells import CellFault, read_ref
from lxr.settlement.work.intake.dates import DateRules, read_date
from lxr.settlement.work.intake.durations import DurationUnit, read_duration
from lxr.settlement.work.intake.neutral import as_it_was, neutral
from lxr.settlement.work.intake.numbers import read_quantity
from lxr.settlement.work.intake.times import day_of, read_moment

FIRST = date(2026, 8, 1)
D_FIRST, M_FIRST = DateRules(format="D/M/YYYY"), DateRules(format="M/D/YYYY")
SHORT = DateRules(format="YY-M-D")
FROM_1900, FROM_1904 = DateRules(system=1900), DateRules(system=1904)


@pytest.mark.parametrize(
    "cell",
    [
        *("2026-08-01", "2026/8/1", "2026.8.1", "2026年8月1日", "2026 年 8 月 1 日", "20260801", " 2026-8-1 "),
        *("2026-08-01 星期六", "2026-08-01（周六）", "2026/8/1 Sat", "2026-08-01, Saturday", '="2026-08-01"'),
        *("２０２６－０８－０１", "２０２６／８／１", "２０２６年８月１日", "2026-08-01 00:00:00", "2026/8/1 0:00"),
    ],
)
def test_a_date_with_its_year_first_is_read(cell: str) -> None:
    assert read_date("day", cell) == FIRST


@pytest.mark.parametrize(
    ("cell", "rules", "day"),
    [
        ("1/8/2026", D_FIRST, FIRST),
        ("8/1/2026", M_FIRST, FIRST),
        ("01.08.2026", D_FIRST, FIRST),
        ("2026/8/1", D_FIRST, FIRST),
        ("46235", FROM_1900, FIRST),
        ("46235.0", FROM_1900, FIRST),
        ("44773", FROM_1904, FIRST),
        ("26-08-01", SHORT, FIRST),
        ("26-8-1 星期六", SHORT, FIRST),
        ("2026-08-01", SHORT, FIRST),
    ],
)
def test_other_dates_are_read_by_the_rule_that_is_stated(cell: str, rules: DateRules, day: date) -> None:
    assert day == read_date("day", cell, rules)


@pytest.mark.parametrize(
    ("cell", "rules", "problem", "expected"),
    [
        ("8/1/2026", DateRules(), "reads '8/1/2026'", "date_format in the mapping"),
        ("13/13/2026", D_FIRST, "reads '13/13/2026'", "that exists"),
        ("8/31/2026", D_FIRST, "reads '8/31/2026'", "that exists"),
        ("46235", DateRules(), "reads '46235'", "date_system in the mapping"),
        ("46235.5", FROM_1900, "reads '46235.5'", "a date like"),
        ("99999", FROM_1900, "reads '99999', which is 2173-10-13", "2000 to 2099"),
        ("2026-08-01 08:00", DateRules(), "reads '2026-08-01 08:00'", "a date like"),
        ("26-8-1", DateRules(), "reads '26-8-1'", "date_format in the mapping"),
        ("26-8-1", D_FIRST, "reads '26-8-1'", "date_format in the mapping"),
        ("8/1/2026", SHORT, "reads '8/1/2026'", "date_format in the mapping"),
        ("2026-08-01 星期日", DateRules(), "reads '2026-08-01 星期日': 2026-08-01 is no such weekday", "its weekday"),
        ("2026-08-01 Mon", DateRules(), "reads '2026-08-01 Mon': 2026-08-01 is no such weekday", "its weekday"),
        ("2026年13月1日", DateRules(), "reads '2026年13月1日'", "that exists"),
        ("20261301", DateRules(), "reads '20261301'", "that exists"),
        ("八月一日", DateRules(), "reads '八月一日'", "a date like"),
        ("٢٠٢٦-08-01", DateRules(), "reads '٢٠٢٦-08-01'", "a date like"),
        ("", DateRules(), "is blank", "a date like"),
    ],
)
def test_a_date_is_never_guessed(cell: str, rules: DateRules, problem: str, expected: str) -> None:
    with pytest.raises(CellFault) as caught:
        read_date("day", cell, rules)
    assert ("day", problem) == (caught.value.column, str(caught.value.problem))
    assert expected in str(caught.value.expected)


@pytest.mark.parametrize(
    ("cell", "rules", "day", "time"),
    [
        ("2026年8月1日 11:45", DateRules(), None, (1, 11, 45)),
        ("2026年8月1日11:45", DateRules(), None, (1, 11, 45)),
        ("２０２６/８/１　１１：４５", DateRules(), None, (1, 11, 45)),
        ("20260801 11:45", DateRules(), None, (1, 11, 45)),
        ("1/8/2026 11:45", D_FIRST, None, (1, 11, 45)),
        ("2026-08-01 24:30", DateRules(), None, (2, 0, 30)),
        ("2026-08-01T25:10:00", DateRules(), None, (2, 1, 10)),
        ("46235.489583333", FROM_1900, None, (1, 11, 45)),
        ("44773.489583333", FROM_1904, None, (1, 11, 45)),
        ("11:45", DateRules(), FIRST, (1, 11, 45)),
        ("25：10", DateRules(), FIRST, (2, 1, 10)),
        ("2026-08-02 06:00", DateRules(), FIRST, (2, 6, 0)),
        ("次日 02:13", DateRules(), FIRST, (2, 2, 13)),
        ("次日02:13", DateRules(), FIRST, (2, 2, 13)),
        ("2026-08-01 次日 02:13", DateRules(), None, (2, 2, 13)),
        ("2026-08-01 星期六 09:00", DateRules(), None, (1, 9, 0)),
        ("上午9:00", DateRules(), FIRST, (1, 9, 0)),
        ("下午 6:30", DateRules(), FIRST, (1, 18, 30)),
        ("中午12:10", DateRules(), FIRST, (1, 12, 10)),
        ("凌晨1:00", DateRules(), FIRST, (1, 1, 0)),
        ("晚上10:00", DateRules(), FIRST, (1, 22, 0)),
        ("6:00 PM", DateRules(), FIRST, (1, 18, 0)),
        ("6:00\u202fPM", DateRules(), FIRST, (1, 18, 0)),
        ("12:05 a.m.", DateRules(), FIRST, (1, 0, 5)),
        ("12:05pm", DateRules(), FIRST, (1, 12, 5)),
        ("2026/8/1 下午6:00:30", DateRules(), None, (1, 18, 0, 30)),
        ("9时05分", DateRules(), FIRST, (1, 9, 5)),
        ("1 20:29:41", DateRules(month=FIRST), None, (1, 20, 29, 41)),
        ("2 00:10", DateRules(), FIRST, (2, 0, 10)),
        ("2026-08-01T03:45:00 UTC", DateRules(), None, (1, 11, 45)),
        ("2026-08-01 11:45:00 +0800", DateRules(), None, (1, 11, 45)),
        ("2026-08-01 11:45:00 +08", DateRules(), None, (1, 11, 45)),
        ("2026-08-01 11:45:00 GMT+08:00", DateRules(), None, (1, 11, 45)),
        ("2026-07-31T22:45:00-05:00", DateRules(), None, (1, 11, 45)),
        ("2026-08-01T11:45:00.123456789Z", DateRules(), None, (1, 19, 45, 0, 123456)),
    ],
)
def test_a_time_is_read_with_its_date_or_beside_one(
    cell: str, rules: DateRules, day: date | None, time: tuple[int, ...]
) -> None:
    at = read_moment("from", cell, None, rules, day).at
    assert (2026, 8, *time, 0, 0)[:7] == (at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond)


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("11:45", None),  # of which day?
        ("46235", None),  # midnight, or no time at all?
        ("46235.5", None),  # from 1900, or from 1904?
        ("8/1/2026 11:45", None),
        ("2026-08-01 48:00", None),
        ("2026-08-01 11:60", None),
        ("2026-08-01 11:45:60", None),
        ("2026-08-01", FIRST),
        ("11.45", FIRST),
        ("1145", FIRST),
        ("上午12:30", FIRST),  # half past midnight, or half past noon?
        ("下午19:00", FIRST),
        ("上午3:00 PM", FIRST),
        ("13:00 PM", FIRST),
        ("次日 02:13", None),
        ("09:00-18:00", FIRST),
        ("09:00-12:00", FIRST),  # two times, and no clock in the Pacific
        ("2026-08-01 星期日 09:00", FIRST),
        ("14 20:29:41", None),
        ("14 20:29:41", FIRST),  # not beside the first
        ("31 20:29", date(2026, 9, 2)),
        ("-1:00", FIRST),
    ],
)
def test_a_time_is_never_guessed(cell: str, day: date | None) -> None:
    with pytest.raises(CellFault):
        read_moment("from", cell, None, day=day)


@pytest.mark.parametrize(
    ("cell", "zone", "day"),
    [
        ("2026-08-01 23:59", None, 1),
        ("2026-08-01 24:30", None, 1),
        ("2026-08-01 25:10", "Asia/Shanghai", 1),
        ("2026-08-02 00:30", None, 2),
        ("2026-08-01 24:30+08:00", "UTC", 1),
        ("2026-08-01 24:30", "UTC", None),
        ("2026-08-01 24:30Z", None, None),
    ],
)
def test_an_hour_past_midnight_counts_on_the_day_it_is_written_with(
    cell: str, zone: str | None, day: int | None
) -> None:
    source = None if zone is None else ZoneInfo(zone)
    if day is not None:
        assert date(2026, 8, day) == day_of("from", cell, read_moment("from", cell, source))
    else:
        with pytest.raises(CellFault, match="Asia/Shanghai"):
            day_of("from", cell, read_moment("from", cell, source))


def test_a_time_that_stands_alone_is_told_from_one_with_its_date() -> None:
    cells = ("22:00", " ２２：００ ", "2026-08-01 22:00", "次日 06:00")
    assert [True, True, False, False] == [read_moment("to", cell, None, day=FIRST).alone for cell in cells]


@pytest.mark.parametrize(
    ("cell", "quantity"),
    [
        *(
            ("12", 12),
            ("1,234", 1234),
            ("12,345,678", 12345678),
            ("１２，３４５", 12345),
            ("１２．０", 12),
            ("　7 ", 7),
        ),
        *(("1,2345", None), ("12,34", None), (",123", None), ("1,234,", None), ("1 234", None), ("１２。５", None)),
        *(('="12"', 12), ("3km", None)),
        *(("十二", None), ("²", None), ("1E3", None), ("=1+1", None), ("'12", 12), ("１2－", None), ("－5", None)),
    ],
)
def test_a_number_is_read_exactly_in_either_width(cell: str, quantity: int | None) -> None:
    if quantity is not None:
        assert quantity == read_quantity("km", cell, 1, 1)
    else:
        with pytest.raises(CellFault):
            read_quantity("km", cell, 1, 1)


@pytest.mark.parametrize(
    ("cell", "metres"),
    [("3.1km", 3100), ("3.1 公里", 3100), ("3.1", 3100), ("３．１ｋｍ", 3100), ("1,000km", 1000000)]
    + [(cell, None) for cell in ("3.1m", "km", "3.1kmkm", "3.1 mi", "-1km", "3.1公", "3.00005km")],
)
def test_a_unit_that_the_mapping_names_may_follow_a_number(cell: str, metres: int | None) -> None:
    if metres is not None:
        assert metres == read_quantity("km", cell, 1000, 1, ("km", "公里"))
    else:
        with pytest.raises(CellFault):
            read_quantity("km", cell, 1000, 1, ("km", "公里"))


@pytest.mark.parametrize(
    ("cell", "number", "seconds"),
    [
        *(("7:30", None, 27000), ("1:41:00", None, 6060), ("01:41:00", None, 6060), ("０:４５", None, 2700)),
        *(("7小时30分", None, 27000), ("7 小时 30 分钟", None, 27000), ("45分钟", None, 2700), ("2个小时", None, 7200)),
        *(("7h 30m", None, 27000), ("7 hrs 30 mins", None, 27000), ("90 min", None, 5400), ("1.5 h", None, 5400)),
        *(("1.6833 h", None, Fraction("6059.88")), ("1.6833", "hours", Fraction("6059.88")), ("90", "minutes", 5400)),
        *(("5400", "seconds", 5400), ("0", "hours", 0), ("0:00", None, 0), ("24:00", None, 86400)),
        *(("1.5", None, None), ("", None, None), ("7:60", None, None), ("-1:00", None, None), ("1天", None, None)),
        *(("24:01", None, None), ("25", "hours", None), ("下午", None, None), ("7:30 9:00", None, None)),
    ],
)
def test_a_duration_is_read_exactly(cell: str, number: DurationUnit | None, seconds: Fraction | int | None) -> None:
    if seconds is not None:
        assert seconds == read_duration("time", cell, number, 1440)
    else:
        with pytest.raises(CellFault):
            read_duration("time", cell, number, 1440)


@pytest.mark.parametrize("cell", ['="R0001"', "'R0001", "`R0001", '"R0001"', " R0001\t", "'R0001'"])
def test_what_guards_a_whole_cell_against_a_spreadsheet_is_no_part_of_it(cell: str) -> None:
    assert "R0001" == read_ref("rider", cell)


@pytest.mark.parametrize("cell", ["1.23457E+17", "1E+15", "1.2e+18", " 1.23456789012345E+17 "])
def test_an_id_that_a_spreadsheet_rounded_is_refused(cell: str) -> None:
    with pytest.raises(CellFault, match=r"the id was rounded.*the id exported as text"):
        read_ref("id", cell)


@pytest.mark.parametrize("cell", ["Ｒ１", "=R1", "-R1", "+86", "@R", "12E4", "E+17", "123456789012345678", "王小伟"])
def test_a_name_or_id_stays_as_it_is(cell: str) -> None:
    assert cell == read_ref("rider", cell)


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        *(
            ("=1+1", "'=1+1"),
            ("+86138", "'+86138"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-cmd|x", "'-cmd|x"),
            ("\t=1", "'\t=1"),
        ),
        *(("-5", "-5"), ("-3.4", "-3.4"), ("-", "-"), ("a=b", "a=b"), ("", ""), ("'=1", "''=1"), ("＝1", "'＝1")),
        *(("'quoted'", "'quoted'"), ("-5x", "'-5x"), ("-５", "'-５")),
    ],
)
def test_what_a_spreadsheet_would_run_is_written_with_an_apostrophe(cell: str, written: str) -> None:
    assert (written, cell) == (neutral(cell), as_it_was(written))


@given(st.text(st.sampled_from("'=+-@\t\r＝5.a"), max_size=6) | st.text(max_size=8))
def test_every_cell_comes_back_as_it_was(cell: str) -> None:
    assert cell == as_it_was(neutral(cell))
