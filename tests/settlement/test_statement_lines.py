"""What a line of a statement bears, by what the bank has written into it."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from lxr.chaincode.cashout_records import end_to_end
from lxr.settlement.bank.model import Statement
from lxr.settlement.bank.statement_lines import canonical, content, facts_of, lines_of
from lxr.settlement.errors import InputFault
from parties import CUSTODY
from treasury import PAYDAY, entry

ORDER, OTHER = (end_to_end("CE001-20260915", f"worker:W{number:012d}", PAYDAY, 0, number) for number in (1, 2))
WRONG = f"{ORDER[:-1]}{'0' if ORDER[-1] != '0' else '1'}"
"""The id of an order, its check character changed."""


def facts(credit: bool, **fields: Any) -> dict[str, Any]:
    """What the line bears, of these fields of the entry: order, mark of a return, our own text, payer."""
    line = facts_of(replace(entry("B1", 500, credit), **fields), "B1")
    found = {"order": line.order, "returned": line.returned, "own_text": line.own_text, "payer": line.payer}
    return {name: value for name, value in found.items() if value}


ORDERS: dict[str, tuple[dict[str, Any], str | None]] = {
    "in the end-to-end id": ({"end_to_end_id": ORDER}, ORDER),
    "in small letters": ({"end_to_end_id": ORDER.lower()}, ORDER),
    "in the instruction's id": ({"instruction_id": ORDER}, ORDER),
    "in the payment's id": ({"payment_id": ORDER}, ORDER),
    "in the remittance": ({"remittance": f"代发 {ORDER} wages"}, ORDER),
    "run together with other text": ({"remittance": f"ZF{ORDER}WAGES"}, ORDER),
    "parted by a blank": ({"remittance": f"{ORDER[:9]} {ORDER[9:]}"}, ORDER),
    "in full-width letters": ({"remittance": "".join(chr(ord(each) + 0xFEE0) for each in ORDER)}, ORDER),
    "the end-to-end id before the instruction's": ({"end_to_end_id": ORDER, "instruction_id": OTHER}, ORDER),
    "the same one twice": ({"remittance": f"{ORDER} {ORDER}"}, ORDER),
    "two of them in the remittance": ({"remittance": f"{ORDER} {OTHER}"}, None),
    "with a wrong check character": ({"end_to_end_id": WRONG, "remittance": WRONG}, None),
    "cut off": ({"remittance": ORDER[:-1]}, None),
    "another's id": ({"end_to_end_id": "E001DABC", "instruction_id": "LX1"}, None),
    "the cash-out alone": ({"payment_id": "CE001-20260915"}, None),
    "none": ({}, None),
}


@pytest.mark.parametrize("where", ORDERS)
def test_the_order_of_a_debit_is_found_wherever_the_bank_writes_it(where: str) -> None:
    fields, expected = ORDERS[where]
    found = facts(False, **fields)
    found.pop("own_text", None)
    assert ({"order": expected} if expected else {}) == found


@pytest.mark.parametrize("where", [where for where, (fields, _) in ORDERS.items() if fields and "another" not in where])
def test_a_credit_that_bears_any_such_mark_names_no_payer(where: str) -> None:
    fields, expected = ORDERS[where]
    found = facts(True, **{**fields, "remittance": f"E002 {fields.get('remittance', '')}"})
    assert found.get("order") == expected
    assert expected or found.get("own_text")
    assert "payer" not in found


OWN_TEXTS = [
    "wages E001-20260915",
    "WAGES E001-20260915",
    "退汇 wages E001-20260915",
    "wagesE00120260915",
    "ｗａｇｅｓ　Ｅ００１－２０２６０９１５",
    "wages E001-2026091",
    "wages E001",
    "WAGES CE001",
    "fee C20260915",
    "tax CE001",
    "insurance CE001",
    "E001-20260915",
    "WAGES CASH-MAR",
    "wagesCASHMARCH",
    "代发 wages cmarch",
    "fee C2 of the union",
    ORDER[:12],
]


@pytest.mark.parametrize("text", OWN_TEXTS)
def test_a_credit_that_repeats_our_own_text_names_no_payer_however_it_is_cut_off(text: str) -> None:
    assert facts(True, remittance=text).items() >= {"own_text": True}.items()
    assert "payer" not in facts(True, remittance=text, end_to_end_id="E001DABC")
    assert {"own_text": True} == facts(False, remittance=text)


@pytest.mark.parametrize(
    "text",
    [
        "ages E001",
        "wages:E001",
        "wages/E001/2026",
        "wages_E001",
        "wages，E001",
        "E001—20260915",
        "E001/20260915",
        "E001.20260915",
        "E001_20260915",
        "LX260915 E001",
    ],
)
def test_no_sign_between_its_parts_makes_our_own_text_the_payers(text: str) -> None:
    assert {"own_text": True} == facts(True, remittance=text)


def test_an_employers_number_and_a_date_wait_for_whom_bank_and_union_say() -> None:
    assert {} == facts(True, remittance="E001 2026-09-15")


def test_our_own_payment_id_marks_a_credit_and_an_employers_own_id_does_not() -> None:
    assert {"own_text": True} == facts(True, remittance="E001", payment_id="CE001-20260915")
    assert {"payer": "E001"} == facts(True, remittance="E001", end_to_end_id="E001D20260916")


RETURNS: dict[str, tuple[dict[str, Any], str]] = {
    "the bank's code": ({"return_reason": "AC04"}, "AC04"),
    "the bank's code before its words": ({"return_reason": "AC04", "remittance": "退汇"}, "AC04"),
    "the mark of a reversal": ({"reversal": True}, "reversal"),
    "退汇": ({"remittance": "E001 退汇 九月"}, "退汇"),
    "a blank between": ({"remittance": "退 汇"}, "退汇"),
    "户名不符": ({"remittance": "户名不符"}, "户名不符"),
    "冲正": ({"remittance": "冲正 E001"}, "冲正"),
    "a word in small letters": ({"remittance": "returned, E001"}, "RETURN"),
    "the bank's code of the transaction": ({"bank_text": "RRTN"}, "RRTN"),
    "the bank's own words": ({"bank_text": "付款失败 户名不符", "remittance": "E001"}, "失败"),
    "账户已销户": ({"remittance": "E001 账户已销户"}, "销户"),
    "原路退还": ({"remittance": "原路退还 E001"}, "原路"),
    "户名有误": ({"remittance": "户名有误 E001"}, "户名有误"),
    "a word in full-width letters": ({"remittance": "Ｒｅｆｕｎｄ E001"}, "REFUND"),
}


BANKS_SAY = [
    *(
        "退 E001",
        "退汇",
        "退匯",
        "退還",
        "返還",
        "原路退回",
        "打回",
        "轉回",
        "駁回",
        "銷戶",
        "撤銷",
        "失敗",
        "沖銷",
        "错账",
    ),
    *(
        "账号户名不符",
        "賬戶名稱不符",
        "帐号不存在",
        "戶名錯誤",
        "账户状态异常",
        "帳戶已凍結",
        "卡号无效",
        "行号有误",
        "户名账号不一致",
    ),
    *("查无此人", "查無此戶", "无此账号", "拒付", "拒收", "未能入账", "無法入賬", "无法解付", "止付", "交易取消"),
    *("Unpaid", "payment failed", "no such account", "Account closed", "A/C CLOSED", "wrong account", "NAME MISMATCH"),
    *("unable to apply", "Cancelled", "account not found", "dishonored", "DECLINED BY BANK"),
]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("户名张三不符", "户名不符"),
        ("戶名欧阳娜娜不符", "戶名不符"),
        ("账号6222不存在", "账号不存"),
        ("账户 张三 已冻结", "账户冻结"),
        ("户名:LIS有误", "户名有误"),
        ("张三退汇李四", "退汇"),
        ("退张三", None),
        ("张三已销户", "销户"),
        ("查无张三此人", "查无"),
        ("张三 ACCOUNT HAS BEEN CLOSED 李四", "ACCOUNTHASBEENCLOSED"),
    ],
)
@pytest.mark.parametrize("field", ["remittance", "bank_text"])
def test_what_marks_a_return_is_the_banks_fixed_words_and_no_name_between_them(
    field: str, words: str, expected: str | None
) -> None:
    assert expected == facts(True, **{field: words}).get("returned")


@pytest.mark.parametrize("words", BANKS_SAY)
@pytest.mark.parametrize("field", ["remittance", "bank_text"])
def test_however_a_bank_says_that_a_payment_did_not_arrive_no_payer_is_named(words: str, field: str) -> None:
    found = facts(True, **{"end_to_end_id": "E001DABC", field: words})
    assert found.keys() == {"returned"}


PAYERS_SAY = [
    *(
        "货款",
        "工资款",
        "九月工资",
        "还款",
        "回款",
        "汇款",
        "转账",
        "转入备付金",
        "入账",
        "充值",
        "账户充值",
        "代付工资",
        "劳务费",
    ),
    *(
        "退休人员工资",
        "退役补助",
        "退税款",
        "辞退补偿金",
        "户名：成都某公司",
        "账号6222",
        "付款",
        "补发未入账工资",
        "无误",
        "账号无误",
    ),
    *("pay", "deposit for September", "paid", "salary account", "our account", "fund transfer", "WAGES CHENGDU"),
]


@pytest.mark.parametrize("words", PAYERS_SAY)
def test_no_ordinary_words_of_a_payer_are_those_of_a_return(words: str) -> None:
    assert {"payer": "E001"} == facts(True, remittance=f"{words} E001")


@pytest.mark.parametrize("mark", RETURNS)
def test_a_credit_that_is_marked_as_taken_back_says_so_and_names_no_payer(mark: str) -> None:
    fields, expected = RETURNS[mark]
    assert {"returned": expected} == facts(True, **{"end_to_end_id": "E001DABC", **fields})


@pytest.mark.parametrize(
    ("fields", "expected"),
    [({"return_reason": "AC04"}, "AC04"), ({"reversal": True}, "reversal"), ({"remittance": "退汇"}, None)],
)
def test_a_debit_is_marked_by_the_bank_alone_and_not_by_words(fields: dict[str, Any], expected: str | None) -> None:
    assert expected == facts(False, **fields).get("returned")


PAYERS: dict[str, tuple[dict[str, Any], str | None]] = {
    "its own id": ({"end_to_end_id": "E001DABC"}, "E001"),
    "its own id and its words": ({"end_to_end_id": "E001D", "remittance": "of E001"}, "E001"),
    "its own id and another's number": ({"end_to_end_id": "E001D", "remittance": "of E002"}, None),
    "a longer number": ({"end_to_end_id": "E001234D9"}, "E001234"),
    "its own id in small letters": ({"end_to_end_id": "e001dabc"}, "E001"),
    "its number alone is no id": ({"end_to_end_id": "E001"}, None),
    "its words": ({"remittance": "wages of September, E001"}, "E001"),
    "its words in Chinese": ({"remittance": "九月工资款E001充值"}, "E001"),
    "in full-width letters": ({"remittance": "工资款 Ｅ００１"}, "E001"),
    "in small letters": ({"remittance": "from e001"}, "E001"),
    "named twice": ({"remittance": "E001, E001"}, "E001"),
    "its number and a date, which may be a run's": ({"remittance": "E001 20260915"}, None),
    "its words and a year": ({"remittance": "E001 wages 2026-09"}, "E001"),
    "its words and a sum": ({"remittance": "E001 fee 100"}, "E001"),
    "two employers": ({"remittance": "E001 E002"}, None),
    "a part of other words": ({"remittance": "SE001 E0012345678 X-E001"}, None),
    "our word, another one, and its number": ({"remittance": "wages Chengdu E001"}, "E001"),
    "an instruction's id is the bank's": ({"instruction_id": "E001D1", "payment_id": "E001D1"}, None),
    "the counterparty's name is the bank's": ({"counterparty_name": "E001"}, None),
    "nothing": ({}, None),
}


@pytest.mark.parametrize("what", PAYERS)
def test_a_payer_is_who_its_own_words_name_alone(what: str) -> None:
    fields, expected = PAYERS[what]
    assert ({"payer": expected} if expected else {}) == facts(True, **fields)
    assert {} == facts(False, **fields)  # a debit has none


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("B1", "B1"),
        ("b1", "B1"),
        ("Ｂ１", "B1"),
        ("b 1", "B1"),
        ("B/1", "B.1-FB95C374"),
        ("B_1-2.3", "B_1-2.3"),
        ("流水1", "..1-B8D52DC3"),
        ("张三/1", "...1-300B8F6C"),
        ("B\\1", "B.1-40CE0285"),
    ],
)
def test_a_reference_has_one_form(reference: str, expected: str) -> None:
    assert expected == canonical(reference) == canonical(canonical(reference))


def test_references_with_other_signs_are_two_and_nobodys_name_is_guessed_from_one() -> None:
    numbers = ("B/1", "B.1", "B\\1", "B#1", "流水1", "流水2", "流/1", "/流1")
    assert len(numbers) == len({canonical(each) for each in numbers})
    assert 1 == len({canonical(f"{name}-0815/1") for name in ("张三", "李四", "王伟", "Äé")})
    long = ("2026/0915/0000000000000000001", "2026/0915/0000000000000000002")
    assert 2 == len({canonical(each) for each in long})


def statement(*refs: str, days: tuple[date, ...] = ()) -> Statement:
    lines = tuple(
        replace(entry(ref, 5, ref.endswith("C")), booking_date=day)
        for ref, day in zip(refs, days or [PAYDAY] * len(refs), strict=True)
    )
    return Statement("S1", 1, CUSTODY, PAYDAY, 100, 100, lines)


def test_debits_come_before_credits_each_by_day_and_reference_whatever_their_places() -> None:
    before = date(2026, 9, 14)
    found = lines_of(statement("B1C", "B9", "A1C", "B2", "B2", days=(PAYDAY, PAYDAY, before, PAYDAY, before)), "s.xml")
    assert ["2026-09-14/B2", "2026-09-15/B2", "2026-09-15/B9", "2026-09-14/A1C", "2026-09-15/B1C"] == [
        line.key for line in found
    ]


def test_a_reference_stands_once_on_a_day_in_whatever_letters() -> None:
    with pytest.raises(InputFault, match=r"s\.xml, row 2, field AcctSvcrRef: B1 is given twice for 2026-09-15"):
        lines_of(statement("B1", "ｂ1"), "s.xml")


def test_a_statement_says_the_same_whatever_the_order_of_its_lines_and_their_texts() -> None:
    given = statement("B1", "B2C")
    turned = replace(given, statement_id="S9", entries=given.entries[::-1])
    retold = replace(given, entries=tuple(replace(line, remittance="more words") for line in given.entries))
    other = replace(given, entries=tuple(replace(line, amount_fen=6) for line in given.entries))
    said = [content(lines_of(each, "s.xml")) for each in (given, turned, retold, other)]
    assert said[0] == said[1] == said[2] != said[3]
