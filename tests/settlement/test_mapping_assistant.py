"""The mapping assistant: what a file shows is taken, what means money is asked, and what is written reads the file."""

import random
from datetime import date, time
from pathlib import Path
from typing import Final

import pytest
from openpyxl import Workbook

from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.fold import fold_export
from lxr.settlement.work.intake.mapping import load_mapping
from lxr.settlement.work.mapping_assistant.assistant import Made, open_assistant, write_mapping
from lxr.settlement.work.mapping_assistant.checking import check
from lxr.settlement.work.mapping_assistant.given import given_by
from lxr.settlement.work.mapping_assistant.questions import Question
from lxr.settlement.work.mapping_assistant.words import role_of, unit_in
from quick import examples

EXPORTS: Final = Path(__file__).parents[2] / "examples" / "exports"
ANSWERS: Final[dict[str, tuple[str, ...]]] = {
    "delivery": (
        "start 取餐时间",
        "if_blank 取餐时间=接单时间",
        "counts 订单状态=已完成",
        "not-counted 订单状态=已取消,已改派",
        "measure orders=count",
        "measure night_orders=count",
        "hours night_orders:取餐时间=22:00-06:00",
        "measure express_orders=count",
        "counts express_orders:类型=专送",
        "not-counted express_orders:类型=普通",
        "measure minutes=times:取餐时间>送达时间",
        "round minutes=up",
        "longest minutes=180",
        "measure metres=sum:配送距离",
    ),
    "dingtalk": (
        "measure days=count",
        "measure minutes=times:上班1/打卡时间>下班1/打卡时间,上班2/打卡时间>下班2/打卡时间",
        "round minutes=up",
        "longest minutes=960",
        "empty_rows skip",
    ),
    "wecom": (
        "measure days=count",
        "measure minutes=duration:实际工作时长",
        "round minutes=half_up",
        "empty_rows skip",
    ),
    "month_grid": ("number 工时=hours", "round minutes=half_up"),
    "shift_plan": (
        "counts 班次=早,中,夜",
        "not-counted 班次=休,假",
        "fault 班次=培训",
        "measure shifts=count",
        "measure night_shifts=count",
        "counts night_shifts:班次=夜",
        "not-counted night_shifts:班次=早,中",
    ),
    "time_tracker": ("measure minutes=duration:Duration (h)", "round minutes=half_up", "longest minutes=720"),
}
ONE: Final = ("sheet", "header_row", "worker", "employer", "id", "date", "start", "end", "empty_rows", "month")
EACH: Final = ("measure", "hours", "round", "unit", "number", "overnight", "longest", "if_blank")
HEADER: Final = "工号,日期,上班,下班\n"


def next_of(export: Path, *words: str, names: tuple[str, ...] | None = None) -> Question | Made:
    """What the assistant says to answers like "round minutes=up"."""
    said = [word.split(" ", 1) for word in words]

    def of(code: str) -> list[str]:
        return [answer for each, answer in said if each == code]

    given = given_by(
        one={code: next(iter(of(code)), None) for code in ONE},
        each={code: of(code) for code in EACH},
        values={code: of(code) for code in ("counts", "not-counted", "fault")},
    )
    opened = open_assistant(export, given)
    return opened if isinstance(opened, Question) else opened.next(given, names=names)


def asked(export: Path, *words: str, names: tuple[str, ...] | None = None) -> tuple[str, str, str]:
    question = next_of(export, *words, names=names)
    assert isinstance(question, Question), question
    return question.key.code, question.key.about, question.key.value


def made(export: Path, *words: str, names: tuple[str, ...] | None = None) -> Made:
    found = next_of(export, *words, names=names)
    assert isinstance(found, Made), found
    return found


def saved(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "export.csv"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ANSWERS)
def test_a_layout_and_its_answers_make_a_mapping_that_comes_to_the_same_as_the_one_by_hand(
    name: str, language: str, tmp_path: Path
) -> None:
    export = EXPORTS / f"{name}.csv"
    by_hand = fold_export(export, load_mapping(EXPORTS / f"{name}.toml"))
    write_mapping(tmp_path / "m.toml", made(export, *ANSWERS[name]), export, language)  # type: ignore[arg-type]
    written = fold_export(export, load_mapping(tmp_path / "m.toml"))
    assert (by_hand.rows, by_hand.source_count) == (written.rows, written.source_count)
    assert [fault.row for fault in by_hand.faults] == [fault.row for fault in written.faults]


