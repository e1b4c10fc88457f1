"""The contract's words in Chinese: whatever a refusal or a break of reconciliation can say."""

import ast
import importlib
import pkgutil
import re
from enum import StrEnum
from pathlib import Path
from typing import get_args

import pytest

import lxr.chaincode
from lxr.chaincode.bank_refusals import BookingDiffers, PaymentOrderDiffers, PeriodNotReady
from lxr.chaincode.carried import ItemKind
from lxr.chaincode.custody_records import Attestation
from lxr.chaincode.lines import LineKind
from lxr.chaincode.refusals import Unknown, WrongState
from lxr.chaincode.world import Table
from lxr.cli import node_faults, words
from lxr.cli.chinese import facts_in_chinese, in_chinese
from lxr.settlement import breaks
from lxr.token.refusal import Refusal, fact_names

SOURCES = sorted(Path(str(lxr.chaincode.__file__)).parent.glob("*.py"))
MODULES = [
    importlib.import_module(f"lxr.chaincode.{each.name}") for each in pkgutil.iter_modules(lxr.chaincode.__path__)
]
ENGLISH = re.compile(r"\b[a-z]{2,}\b")


def states() -> set[str]:
    kinds = {each for module in MODULES for name, each in vars(module).items() if re.search("State$|Status$", name)}
    found = {str(state) for kind in kinds if issubclass(kind, StrEnum) for state in kind}
    return found | set(get_args(Attestation.__annotations__["state"]))


def said() -> set[str]:
    """The constants with which refusals are made, and the names of tables, of which a record can be missing."""
    calls = [node for path in SOURCES for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    found = {
        str(keyword.value.value)
        for call in calls
        for keyword in call.keywords
        if keyword.arg in ("what", "state", "needed") and isinstance(keyword.value, ast.Constant)
    }
    tables = {each.what for module in MODULES for each in vars(module).values() if isinstance(each, Table)}
    return {part for word in found | tables for part in word.split(" or ")}


def test_every_state_kind_and_record_that_is_told_of_has_a_word() -> None:
    assert {"held", "missing", "swept"} < states()
    assert {"attestation", "on no statement", "custody account"} < said()
    assert set() == {word for word in states() | said() if ENGLISH.search(words.state(word))}
    assert set() == {code for code in (*get_args(LineKind), *get_args(ItemKind)) if ENGLISH.search(words.kind(code))}
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


@pytest.mark.parametrize(
    ("refusal", "chinese"),
    [
        (
            BookingDiffers(case="booked", booking="2026-08-03/B1", there=1, kind="platform", amount_fen=5, statement=2),
            "入账 2026-08-03/B1 已载于对账单 1（银行手续费或利息，5 分），又出现在对账单 2 中",
        ),
        (
            PaymentOrderDiffers(case="not_held", order="LX1", state="settled"),
            "付款指令 LX1 状态为已支付：仅已冻结的指令可以支付或拒付",
        ),
        (
            PaymentOrderDiffers(case="not_accepted", order="LX1", cashout="C1", state="open"),
            "付款指令 LX1 属于结转 C1，该结转状态为未经办：须先由银行受理",
        ),
        (
            PeriodNotReady(case="not_open", period="2026-08", kind="returned", name="W1", named_fen=5),
            "期间 2026-08 不能关闭：退回的工资 W1（列为 5 分）并非未结",
        ),
        (PeriodNotReady(case="not_over", period="2026-08"), "期间 2026-08 不能关闭：该月尚未结束"),
        (Unknown(what="attestation", number="5100/2026-08-31/B7"), "没有 已证实存款 5100/2026-08-31/B7"),
        (
            WrongState(what="line", number="2026-08-31/B7", state="platform", needed="waiting"),
            "对账单行 2026-08-31/B7 状态为 银行手续费或利息，须为 待认定",
        ),
        (
            WrongState(what="deposit", number="2026-08-31/B7", state="attested", needed="reversal proposed"),
            "存款 2026-08-31/B7 状态为 已证实，须为 已提出冲回",
        ),
        (
            WrongState(what="cash-out", number="C1", state="accepted", needed="open or instructed"),
            "结转 C1 状态为 银行已受理，须为 未经办或已复核待银行受理",
        ),
    ],
)  # fmt: skip
def test_a_refusal_is_told_in_the_words_of_what_it_is_about(
    monkeypatch: pytest.MonkeyPatch, refusal: Refusal, chinese: str
) -> None:
    monkeypatch.setattr(node_faults, "LANGUAGE", "zh")
    told = node_faults.told_of_node(refusal)
    assert told is not None
    assert chinese == told.line


@pytest.mark.parametrize(
    ("facts", "chinese"),
    [
        ({"what": "deposit 2026-08-31/B7"}, "存款 2026-08-31/B7"),
        ({"what": f"proposal of contract {'ab' * 32}"}, f"合约启用提案 {'ab' * 32}"),
        ({"what": f"statement of contract {'ab' * 32}"}, f"合约具备声明 {'ab' * 32}"),
        ({"what": "supply_fen of 2026-08"}, "2026-08 的发行额"),
        ({"state": "held by C1"}, "由 C1 冻结"),
        ({"what": "workers of E001"}, "E001 的劳动者人数"),
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
