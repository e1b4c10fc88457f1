"""Every text in both languages. The language is that of the process, so Chinese is asked of another one."""

import json
import os
import re
import subprocess
import sys
from functools import cache

import pytest
from typer import rich_utils

from commandline import LXR, PASSPHRASE, ROOT, Month
from lxr.cli.texts.chinese import fault_in_chinese, in_chinese
from lxr.cli.texts.language import chosen
from lxr.settlement.errors import InputFault

CHINESE = re.compile("[\u4e00-\u9fff]")
DUMP = """
import json, sys
import typer
from lxr.cli.app import app, run
from lxr.cli.lazy import Command

def texts(command, path):
    command = command.loaded() if isinstance(command, Command) else command
    yield path, "", command.help
    for parameter in command.get_params(typer.Context(command)):
        yield path, parameter.name, parameter.help
    for name, inner in getattr(command, "commands", {}).items():
        yield from texts(inner, f"{path} {name}".strip())

print(json.dumps(list(texts(typer.main.get_command(app), ""))))
for words in json.load(sys.stdin):
    print(run(words), file=sys.stderr)
"""
LINES: list[tuple[list[str], int, str]] = [
    (["--at", "x", "ledger", "show"], 2, "--at：'x'；应为时间"),
    (["ledger", "show", "--as", "x"], 2, "应为下列之一"),
    (["ledger", "show", "--lang", "fr"], 2, "应为 zh 或 en"),
    (["ledger", "show", "--at"], 2, "缺少取值"),
    (
        ["--at", "2031-08-02", "employer", "add", "E002"],
        2,
        "--at：2031-08-02T00:00 比账本时钟 2026-07-30T10:00 晚 400 天以上",
    ),
    (["dance"], 2, "没有命令 'dance'"),
    (["ledger", "show", "--dance"], 2, "没有选项 --dance"),
    (["employer", "add"], 2, "缺少 'EMPLOYER'"),
    (["employer", "add", "e1"], 2, "'EMPLOYER' 取值错误：'e1'；应为E 加 3 至 6 位数字"),
    (["employer", "add", "E002", "--shard-size", "0"], 2, "'--shard-size' 取值错误：应不小于 1"),
    (["employer", "add", "E002", "--shard-size", "x"], 2, "'--shard-size' 取值错误：应为整数"),
    (["employer", "set", "E001", "asleep", "2026-01-01", "--reason", "x"], 2, "'STATUS' 取值错误：'asleep' 不是"),
    (["employer", "roster", "E009"], 1, "没有用工单位 E009"),
    (["employer", "roster", "E001", "/none"], 1, "/none：没有这个文件"),
    (["employer", "roster", "E001", "FILE"], 1, "第 1 行，字段 worker_ref：缺少；应为含 worker_ref, name"),
    (["employer", "add", "E001", "--shard-size", "5"], 1, "字段 shard_size 不同"),
    (["union", "close-day", "2026-12-31"], 1, "2026-12-31"),
    (["ledger", "block", "999"], 3, "账本上没有区块 999"),
    (["-C", "/none", "ledger", "show"], 1, "此处没有联盟（缺少 consortium.toml）"),
    (["--passphrase-file", "/none", "employer", "add", "E002"], 1, "/none：没有这个文件"),
]


