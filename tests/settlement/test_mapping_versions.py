"""A mapping has versions, and the signer is never told that one is as before when it is not."""

import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from consortium import House, rehearsal
from lxr.settlement.messages import say
from lxr.settlement.work import mapping_versions
from lxr.settlement.work.batch_file import Batch, batch_bytes, read_batch
from lxr.settlement.work.intake.mapping import load_mapping
from lxr.settlement.work.mapping_content import MappingContent, content_of, differences
from lxr.settlement.work.mapping_versions import MappingVersions, Review

DAY = date(2026, 8, 3)
FIRST = """
zone = "Asia/Shanghai"
[columns]
worker = "工号"
date = "日期"
[[only]]
column = "状态"
values = ["完成", "已完成"]
[[measure]]
name = "orders"
fold = "count"
[[measure]]
name = "minutes"
fold = "duration"
column = "时长"
round = "up"
"""


def content(tmp_path: Path, text: str = FIRST) -> MappingContent:
    (tmp_path / "m.toml").write_text(text, "utf-8")
    return content_of(load_mapping(tmp_path / "m.toml"))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        made.add_employer("E001", shard_size=20)
        yield made


def review(house: House, path: Path, given: MappingContent | None, *, accept: bool = False) -> Review:
    signer = house.signer("E001")
    with MappingVersions.open(path, "E001") as versions:
        found = versions.review(signer, given, DAY)
        if accept and given is not None:
            versions.accept(signer, given, DAY)
        return found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[columns]", "# a comment\n[columns]"),
        ('values = ["完成", "已完成"]', 'values = ["已完成", "完成"]'),
        ('fold = "duration"', 'fold = "duration"\nlongest_minutes = 1440'),
        ("[[only]]", '[terms]\nfile = "t.toml"\n[[only]]'),
    ],
)
def test_what_means_nothing_is_no_change(tmp_path: Path, old: str, new: str) -> None:
    assert content(tmp_path) == content(tmp_path, FIRST.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "english", "chinese"),
    [
        ('"up"', '"half_up"', 'measure minutes: round "up" → "half_up"', '计量项 minutes：round "up" → "half_up"'),
        ("工号", "编号", 'the mapping: columns.worker "工号" → "编号"', '映射：columns.worker "工号" → "编号"'),
        ('"orders"', '"tasks"', 'measure orders is gone: {"fold":"count"}', '删除计量项 orders：{"fold":"count"}'),
    ],
)
def test_a_change_is_told_key_by_key_in_both_languages(
    tmp_path: Path, old: str, new: str, english: str, chinese: str
) -> None:
    first, *_ = differences(content(tmp_path), content(tmp_path, FIRST.replace(old, new, 1)))
    assert (english, chinese) == (say(first, "en"), say(first, "zh"))


def test_a_content_is_one_version_and_going_back_is_the_version_of_before(tmp_path: Path) -> None:
    one, two = content(tmp_path), content(tmp_path, FIRST.replace('"up"', '"half_up"'))
    with MappingVersions.open(tmp_path / "E001.db", "E001") as versions:
        assert [1, 2, 1] == [versions.version(each, DAY).number for each in (one, two, one)]


def test_the_signer_accepts_what_changed_and_going_back_too(house: House, tmp_path: Path) -> None:
    one, two = content(tmp_path), content(tmp_path, FIRST.replace('"up"', '"half_up"'))
    seen = [review(house, tmp_path / "E001.db", each, accept=True) for each in (one, one, two, two, one)]
    assert [(False, 0), (False, 0), (True, 1), (False, 0), (True, 1)] == [
        (each.must_accept, len(each.changes)) for each in seen
    ]


def test_a_batch_without_its_mapping_is_to_be_accepted_once_one_is_known(house: House, tmp_path: Path) -> None:
    review(house, tmp_path / "E001.db", content(tmp_path), accept=True)
    found = review(house, tmp_path / "E001.db", None)
    assert ("unknown", True) == (found.name, found.must_accept)


def test_what_a_preparer_writes_into_the_database_is_no_acceptance_of_the_signers(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapping_versions, "_has_work", lambda *_: True)
    path, two = tmp_path / "E001.db", content(tmp_path, FIRST.replace('"up"', '"half_up"'))
    review(house, path, content(tmp_path), accept=True)
    with sqlite3.connect(path) as connection:
        text = '{"keys":{},"measures":{}}'
        connection.execute("INSERT INTO accepted (day, content, signature) VALUES ('2026-08-03', ?, x'00')", (text,))
    assert review(house, path, two).must_accept
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM accepted")
    assert review(house, path, two).must_accept


def test_a_batch_file_of_before_is_read_and_one_with_its_mapping_comes_back_whole(tmp_path: Path) -> None:
    for given in (Batch("E001", "0" * 64, (), ()), Batch("E001", "0" * 64, (), (), content(tmp_path))):
        (tmp_path / "b.json").write_bytes(batch_bytes(given))
        assert given == read_batch(tmp_path / "b.json", "E001")
    assert b"mapping" not in batch_bytes(Batch("E001", "0" * 64, (), ()))


def test_what_a_signer_has_signed_for_one_ledger_is_nothing_on_another(house: House) -> None:
    signer = house.client("union", "admin")
    signature = signer.signature_of(b"accepted")
    assert (True, False) == (signer.has_signed(b"accepted", signature), signer.has_signed(b"else", signature))
    signer.__dict__["_ledger_id"] = "0" * 64
    assert not signer.has_signed(b"accepted", signature)
