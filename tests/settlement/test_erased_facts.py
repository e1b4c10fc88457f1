"""A statement that somebody was taken out of says the same facts as before, so that it still reconciles."""

import re
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from forgetting import take_out
from lxr.settlement.bank.formats import camt053
from lxr.settlement.bank.model import Entry, Statement
from lxr.settlement.bank.statement_lines import lines_of
from lxr.settlement.people.person import Person

CARD = "6222021234567890128"
WANG = Person("W000000000001", "E001", "R1", "王伟", CARD, "102100099996", "中国工商银行", "5a" * 32)
THEIRS = "LX260915AAABCDEFGHIJKL2"
OTHERS = "LX260915AAABCDEFGHIJKM3"
DAY = date(2026, 9, 16)


@pytest.mark.parametrize(
    ("name", "text", "ref", "order"),
    [
        pytest.param("王伟", f"账号{CARD}不符", "B1", None, id="an account between words of a return"),
        pytest.param("阿卜杜热依木", "户名阿卜杜热依木不符", "B1", None, id="a long name between words of a return"),
        pytest.param("Wang Wei", "退Wang Wei款", "B1", None, id="a name in letters after a lone 退"),
        pytest.param("工资", "WAGES E001-20260915 工资", "B1", THEIRS, id="a word of the text"),
        pytest.param("WAGES", "WAGES E001-20260915", "B1", THEIRS, id="our own word"),
        pytest.param("E001", "E001 pays", "B1", None, id="an employer's number"),
        pytest.param("王伟", "wages", f"{CARD}-1", None, id="an account in the bank's reference"),
        pytest.param("王伟", f"退{CARD}", "B1", None, id="an account after a lone 退"),
    ],
)
def test_the_facts_of_a_line_are_the_same_after_its_person_was_taken_out(
    tmp_path: Path, name: str, text: str, ref: str, order: str | None
) -> None:
    outbox = tmp_path / "bank" / "outbox"
    outbox.mkdir(parents=True)
    entry = Entry(100, True, False, DAY, DAY, ref, order, name, CARD, None, text)
    said = Statement("20260916-00001", 1, "4402200119000000001", DAY, 0, 100, (entry,))
    path = outbox / "s.xml"
    path.write_bytes(camt053.write(said))
    before = lines_of(camt053.read(path.read_bytes(), "s.xml"), "s.xml")
    take_out(tmp_path, replace(WANG, name=name), [THEIRS])
    assert before == lines_of(camt053.read(path.read_bytes(), "s.xml"), "s.xml")


def test_of_an_entry_of_several_payments_only_the_persons_own_loses_name_and_account(tmp_path: Path) -> None:
    outbox = tmp_path / "bank" / "outbox"
    outbox.mkdir(parents=True)
    entry = Entry(300, False, False, DAY, DAY, "B1", THEIRS, "王伟", CARD, None, "wages")
    file = camt053.write(Statement("20260916-00001", 1, "4402200119000000001", DAY, 300, 0, (entry,))).decode()
    (details,) = re.findall(r"<TxDtls>.*</TxDtls>", file, re.DOTALL)
    one, other = (details.replace("</Refs>", f'</Refs><Amt Ccy="CNY">{yuan}</Amt>') for yuan in ("1.00", "2.00"))
    other = other.replace(THEIRS, OTHERS).replace("王伟", "李雷").replace(CARD, "6217003810012345678")
    path = outbox / "s.xml"
    path.write_text(file.replace(details, one + other), "utf-8")
    before = lines_of(camt053.read(path.read_bytes(), "s.xml"), "s.xml")
    take_out(tmp_path, WANG, [THEIRS])
    after = camt053.read(path.read_bytes(), "s.xml")
    assert before == lines_of(after, "s.xml")
    assert [(THEIRS, "已删除", "0"), (OTHERS, "李雷", "6217003810012345678")] == [
        (each.end_to_end_id, each.counterparty_name, each.counterparty_account) for each in after.entries
    ]


def test_the_blind_of_a_notice_goes_with_the_notice(tmp_path: Path) -> None:
    """It alone lets whoever guesses the notice compare the guess with the ledger."""
    (tmp_path / "notice.txt").write_text(f"协助执行通知书 王伟 {CARD}", "utf-8")
    blind = tmp_path / "notice.txt.blind"
    blind.write_text("ab" * 32 + "\n")
    taken = take_out(tmp_path, WANG, [THEIRS])
    assert blind in (*taken.removed, *taken.changed, *taken.left)


def test_a_notice_that_names_the_person_and_no_number_of_ours_is_named(tmp_path: Path) -> None:
    notice = tmp_path / "notice.txt"
    notice.write_text("协助执行通知书 被执行人：王伟，工号 13812340001，用工单位 E001", "utf-8")
    person = replace(WANG, worker_ref="13812340001")
    assert notice in take_out(tmp_path, person, [THEIRS]).left