@pytest.mark.parametrize(
    ("name", "words", "question"),
    [
        ("delivery", (), ("value", "订单状态", "已完成")),
        ("delivery", ("counts 订单状态=已完成",), ("value", "订单状态", "已取消")),
        ("delivery", ANSWERS["delivery"][1:4], ("start", "", "")),
        ("dingtalk", (), ("round", "minutes", "")),
        ("dingtalk", ("round minutes=up",), ("empty_rows", "", "")),
        ("wecom", (), ("measure", "minutes", "")),
        ("month_grid", (), ("number", "工时", "")),
        ("shift_plan", (), ("value", "班次", "早")),
        ("time_tracker", (), ("measure", "minutes", "")),
    ],
)
def test_what_means_money_is_asked(name: str, words: tuple[str, ...], question: tuple[str, str, str]) -> None:
    assert question == asked(EXPORTS / f"{name}.csv", *words)


@pytest.mark.parametrize(
    ("text", "words", "question"),
    [
        (HEADER + "R1,2026-08-03,22:00,06:00\n", ("round up",), ("overnight", "minutes", "")),
        (HEADER + "R1,03/08/2026,09:00,18:00\n", ("round up",), ("date_format", "", "")),
        ("工号,日期,里程\nR1,2026-08-03,3\n", (), ("unit", "里程", "")),
        ("工号,日期,里程\nR1,2026-08-03,3km\nR1,2026-08-03,800m\n", (), ("unit", "里程", "")),
        ("工号,日期,里程(m)\nR1,2026-08-03,3.5\n", (), ("round", "metres", "")),
        ("工号,日期,工时\nR1,2026-08-03,8\n", (), ("number", "工时", "")),
        ("甲,日期,上班,下班\nR1,2026-08-03,09:00,18:00\n", ("header_row 1",), ("worker", "", "")),
        ("工号,用工单位,日期\nR1,E001,2026-08-03\nR2,E002,2026-08-03\n", (), ("employer", "", "")),
        ("no,工号,日期\n1,R1,2026-08-03\n2,R1,2026-08-03\n", (), ("id", "", "")),
        ("工号,日期,结果\nR1,2026-08-03,成功\nR1,2026-08-03,用户取消\n", (), ("value", "结果", "成功")),
        ("rider,date,result\nR1,2026-08-03,ok\nR2,2026-08-03,Cancelled\n", (), ("value", "result", "ok")),
        ("工号,1,2\nR1,8:00,7:30\n", ("round up",), ("month", "", "")),
        ("工号,1,2\nR1,8,7\n", (), ("under_days", "", "")),
    ],
)
def test_what_a_file_does_not_say_is_asked(
    tmp_path: Path, text: str, words: tuple[str, ...], question: tuple[str, str, str]
) -> None:
    assert question == asked(saved(tmp_path, text), *words)


