"""lxr employer map new | check: a mapping is written with a few answers, tried, and never written over another."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from commandline import EXAMPLES, Lxr
from lxr.cli.commands import mapping

WECOM = ("--measure", "days=count", "--measure", "minutes=duration:实际工作时长", "--round", "minutes=half_up")
REFUSED, USAGE, NOT_KNOWN_YET = 1, 2, 3


@pytest.fixture
def lxr(tmp_path: Path) -> Lxr:
    """Where there is no ledger: none is needed."""
    shutil.copy(EXAMPLES / "exports" / "wecom.csv", tmp_path)
    return Lxr(tmp_path / "nowhere")


def test_a_mapping_is_written_and_tried_without_a_ledger(lxr: Lxr, tmp_path: Path) -> None:
    export, out = tmp_path / "wecom.csv", tmp_path / "wecom.toml"
    ran = lxr("employer", "map", "new", export, *WECOM, "--empty-rows", "skip")
    assert (0, "") == (ran.code, ran.err)
    assert [] == [
        word
        for word in (
            "8小时30分钟",
            "账号: the worker's number",
            'date = "时间"',
            "4 rows: 3 count, 1 passed over",
            str(out),
        )
        if word not in ran.out
    ]
    assert 0o600 == out.stat().st_mode & 0o777
    found = lxr.json("employer", "map", "check", export, "--map", out)
    assert (4, 3, 0, {"days": 3, "minutes": 1275}) == (
        *(found["rows_in"], found["rows_used"], found["faulty"]),
        found["totals"],
    )
    assert [("实际工作时长 blank", 1)] == [(one["why"], one["count"]) for one in found["passed_over"]]


def test_a_mapping_that_is_there_is_not_written_over(lxr: Lxr, tmp_path: Path) -> None:
    (tmp_path / "wecom.toml").write_text("mine")
    ran = lxr("employer", "map", "new", tmp_path / "wecom.csv", *WECOM, "--empty-rows", "skip")
    assert (REFUSED, "lxr: wecom.toml: is there already; expected the name of a new file\n") == (ran.code, ran.err)
    assert "mine" == (tmp_path / "wecom.toml").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), ["--measure minutes=… is missing", "duration:实际工作时长", "times:最早>最晚"]),
        (WECOM, ["--empty-rows … is missing", "skip, fault"]),
        (WECOM[:4], ["--round minutes=… is missing", "up, half_up"]),
    ],
)
def test_without_a_terminal_the_option_that_is_missing_is_named(
    lxr: Lxr, tmp_path: Path, words: tuple[str, ...], said: list[str]
) -> None:
    ran = lxr("employer", "map", "new", tmp_path / "wecom.csv", *words)
    assert (USAGE, 1) == (ran.code, ran.err.count("\n"))
    assert [] == [word for word in said if word not in ran.err]
    assert [tmp_path / "wecom.csv"] == list(tmp_path.iterdir())


def test_on_a_terminal_it_asks_until_the_answer_is_one(
    lxr: Lxr, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["1", "roughly", "half_up", "skip"])
    monkeypatch.setattr(mapping, "_can_ask", lambda _: True)
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: next(answers))
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: True)
    ran = lxr("employer", "map", "new", tmp_path / "wecom.csv")
    assert (0, []) == (ran.code, list(answers))
    assert "'roughly'" in ran.err
    assert 'column = "实际工作时长"' in (tmp_path / "wecom.toml").read_text("utf-8")


@pytest.mark.parametrize("where", ["prompt", "confirm"])
def test_a_person_who_stops_leaves_nothing(
    lxr: Lxr, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def stopped(*_: object, **__: object) -> str:
        raise typer.Abort

    monkeypatch.setattr(mapping, "_can_ask", lambda _: True)
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: "1")
    monkeypatch.setattr(typer, where, stopped)
    assert NOT_KNOWN_YET == lxr("employer", "map", "new", tmp_path / "wecom.csv").code
    assert [tmp_path / "wecom.csv"] == list(tmp_path.iterdir())


def test_a_file_without_a_usable_row_ends_with_1_and_says_why_by_kind(lxr: Lxr, tmp_path: Path) -> None:
    export, rows = tmp_path / "bad.csv", ["R1,2026-08-03,later", "R2,2026-08-03,soon"]
    export.write_text("\n".join(["账号,时间,实际工作时长", *rows]) + "\n", "utf-8")
    ran = lxr("employer", "map", "check", export, "--map", EXAMPLES / "exports" / "wecom.toml")
    assert 1 == ran.code
    assert [] == [
        word
        for word in ("row 2, field 实际工作时长: reads 'later'", "and 1 more like it, in rows 3", "reads 'soon'")
        if word not in ran.out
    ]
    assert f"lxr: {export} has no usable row with this mapping\n" == ran.err
    as_json = lxr("--json", "employer", "map", "check", export, "--map", EXAMPLES / "exports" / "wecom.toml")
    assert (1, [2]) == (as_json.code, [kind["count"] for kind in as_json.json["faults"]])


def test_in_chinese_the_questions_and_the_comments_are_chinese(tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / "exports" / "wecom.csv", tmp_path)

    def ran(*words: str) -> subprocess.CompletedProcess[str]:
        command = [
            str(Path(sys.executable).with_name("lxr")),
            "--lang",
            "zh",
            "employer",
            "map",
            "new",
            "wecom.csv",
            *words,
        ]
        return subprocess.run(
            command, cwd=tmp_path, env=os.environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )

    missing = ran(*WECOM)
    assert (
        USAGE,
        "lxr: 缺少 --empty-rows …：有 1 行的 实际工作时长 全部为空。这些行如何处理？；应为其一：skip, fault\n",
    ) == (
        missing.returncode,
        missing.stderr,
    )
    assert "共 4 行：计入 3 行，未计入 1 行，有错误 0 行" in ran(*WECOM, "--empty-rows", "skip").stdout
    assert "# 单位内部的工号，与花名册一致。\n" in (tmp_path / "wecom.toml").read_text("utf-8")
