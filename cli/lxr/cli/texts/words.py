"""The contract's own words for records, their kinds and their states, in Chinese."""

from collections.abc import Mapping
from typing import Final

from lxr.settlement.messages.catalogue import word

WORDS: Final = {
    # records, in the place of a file
    "cash-out": "提现批次",
    "deposit": "存款",
    "order": "付款指令",
    "period": "期间",
    "run": "发薪批次",
    "statement": "对账单",
    "account of": "收款账户",
    # what a line's file says
    "credit": "贷方",
    "debit": "借方",
    "none": "无",
    "platform": "平台",
    "reversal": "冲正",
    "yes": "是",
    "no": "否",
    # breaks of reconciliation
    "amount": "金额",
    "balance": "余额",
    "file": "文件",
    "in_transit": "在途",
    "kind": "类别",
    "missing": "缺失",
    "not_booked": "未入账",
    "not_on_statement": "对账单未载",
    "outstanding": "逾期",
    "reference": "编号",
    "sequence": "顺序",
    "short": "短缺",
    "waiting": "待核实",
}
"""Whatever they are said of."""


def kind(code: str) -> str:
    """Return the word for the kind of a statement's line, or of an open item."""
    return word("kind", code, "zh")


def kind_in_english(code: str) -> str:
    """Return the words for what a statement's line is booked as."""
    return word("kind", code, "en")


def state(code: str, of: str = "") -> str:
    """Return the word for a state, as it is said of that sort of record; a text that is no state stays as it is."""
    return WORDS.get(code) or word("state", code, "zh", of=of)


def in_words(facts: Mapping[str, str | int]) -> dict[str, str | int]:
    """Return the facts of a break with the contract's words in Chinese; all else stays as it is."""
    return {name: _fact(name, fact) if isinstance(fact, str) else fact for name, fact in facts.items()}


def _fact(name: str, fact: str) -> str:
    if name in ("kind", "booked", "what"):
        return kind(fact)
    return state(fact) if name == "state" else WORDS.get(fact) or record_in_chinese(fact)


def record_in_chinese(name: str) -> str:
    """Return a record with its number, as `period 2026-08`; a file's name, and all else, stays as it is."""
    record, _, number = name.rpartition(" ")
    return f"{WORDS[record]} {number}" if record in WORDS and not set(number) & {" ", "."} else name
