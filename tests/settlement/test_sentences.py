"""Faults and reports are sentences with facts; the Chinese catalogue has each of them, whole."""

import re
from typing import Final

import msgspec
import pytest

from lxr.chaincode.bank_refusals import LineDiffers
from lxr.chaincode.refusals import Unknown
from lxr.chaincode.things import Thing
from lxr.node.kept import Kept, Plain
from lxr.node.said import Fault, Said, add_note
from lxr.settlement.bank.breaks import CASES, broken
from lxr.settlement.errors import InputFault
from lxr.settlement.messages import fact_names, say, tell
from lxr.settlement.messages.catalogue import LANGUAGES, translated
from sentences import SAYING, calls, name_of, pieced_together, sentences

MACHINES: Final = re.compile(
    r"`[^`]*`|\b[A-Za-z]+[A-Z]\w*|\b\w*_\w*|\.?\b[a-z]+\.(xml|json|toml|db|xlsx|xls)\b|/\S+|\b[A-Z]{2,}\w*"
    r"|lxr [a-z ]+|--\w+|[YMDhmsT:+-]{8,}|\[dates\]|sqlite:\S+"
    r"|\b(peer|sheet|seed|engine|fabric|scripts|overnight|openings|contract|organisations|xlsx|xls)\b|Asia/Shanghai"
)
"""Names that stay as they are in every language: of fields, files, commands, nodes."""
ENGLISH: Final = re.compile(r"\b[a-z]{2,}\b")


def all_sentences() -> dict[str, str]:
    return sentences() | dict.fromkeys(CASES.values(), "breaks")


def test_every_sentence_that_people_are_told_is_in_the_chinese_catalogue() -> None:
    worded = {text: place for text, place in all_sentences().items() if ENGLISH.search(_words_of(text))}
    assert len(worded) > 500
    assert {} == {text: place for text, place in worded.items() if translated(text, "zh") == text}


def test_no_english_is_left_in_what_is_said_in_chinese() -> None:
    told = {text: _words_of(translated(text, "zh")) for text in all_sentences()}
    assert {} == {text: chinese for text, chinese in told.items() if ENGLISH.search(chinese)}


def test_a_sentence_has_the_same_facts_in_both_languages() -> None:
    facts = {text: (fact_names(text), fact_names(translated(text, "zh"))) for text in all_sentences()}
    assert {} == {text: both for text, both in facts.items() if both[0] != both[1]}


def test_no_sentence_is_put_together_from_pieces() -> None:
    assert [] == pieced_together()


def test_every_sentence_is_given_the_facts_that_stand_in_it() -> None:
    wrong = {}
    for place, call in calls():
        text = call.args[0].value if call.args and hasattr(call.args[0], "value") else None
        if name_of(call) in SAYING and isinstance(text, str):
            given = {each.arg for each in call.keywords} - {"missing"}
            if given != fact_names(text):
                wrong[place] = text
    assert {} == wrong


def _words_of(text: str) -> str:
    """The text without facts and without what machines are called."""
    return MACHINES.sub("", re.sub(r"{\w+}", "", text))


FAULT: Final = InputFault(
    file=Said("cash-out {number}", number="CE001"), row=2, field="BkTxCd", problem="is missing", expected="a file"
)


@pytest.mark.parametrize(
    ("fault", "english", "chinese"),
    [
        (
            FAULT,
            "cash-out CE001, row 2, field BkTxCd: is missing; expected a file",
            "提现批次 CE001，第 2 行，字段 BkTxCd：缺少；应为文件",
        ),
        (
            InputFault(file="run 1.xml", problem=Said("cannot be read: {fault}", fault=OSError(2, "x"))),
            "run 1.xml: cannot be read: x",
            "run 1.xml：无法读取：x",
        ),
        (InputFault(file="none", problem="is empty"), "none: is empty", "none：为空"),
        (
            InputFault(file=f"{'x' * 1000}.csv", problem="is empty"),
            f"{'x' * 1000}.csv: is empty",
            f"{'x' * 1000}.csv：为空",
        ),
        (
            Fault("{path}: {fault}", path="a", fault=FileNotFoundError(2, "No such file or directory")),
            "a: No such file or directory",
            "a：没有这个文件",
        ),
        (
            Fault("transaction {tx_id}: {refusal}", tx_id="T1", refusal=Unknown(what=Thing.WORKER, number="W7")),
            "transaction T1: there is no worker W7",
            "交易 T1：没有劳动者 W7",
        ),
        (
            Fault("{place}: {fault}", place=Said("transaction {tx_id}", tx_id="T1"), fault=FAULT),
            "transaction T1: cash-out CE001, row 2, field BkTxCd: is missing; expected a file",
            "交易 T1：提现批次 CE001，第 2 行，字段 BkTxCd：缺少；应为文件",
        ),
        (Fault("what nobody has translated {why}", why="{}"), "what nobody has translated {}", None),
    ],
)
def test_a_fault_is_told_whole_in_the_readers_language(fault: Fault, english: str, chinese: str | None) -> None:
    assert (english, chinese or english) == (tell(fault, "en"), tell(fault, "zh"))


