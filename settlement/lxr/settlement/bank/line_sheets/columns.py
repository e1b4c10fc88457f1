"""The columns of the sheets in which people decide about waiting lines: their titles, and the words that they take."""

from typing import Final, Literal

from lxr.settlement.messages.bilingual import Words

Column = Literal[
    "line",
    "day",
    "direction",
    "yuan",
    "days",
    "marks",
    "name",
    "account",
    "text",
    "proposal",
    "why",
    "said",
    "what",
    "number",
    "same",
    "agree",
    "content",
]
TITLES: Final[dict[Column, Words]] = {
    "line": Words("line", "对账单行"),
    "day": Words("day", "日期"),
    "direction": Words("direction", "借贷方向"),
    "yuan": Words("yuan", "金额（元）"),
    "days": Words("days waiting", "待核实天数"),
    "marks": Words("marks", "标记"),
    "name": Words("other side: name", "对方户名"),
    "account": Words("other side: account", "对方账号"),
    "text": Words("text", "摘要及附言"),
    "proposal": Words("proposal", "建议"),
    "why": Words("why", "依据"),
    "said": Words("the bank says", "银行说明"),
    "what": Words("what", "款项性质"),
    "number": Words("number", "编号或分项金额"),
    "same": Words("as proposed", "与建议一致"),
    "agree": Words("agree", "是否同意"),
    "content": Words("content", "内容校验码"),
}
_SHOWN: Final[tuple[Column, ...]] = (
    "line",
    "day",
    "direction",
    "yuan",
    "days",
    "marks",
    "name",
    "account",
    "text",
    "proposal",
    "why",
    "said",
)
OF_THE_BANK: Final[tuple[Column, ...]] = (*_SHOWN, "what", "number")
"""What the bank's teller gets: all that is known of a line, then what the line is."""
OF_WHO_AGREES: Final[tuple[Column, ...]] = (*_SHOWN, "same", "agree", "content")
"""What union and employers get: the same, then whether they agree.

same: whether what is certain is what the bank says. content: the digest of what they would sign.
"""
COMPARED: Final[tuple[Column, ...]] = ("line", "day", "direction", "yuan", "marks", "said")
"""What the ledger knows: it must be there, and be what the ledger says, when a sheet is read."""
WHAT: Final[dict[str, Words]] = {
    "order": Words("order", "付款指令"),
    "employer": Words("employer", "用工单位款项"),
    "platform": Words("platform", "手续费或利息"),
    "line": Words("undoes", "冲销"),
    "deposit": Words("deposit", "已证实存款"),
    "parts": Words("parts", "拆分"),
}
"""What a line can be, see `lines.Target`."""
YES: Final = Words("yes", "同意")
DECIDES: Final[dict[Column, tuple[Words, ...]]] = {"what": tuple(WHAT.values()), "agree": (YES,)}
"""Columns that take one of these words, or nothing."""
NOTICE: Final = Words(
    "Private: it names persons and accounts. Fill in the last columns; a row that is empty there decides nothing.",
    "内部资料，含个人信息，请勿外传。仅填写末列；未填写的行不作处理。",
)