def process(*words: str, language: str, stdin: str = "", **variables: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LXR_")}
    environment |= {"LXR_LANG": language, "LXR_PASSPHRASE": PASSPHRASE, "PYTHONIOENCODING": "utf-8", **variables}
    return subprocess.run(words, env=environment, input=stdin, capture_output=True, text=True, check=False)


@cache
def dumped(language: str) -> list[tuple[str, str, str | None]]:
    ran = process(sys.executable, "-c", DUMP, language=language, stdin="[]")
    assert (0, "") == (ran.returncode, ran.stderr)
    return [(path, name, text) for path, name, text in json.loads(ran.stdout.splitlines()[0])]


def test_every_command_and_every_option_has_help_in_chinese() -> None:
    texts = dumped("zh")
    assert len(texts) > 150
    assert [] == [(path, name) for path, name, text in texts if not text or not CHINESE.search(text)]


def test_every_command_and_every_option_has_help_in_english() -> None:
    english = [(path, name) for path, name, text in dumped("en") if text and not CHINESE.search(text)]
    assert [(path, name) for path, name, _ in dumped("zh")] == english


def test_help_is_in_the_language_that_the_command_line_asks_for() -> None:
    ran = process(LXR.as_posix(), "employer", "--lang", "zh", "deposit", "--help", language="en")
    assert (0, True, True) == (ran.returncode, "选项" in ran.stdout, "付款指令" in ran.stdout)
    ran = process(LXR.as_posix(), "employer", "--lang=en", "deposit", "--help", language="zh")
    assert (0, None) == (ran.returncode, CHINESE.search(ran.stdout))


def test_refusals_and_faults_are_in_chinese_with_lang_zh(month: Month) -> None:
    done = month.after("worker join")
    table = [
        ([str(ROOT / "README.md") if word == "FILE" else word for word in words], code, expected)
        for words, code, expected in LINES
    ]
    ran = process(
        *(sys.executable, "-c", DUMP),
        language="zh",
        stdin=json.dumps([words for words, *_ in table]),
        LXR_DIR=str(done.copy),
        LXR_AT=done.step.at,
    )
    assert "Traceback" not in ran.stderr
    said = ""
    lines = iter(ran.stderr.splitlines())
    for words, code, expected in table:
        line = next(lines)
        said, line = (line, next(lines)) if line.startswith("lxr: ") else ("", line)
        assert str(code) == line, words
        assert expected in said, words


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("orders.csv, row 3, field km: reads '-1', which is negative; expected 0 or more",
         "orders.csv，第 3 行，字段 km：为 '-1'，是负数；应为不小于 0"),
        ("orders.csv, row 3: has 6 cells; expected 5 cells", "orders.csv，第 3 行：有 6 个单元格；应为5 个单元格"),
        ("b.json, field digest: does not fit; expected a batch file as it was prepared",
         "b.json，字段 digest：不相符；应为未经改动的批次文件"),
        ("b.xml: it opens with -6.50; expected 6.00, with which a.xml closes",
         "b.xml：期初余额为 -6.50；应为a.xml 的期末余额 6.00"),
        ("bank, field fee: the day's statement has no room for 9.01; expected less, or another day",
         "bank，字段 fee：当日对账单容不下 9.01；应为更少的金额，或改日"),
        ("closing.json: names no ledger; expected a file of lxr ledger checkpoint",
         "closing.json：未指明账本；应为由 lxr ledger checkpoint 保存的文件"),
        ("cash-out CE001: shard 3 has 200 payments, and the bank takes 100 in one file; "
         "expected a bank that takes more",
         "提现批次 CE001：分片 3 有 200 笔付款，而银行单个文件最多 100 笔；应为更高的单个文件笔数上限"),
        ("cash-out CE001, field debtor: the files name A, 1, as the holder of the custody account; expected B, 2: "
         "cancel the cash-out, and prepare it anew",
         "提现批次 CE001，字段 debtor：付款文件所载的托管账户持有人为 A, 1；应为B, 2；请取消该提现批次后重新经办"),
        ("x.csv, row 1, field a: something that the table does not know", "x.csv，第 1 行，字段 a："
         "something that the table does not know"),
    ],
)  # fmt: skip
def test_a_fault_of_a_file_keeps_its_place_in_chinese(english: str, chinese: str) -> None:
    match = re.fullmatch(r"([^,]+)(?:, row (\d+))?(?:, field (\w+))?: (.+?)(?:; expected (.+))?", english)
    assert match is not None
    file, row, field, problem, expected = match.groups()
    fault = InputFault(file=file, row=int(row) if row else None, field=field, problem=problem, expected=expected or "")
    assert english == str(fault)
    assert chinese == fault_in_chinese(fault)


def test_what_the_table_does_not_know_stays_as_it_is() -> None:
    assert "something else" == in_chinese("something else")
    assert "某处：没有这个文件" == in_chinese("某处: no such file")


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        ([], {}, "en"),
        ([], {"LANG": "zh_CN.UTF-8"}, "zh"),
        ([], {"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ([], {"LANG": "C", "LXR_LANG": "zh"}, "zh"),
        (["--lang", "zh", "ledger"], {"LXR_LANG": "en"}, "zh"),
        (["ledger", "show", "--lang=en"], {"LXR_LANG": "zh"}, "en"),
        (["ledger", "--lang"], {}, "en"),
    ],
)
def test_the_language_is_that_of_the_line_then_of_the_environment(
    arguments: list[str], environment: dict[str, str], language: str
) -> None:
    assert language == chosen(arguments, environment)


def test_typer_has_not_changed_what_the_headings_of_help_hang_on() -> None:
    assert {"ARGUMENTS_PANEL_TITLE", "OPTIONS_PANEL_TITLE", "COMMANDS_PANEL_TITLE"} <= set(vars(rich_utils))
