"""What the command line says in Chinese of faults and breaks."""

import re
from typing import get_args

import pytest

import lxr.cli.texts.language
from lxr.chaincode.refusals import Unknown
from lxr.chaincode.things import Thing
from lxr.cli.texts import faults, node_faults, words
from lxr.cli.texts import told as told_lines
from lxr.cli.texts.chinese import facts_in_chinese, in_chinese
from lxr.settlement.bank import breaks
from lxr.settlement.messages import fact_names

ENGLISH = re.compile(r"\b[a-z]{2,}\b")


def test_every_break_has_a_word_in_chinese() -> None:
    assert set() == set(get_args(breaks.BreakKind)) - set(words.WORDS)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("b.tar: manifest.json names 1000001 files; expected at most 1000000", "最多 1000000"),
        ("b.tar: manifest.json names '../x', which is no file of a consortium's directory", "不是联盟目录中的文件"),
        ("b.tar: manifest.json names a file twice, or no ledger", "重复列出文件"),
        ("b.tar: holds 'a' where manifest.json names 'b'", "列出 'b' 之处是 'a'"),
        ("b.tar: holds 'a', which manifest.json does not name", "未列出的 'a'"),
        ("b.tar: its ledger does not end with block 5 as manifest.json names it", "区块 5"),
        ("n.pdf.blind: is missing; expected the blind, as it was handed over with the document", "随文书一并移交"),
        ("n.pdf.blind: is not a blind; expected 64 of 0-9 a-f and a line break", "及换行"),
        (
            "r.json, row 2, field reason: is no code; expected an ISO return reason of 4 characters, such as AC04",
            "代码",
        ),
    ],
)
def test_a_fault_of_a_file_is_wholly_in_chinese(line: str, expected: str) -> None:
    said = in_chinese(line)
    assert expected in said
    names = re.compile(r"b\.tar|manifest\.json|n\.pdf\.blind|r\.json|reason|'[^']*'")
    assert None is ENGLISH.search(names.sub("", said)), said


@pytest.mark.parametrize("case", breaks.CASES)
def test_a_break_has_the_same_facts_in_both_languages(case: str) -> None:
    english, chinese = breaks.CASES[case]
    assert fact_names(english) == fact_names(chinese)
    assert not ENGLISH.search(re.sub(r"{\w+}", "", chinese))


def test_a_refusal_is_told_in_the_chosen_language_with_what_the_client_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refusal = Unknown(what=Thing.WORKER, number="W7")
    refusal.add_note("field day differs")
    for language, line in (("en", "there is no worker W7; field day differs"), ("zh", "没有劳动者 W7；字段 day 不同")):
        for module in (node_faults, faults, told_lines, lxr.cli.texts.language):
            monkeypatch.setattr(module, "LANGUAGE", language)
        told = node_faults.told_of_node(refusal)
        assert told is not None
        assert (line, "Unknown", {"what": "worker", "number": "W7"}) == (told.line, told.kind, told.facts["facts"])


@pytest.mark.parametrize(
    ("facts", "chinese"),
    [
        ({"number": "deposit 2026-08-31/B7"}, "存款 2026-08-31/B7"),
        ({"problem": "is not on the ledger"}, "未在账本上登记"),
        ({"owner": "platform"}, "平台"),
        ({"kind": "platform"}, "银行手续费或利息"),
        ({"problem": "a.xml, row 2, field BookgDt: 2026-09-02 is after the statement; expected 2026-09-01"},
         "a.xml，第 2 行，字段 BookgDt：2026-09-02 晚于对账单日期；应为2026-09-01"),
        ({"file": "run 1.xml"}, "run 1.xml"),
    ],
)  # fmt: skip
def test_a_fact_is_put_into_the_word_of_its_place(facts: dict[str, str | int], chinese: str) -> None:
    assert [chinese] == list(facts_in_chinese(facts).values())


@pytest.mark.parametrize(
    "english",
    [
        "'B1' appears twice; expected one entry each",
        "CLBD is 5.00; expected 4.00, which is OPBD plus credits less debits",
        "CLBD is missing; expected an opening and a closing booked balance",
        "CLBD is -5.00; expected 4.00, which is OPBD plus credits less debits",
        "currency is 'USD'; expected the attribute Ccy=CNY alone",
        "amount is 0.00; expected at least 0.01",
        "byte 17 is not UTF-8; expected UTF-8 text",
        "no such day in the calendar; expected a date YYYY-MM-DD",
        "2026-07-01 is before the last closed day; expected 2026-07-30 or later",
    ],
)
def test_what_is_wrong_with_a_banks_file_is_told_in_chinese(english: str) -> None:
    assert not ENGLISH.search(in_chinese(english)), in_chinese(english)


def test_the_nodes_that_there_are_are_told_in_chinese() -> None:
    assert "没有节点 bank；应为下列之一：bank-peer, union-peer" == in_chinese(
        "no node 'bank'; expected one of bank-peer, union-peer"
    )
