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
from lxr.cli.texts.language import chosen

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
    (["employer", "roster", "E001", "/none"], 1, "/none：无法读取：没有这个文件"),
    (["employer", "roster", "E001", "FILE"], 1, "第 1 行，字段 worker_ref：缺少；应为含 worker_ref, name"),
    (["employer", "add", "E001", "--shard-size", "5"], 1, "字段 shard_size 不同"),
    (["union", "close-day", "2026-12-31"], 1, "2026-12-31"),
    (["ledger", "block", "999"], 3, "账本上没有区块 999"),
    (["-C", "/none", "ledger", "show"], 1, "此处没有联盟（缺少 consortium.toml）"),
    (["--passphrase-file", "/none", "employer", "add", "E002"], 1, "/none：无法读取：没有这个文件"),
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
