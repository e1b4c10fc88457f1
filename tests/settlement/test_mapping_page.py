"""The examples of docs/mapping.md come to what the page says, and the page names every key of a mapping."""

import json
import re
import shlex
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from commandline import Lxr
from lxr.settlement.people.roster import read_roster
from lxr.settlement.people.roster_mapping import HEADINGS, RosterColumns, RosterMapping, load_roster_mapping
from lxr.settlement.work.intake.fold import fold_export
from lxr.settlement.work.intake.mapping import (
    Columns,
    Count,
    Dates,
    Duration,
    Mapping,
    MergedMinutes,
    Only,
    Sum,
    load_mapping,
)

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "mapping.md").read_text("utf-8")
EXAMPLES: Final = re.findall(r"```toml\n([^`]*)```\n```csv\n(.*?)```\n```json\n(.*?)```", PAGE, re.DOTALL)
OF_PEOPLE: Final = [example for example in EXAMPLES if "bank_account" in example[0]]
OF_WORK: Final = [example for example in EXAMPLES if example not in OF_PEOPLE]
ADDED: Final = {
    "[columns]": '[columns]\nworker = "工号"\ndate = "日期"\n',
    "[[measure]]": '[[measure]]\nname = "shifts"\nfold = "count"\n',
}


def test_the_page_s_own_command_writes_a_mapping_that_reads_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (block,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    ran = [Lxr(tmp_path)(*shlex.split(line)[1:]) for line in block.splitlines()]
    assert [0, 0] == [each.code for each in ran], ran
    assert "metres=13000, minutes=325, orders=5" in ran[1].out


def test_every_block_of_the_page_belongs_to_an_example() -> None:
    assert PAGE.count("```toml") == len(EXAMPLES) + 1  # and what is added to them
    assert (len(EXAMPLES), len(EXAMPLES)) == (PAGE.count("```csv"), PAGE.count("```json"))
    assert all(table in PAGE for table in ADDED.values())


@pytest.mark.parametrize("example", OF_WORK, ids=range(len(OF_WORK)))
def test_an_example_of_the_page_comes_to_what_it_says(example: tuple[str, str, str], tmp_path: Path) -> None:
    mapping, export, result = example
    added = "".join(table for name, table in ADDED.items() if f"\n{name}\n" not in f"\n{mapping}")
    (tmp_path / "m.toml").write_text(f'zone = "Asia/Shanghai"\n{mapping}{added}', "utf-8")
    (tmp_path / "e.csv").write_text(export, "utf-8")
    fold = fold_export(tmp_path / "e.csv", load_mapping(tmp_path / "m.toml"))
    said: dict[str, Any] = json.loads(result)
    assert said["rows"] == [[row.worker_ref, str(row.date), row.measures] for row in fold.rows]
    assert said.get("faults", []) == [[fault.row, fault.field] for fault in fold.faults]
    assert said.get("passed_over", []) == [[str(each.why), each.count] for each in fold.passed_over]


@pytest.mark.parametrize("example", OF_PEOPLE, ids=range(len(OF_PEOPLE)))
def test_a_roster_of_the_page_comes_to_what_it_says(example: tuple[str, str, str], tmp_path: Path) -> None:
    mapping, table, result = example
    (tmp_path / "m.toml").write_text(mapping, "utf-8")
    (tmp_path / "r.csv").write_text(table, "utf-8")
    roster = read_roster(tmp_path / "r.csv", load_roster_mapping(tmp_path / "m.toml"))
    said: dict[str, Any] = json.loads(result)
    assert said["people"] == [list(msgspec.structs.astuple(row)) for row in roster.rows]
    assert said["passed_over"] == [[str(each.why), each.count] for each in roster.passed_over]


def test_the_page_names_every_heading_of_a_roster() -> None:
    variants = {heading for headings in HEADINGS.values() for heading in headings if "帐" not in heading}
    assert set() == {heading for heading in variants if not re.search(rf"(\||,|`) ?{heading}(`| \||,)", PAGE)}


def test_the_page_names_every_key() -> None:
    structs = (Mapping, Columns, Only, Count, Sum, Duration, MergedMinutes, Dates, RosterMapping, RosterColumns)
    keys = {field.encode_name for struct in structs for field in msgspec.structs.fields(struct)}
    prose = re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)
    written = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", prose))))
    assert set() == keys - written
