"""A wage that came back, of which neither our own text nor the bank's words are taken for a mark."""

import msgspec
import pytest

from lxr.chaincode.types import CashOutNo
from lxr.settlement.bank.statement_lines import facts_of
from treasury import entry


@pytest.mark.parametrize("number", ["C9", "CR3", "CASH-MARCH", "CE001-AGAIN", "CWAGES-1"])
@pytest.mark.parametrize("word", ["wages", "tax"])
def test_our_own_text_marks_a_credit_whatever_the_number_of_the_cash_out_is(word: str, number: str) -> None:
    assert msgspec.convert(number, CashOutNo)
    assert facts_of(entry("B1", 500, True, remittance=f"{word} {number}"), "B1").own_text


@pytest.mark.parametrize(
    "words",
    [
        "账号错误",
        "户名错误",
        "账户异常",
        "账户已冻结",
        "查无此户",
        "拒绝入账",
        "无法入账",
        "驳回",
        "转回",
        "退匯",
        "沖正",
        "退-",
        "UNPAID",
        "FAILED",
        "INVALID ACCOUNT",
    ],
)
def test_a_credit_of_which_the_bank_says_that_a_payment_did_not_arrive_is_nobodys_deposit(words: str) -> None:
    """The bank's own words, and what is left of our text: the employer's number."""
    assert facts_of(entry("B1", 500, True, remittance=f"{words} E001"), "B1").payer is None