@pytest.mark.parametrize(
    ("text", "words", "totals"),
    [
        (HEADER + "R1,2026-08-03,09:00,18:00\n", ("round up",), {"minutes": 540}),
        (HEADER + "R1,31/08/2026,09:00,18:00\n", ("round up",), {"minutes": 540}),  # no month is the 31st
        (HEADER + "R1,2026-08-03,22:00,06:00\n", ("round up", "overnight next_day"), {"minutes": 480}),
        (HEADER + "R1,2026-08-03,9:00 AM,6:00 PM\n", ("round up",), {"minutes": 540}),
        (HEADER + "R1,2026-08-03 星期一,18:00,次日 02:13\n", ("round up",), {"minutes": 493}),
        ("sep=;\n" + HEADER.replace(",", ";") + "R1;2026-08-03;09:00;18:00\n", ("round up",), {"minutes": 540}),
        (
            "8月考勤,,,\n统计日期：2026-08-01,,,\n" + HEADER + "R1,2026-08-03,09:00,18:00\n",
            ("round up",),
            {"minutes": 540},
        ),
        ("工号,日期,上班,下班,备注,备注\nR1,2026-08-03,09:00,18:00,,\n", ("round up",), {"minutes": 540}),
        ("rider,date,distance_km\nR1,2026-08-03,3.1\n", (), {"metres": 3100}),
        ("工号,日期,里程\nR1,2026-08-03,3.1\n", ("unit 里程=km",), {"metres": 3100}),
        ("工号,1,2\nR1,8:00,7:30\n", ("round up", "month 2026-08"), {"minutes": 930}),
        ("no,rider,date,status\n1,R1,2026-08-03,done\n", ("id none", "counts status=*"), {"tasks": 1}),
    ],
)
def test_what_a_file_says_is_taken(tmp_path: Path, text: str, words: tuple[str, ...], totals: dict[str, int]) -> None:
    assert totals == made(saved(tmp_path, text), *words).check.totals


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("round up", "worker 编号"), ["--worker", "no column is called '编号'", "工号, 日期, 上班, 下班"]),
        (("round down",), ["--round", "'down'", "up, half_up"]),
        (("round up", "counts 状态=已完成"), ["--counts 状态", "no column is called"]),
        (("round up", "unit 里程=km"), ["--unit", "里程", "does not ask"]),
        (("round up", "measure minutes=sum"), ["--measure minutes", "'sum'", "sum:COLUMN"]),
        (("round up", "measure minutes=times:上班"), ["times:START>END"]),
        (("round up", "measure Minutes=count"), ["'Minutes'", "as in the terms"]),
        (("round up", "measure minutes=none"), ["nothing is measured"]),
        (("round up", "longest 0"), ["--longest", "1 to 1440"]),
        (("round up", "header_row x"), ["--header-row", "'x'"]),
        (("round up", "header_row 9"), ["header_row", "row 9"]),
        (("round up", "hours minutes=22:00"), ["hours"]),
        (("round up", "month 2026-08"), ["--month", "is not asked"]),
    ],
)
def test_an_answer_that_does_not_fit_the_file_is_refused(
    tmp_path: Path, words: tuple[str, ...], said: list[str]
) -> None:
    export = saved(tmp_path, HEADER + "R1,2026-08-03,09:00,18:00\n")
    with pytest.raises(InputFault) as refused:
        made(export, *words)
    assert [] == [word for word in said if word not in str(refused.value)], refused.value


def test_the_terms_measures_are_those_of_the_mapping_and_others_are_left_out(tmp_path: Path) -> None:
    export = saved(tmp_path, "单号,工号,日期,里程km\nA1,R1,2026-08-03,3\n")
    assert ("measure", "bonus", "") == asked(export, names=("orders", "bonus"))
    found = made(export, "measure bonus=none", names=("orders", "bonus"))
    assert ({"orders": 1}, ("metres",)) == (found.check.totals, found.left_out)


def test_of_several_sheets_one_is_asked_for(tmp_path: Path) -> None:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "八月"
    sheet.append(["工号", "日期", "上班", "下班"])
    sheet.append(["R1", date(2026, 8, 3), time(9), time(18)])
    workbook.create_sheet("说明").append(["x"])
    workbook.save(tmp_path / "e.xlsx")
    assert ("sheet", "", "") == asked(tmp_path / "e.xlsx")
    assert {"minutes": 540} == made(tmp_path / "e.xlsx", "sheet 八月", "round up").check.totals


def test_hidden_rows_and_columns_and_formulas_are_told(tmp_path: Path) -> None:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    for row in (
        ["工号", "日期", "上班", "下班", "备注", "合计"],
        ["R1", date(2026, 8, 3), time(9), time(18), "x", "=1+1"],
    ):
        sheet.append(row)
    sheet.column_dimensions["E"].hidden = True
    workbook.save(tmp_path / "e.xlsx")
    opened = open_assistant(tmp_path / "e.xlsx", {})
    assert not isinstance(opened, Question)
    assert ["hidden columns: 备注", "columns with formulas or errors: 合计"] == [
        str(one) for one in opened.shown.unseen
    ]
    sheet.row_dimensions[2].hidden = True
    workbook.save(tmp_path / "e.xlsx")
    with pytest.raises(InputFault, match="row 2: is hidden"):
        made(tmp_path / "e.xlsx", "round up")