def test_what_a_file_keeps_is_said_in_the_language_of_whoever_reads_it() -> None:
    kept = msgspec.json.decode(msgspec.json.encode(Kept.of(FAULT.said)), type=Kept)
    assert (tell(FAULT, "en"), tell(FAULT, "zh")) == (say(kept.said, "en"), say(kept.said, "zh"))


@pytest.mark.parametrize("kind", [Plain, Kept])
@pytest.mark.parametrize(
    "text", ["{x:999999999}", "{x!r}", "{x:{x}}", "{x.__class__}", "{x[0]}", "{y}", "{}", "{0}", "{", "}"]
)
def test_a_file_has_no_sentence_with_more_in_its_braces_than_its_facts(text: str, kind: type) -> None:
    kept = msgspec.json.encode({"text": text, "facts": {"x": 1, "0": 1, "": 1}})
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(kept, type=kind)
    assert text == str(msgspec.json.decode(msgspec.json.encode({"text": text}), type=kind))


@pytest.mark.parametrize(
    ("name", "fact"),
    [("x_fen", "{"), ("rule", "{0!r}:1"), ("rule", "bonus"), ("account", "{0.__class__}"), ("account", "{")],
)
def test_a_fact_that_is_no_code_of_ours_is_said_as_it_is(name: str, fact: str) -> None:
    for language in LANGUAGES:
        assert say(Said(f"{{{name}}}", **{name: fact}), language) == fact.removesuffix(":1")


def test_what_was_found_out_of_a_refusal_is_told_with_it() -> None:
    refusal = Unknown(what=Thing.WORKER, number="W7")
    add_note(refusal, Said("field {field} differs", field="day"))
    assert "there is no worker W7; field day differs" == tell(refusal, "en")
    assert "没有劳动者 W7；字段 day 不同" == tell(refusal, "zh")


@pytest.mark.parametrize(
    ("text", "kind", "chinese"),
    [
        ('{"a": 1}', dict[str, str], "类型为 int，应为 str，位于 $[...]"),
        ("[1]", dict[str, str], "类型为 array，应为 object"),
    ],
)
def test_what_is_wrong_with_a_files_structure_is_told_in_chinese(text: str, kind: type, chinese: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(text, type=kind)
    assert f"a：{chinese}" == tell(InputFault(file="a", problem=Said("{fault}", fault=caught.value)), "zh")


def test_a_fact_that_tries_to_be_a_sentence_or_a_line_stays_what_it_is() -> None:
    fault = Fault("{path}: {fault}", path="{fault}\n\u202e", fault="{path}")
    assert "{fault}\\n\\u202e: {path}" == str(fault)


@pytest.mark.parametrize("case", LineDiffers.cases)
def test_what_a_line_was_booked_as_and_what_it_is_instead_are_told_in_one_sentence(case: str) -> None:
    facts: dict[str, str | int] = {name: 100 if name.endswith("_fen") else "x" for name in LineDiffers.cases[case]}
    found = broken("kind", "2026-09-16/B1", 5, f"line_{case}", file="a.xml", booked="refund", **facts)
    assert found.detail.startswith("a.xml: it is booked as money given back to an employer, and ")
    assert not ENGLISH.search(_words_of(say(found.said, "zh")).replace("x", "").replace(".ml", "").removeprefix("a"))