def test_no_mapping_is_written_that_reads_no_row_nor_over_a_file_that_is_there(tmp_path: Path) -> None:
    export = saved(tmp_path, HEADER + "R1,2026-08-03,18:00,09:00\n")
    with pytest.raises(InputFault, match="no usable row"):
        write_mapping(tmp_path / "m.toml", made(export, "round up", "overnight fault"), export, "en")
    assert not (tmp_path / "m.toml").exists()
    (tmp_path / "m.toml").write_text("mine")
    with pytest.raises(InputFault, match="is there already"):
        write_mapping(tmp_path / "m.toml", made(export, "round up", "overnight next_day"), export, "en")
    assert "mine" == (tmp_path / "m.toml").read_text()


def test_a_check_counts_rows_and_puts_faults_together_by_kind(tmp_path: Path) -> None:
    rows = ["R1,2026-08-03,09:00,18:00", *["R1,2026-08-04,x,18:00", "R2,2026-08-04,y,18:00"], "R2,2026-08-05,09:00,"]
    export = saved(tmp_path, HEADER + "\n".join([*rows, "合计,,,"]) + "\n")
    mapping = made(export, "round up").mapping
    found = check(export, mapping)
    assert (5, 1, 3, 1, 1) == (found.rows_in, found.rows_used, found.faulty, found.workers, found.days)
    kinds = [(kind.first.row, kind.first.field, kind.count, kind.rows, len(kind.others)) for kind in found.faults]
    assert [(3, "上班", 2, (3, 4), 1), (5, "下班", 1, (5,), 0)] == kinds


def test_whatever_a_file_holds_is_a_question_a_mapping_or_one_line(tmp_path: Path) -> None:
    layouts = [path.read_bytes() for path in sorted(EXPORTS.glob("*.csv"))]
    chance = random.Random(11)
    faults = []
    for number in range(examples(120)):
        data = bytearray(chance.choice(layouts))
        for _ in range(chance.randint(1, 12)):
            place = chance.randrange(len(data))
            data[place : place + chance.randint(0, 3)] = chance.choice(
                [b",", b"\n", b'"', b"\0", b"1", b"\xff", b";", "合计".encode(), b"=", b"'", b"\\", b"]"]
            )
        export = tmp_path / f"{number}.csv"
        export.write_bytes(data)
        words: list[str] = []
        try:
            found = next_of(export)
            while isinstance(found, Question) and found.choices and len(words) < 40:
                key, answer = found.key, chance.choice(found.choices).answer
                about = f"{key.about}=" if key.about else ""
                words.append(f"{answer} {about}{key.value}" if key.code == "value" else f"{key.code} {about}{answer}")
                found = next_of(export, *words)
        except InputFault as fault:
            faults.append(str(fault))
    assert [] == [fault for fault in faults if "\n" in fault]


@pytest.mark.parametrize(
    ("role", "headings"),
    [
        ("worker", "工号 员工编号 骑手ID 骑手编号 账号 worker rider_id Employee-ID User"),
        ("id", "订单号 单号 任务编号 order_no task_id job_no no"),
        ("date", "日期 考勤日期 时间 date work_date"),
        ("start", "接单时间 取餐时间 开始 上班 上班1打卡时间 签到时间 start started_at clock_in"),
        ("end", "送达时间 完成时间 结束 下班 下班2打卡时间 签退 end delivered_at clock_out submitted_at"),
        ("distance", "里程 配送距离 里程(km) 公里 distance_km km"),
        ("duration", "工时 实际工作时长 工时（小时） duration Duration(h) hours seconds 秒数"),
        ("quantity", "单数 完成单量 orders"),
        ("status", "状态 订单状态 status"),
        ("other", "姓名 部门 备注 打卡结果 项目 job"),
    ],
)
def test_a_heading_is_known_by_its_words(role: str, headings: str) -> None:
    assert dict.fromkeys(headings.split(), role) == {name: role_of((name,)) for name in headings.split()}


@pytest.mark.parametrize(
    ("heading", "unit"),
    [
        ("里程(km)", "km"),
        ("distance_km", "km"),
        ("里程（米）", "m"),
        ("公里数", "km"),
        ("Duration (h)", "hours"),
        ("工时", None),
    ],
)
def test_a_heading_says_its_unit_or_none(heading: str, unit: str | None) -> None:
    assert unit == unit_in(heading)
