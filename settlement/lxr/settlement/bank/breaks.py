"""What reconciliation finds, as whole sentences in English and Chinese."""

from typing import Final, Literal

from msgspec import Struct

from lxr.chaincode.bank_refusals import LineDiffers
from lxr.settlement.messages import sentence
from lxr.settlement.messages.catalogue import template

BreakKind = Literal[
    "file",  # a file that is no sound statement of this account, or says other than the ledger's statement of its day
    "sequence",  # a statement is on the ledger without its file, or in no part or not whole on the ledger
    "balance",  # a statement does not open with what the one before closes with, or the ledger's totals differ
    "not_booked",  # a line that is on no ledger
    "amount",  # a line and its booking have different amounts
    "kind",  # a line is booked as what it is not, or with another statement
    "reference",  # a line and its booking name different orders or payers, or another mark of a return
    "not_on_statement",  # a booking, or an order that is paid or came back, without its line
    "waiting",  # a line of which nobody knows what it is
    "missing",  # an attested deposit that the statement of its day does not have
    "in_transit",  # an attested deposit whose statement is due and has not come
    "short",  # an owner whose LXR have no money behind them
    "outstanding",  # an order that the bank has had for too long
]
NONE: Final = "none"
"""The word for what is not there."""

CASES: Final[dict[str, tuple[str, str]]] = {
    # files
    "unsound": ("{problem}", "{problem}"),
    "account": ("it is a statement of account {account}", "是账户 {account} 的对账单"),
    "not_given": ("it is of {day}, and not among the files", "日期为 {day}，不在所给文件之中"),
    "not_on_ledger": ("it is not on the ledger", "不在账本上"),
    "in_part": ("it is not on the ledger with all its lines", "尚未全部入账"),
    "figures": (
        "it has number {number} and {lines} lines, opens with {opening_fen} and closes with {closing_fen}; on the "
        "ledger it has number {there_number} and {there_lines} lines, opens with {there_opening_fen} and closes with "
        "{there_closing_fen}",
        "编号 {number}，{lines} 行，期初 {opening_fen}，期末 {closing_fen}；账本上为编号 {there_number}，"
        "{there_lines} 行，期初 {there_opening_fen}，期末 {there_closing_fen}",
    ),
    "lines": ("it has other lines than that statement on the ledger", "各行与账本上的对账单不同"),
    "retold": (
        "it has the lines of {first}, but of {line} {difference}",
        "各行与 {first} 相同，但 {line} 的内容不同（{difference}）",
    ),
    "left_out": (
        "its number is {number}, the one before is {before}: some statement is left out",
        "其编号为 {number}，前一份为 {before}：中间缺少对账单",
    ),
    "gap": (
        "it opens with {opening_fen}, and {before} closes with {closing_fen}",
        "期初为 {opening_fen}，而 {before} 的期末为 {closing_fen}",
    ),
    "supply": (
        "{supply_fen} of LXR exist, {backing_fen} are backed or known not to be",
        "发行 {supply_fen}，而有据可查的为 {backing_fen}",
    ),
    # lines
    "not_booked": ("{file}: the line is not on the ledger", "{file}：该行不在账本上"),
    "amount_fen": (
        "{file}: the line is of {given_fen}, on the ledger of {there_fen}",
        "{file}：该行为 {given_fen}，账本上为 {there_fen}",
    ),
    "credit": ("{file}: the line is a {given}, on the ledger a {there}", "{file}：该行为{given}，账本上为{there}"),
    "order": (
        "{file}: the order that the line names is {given}, on the ledger {there}",
        "{file}：该行所载付款指令为 {given}，账本上为 {there}",
    ),
    "returned": (
        "{file}: the line's mark of a return is {given}, on the ledger {there}",
        "{file}：该行的退回标记为 {given}，账本上为 {there}",
    ),
    "own_text": (
        "{file}: whether the line repeats our own text: {given}, on the ledger {there}",
        "{file}：该行是否载有本方附言：{given}，账本上：{there}",
    ),
    "payer": (
        "{file}: the payer that the line names is {given}, on the ledger {there}",
        "{file}：该行写明的付款方为 {given}，账本上为 {there}",
    ),
    "statement": ("{file}: it is booked with statement {statement}", "{file}：该行入账于对账单 {statement}"),
    "by_rule": (
        "{file}: it is booked as {kind} of {party}, and by its facts it is {what} of {owner}",
        "{file}：已入账为 {party} 的{kind}，而据其所载应为 {owner} 的{what}",
    ),
    "by_rule_waits": (
        "{file}: it is booked as {kind} of {party}, and by its facts it waits",
        "{file}：已入账为 {party} 的{kind}，而据其所载应待核实",
    ),
    "nobody_undoes": (
        "{file}: it is booked as {kind}, and no line says that it undoes it",
        "{file}：已入账为{kind}，而没有任何一行声明冲销该行",
    ),
    "not_agreed": (
        "{file}: it is booked as {kind}, and the union has not agreed",
        "{file}：已入账为{kind}，而工会并未同意",
    ),
    "parts_leave": (
        "{file}: it is booked as several things, whose parts leave {rest_fen} of it out",
        "{file}：已拆分入账，而各部分尚缺 {rest_fen}",
    ),
    "no_line": (
        "{file}: it is booked as the undoing of {number}, and there is no such line",
        "{file}：已入账为冲销 {number}，而该行不存在",
    ),
    "not_confirmed": (
        "{file}: it is booked as the line of deposit {number}, and no such deposit is confirmed",
        "{file}：已入账为存款 {number} 的对账单行，而该存款并未确认",
    ),
    "said_otherwise": (
        "{file}: it is booked as {kind} of {party}, and bank and union have said that it is that of {number}",
        "{file}：已入账为 {party} 的{kind}，而银行与工会说明其归属为 {number}",
    ),
    **{
        f"line_{case}": (
            f"{{file}}: it is booked as {{booked}}, and {template(f'LineDiffers/{case}', 'en')}",
            f"{{file}}：已入账为{{booked}}，而{template(f'LineDiffers/{case}', 'zh')}",
        )
        for case in LineDiffers.cases
    },
    "without_line": (
        "it is booked with statement {statement} as {kind}, and no file has it",
        "已入账于对账单 {statement}（{kind}），而所给文件均未载",
    ),
    "credit_waits": (
        "a credit of {days} days before the last statement; nobody knows what it is",
        "贷方，距最近对账单 {days} 天，待核实",
    ),
    "debit_waits": (
        "a debit of {days} days before the last statement; nobody knows what it is",
        "借方，距最近对账单 {days} 天，待核实",
    ),
    # deposits and orders
    "missing": (
        "{employer}'s, attested, {days} days before the last statement and on none; {blocked_fen} are unspent and "
        "blocked",
        "{employer} 的存款，已证实，距最近对账单 {days} 天而未载于任何对账单；未用的 {blocked_fen}已冻结",
    ),
    "due": (
        "{employer}'s, attested; its statement was due on {day}",
        "{employer} 的存款，已证实；其对账单应于 {day} 到达",
    ),
    "confirmed": (
        "it is confirmed, and the lines that confirm it are {lines} in number",
        "已确认，而确认该笔的对账单行有 {lines} 行",
    ),
    "paid": (
        "it is {state} by line {booking}; lines that pay it: {lines}",
        "状态为{state}（对账单行 {booking}）；支付该指令的行：{lines}",
    ),
    "not_paid": ("it is {state}; lines that pay it: {lines}", "状态为{state}；支付该指令的行：{lines}"),
    "returned_by": ("it is {state}; lines that return it: {lines}", "状态为{state}；退回该指令的行：{lines}"),
    "short": ("LXR without money behind them", "无资金支持的 LXR"),
    "outstanding": (
        "the bank has it since {since}; up to {today} it is neither paid, returned nor rejected",
        "自 {since} 起在银行；截至 {today} 既未付款，也未退回或拒付",
    ),
    "not_accepted": (
        "the bank has it since {since} and has not accepted it; up to {today} it is neither paid, returned nor "
        "rejected",
        "自 {since} 起在银行，而银行尚未受理；截至 {today} 既未付款，也未退回或拒付",
    ),
}
"""The texts of each case, in which its facts stand."""


class Break(Struct, frozen=True, forbid_unknown_fields=True):
    """What does not match. reference: a line or deposit, as 2026-09-16/B1, an order, an owner, a statement, a file.

    detail: in English, made of the case and its facts.
    """

    kind: BreakKind
    reference: str
    amount_fen: int
    detail: str
    case: str
    facts: dict[str, str | int]


def broken(kind: BreakKind, reference: str, amount_fen: int, case: str, /, **facts: str | int) -> Break:
    """Return the break of a case, with all facts that stand in its texts."""
    return Break(kind, reference, amount_fen, sentence(CASES[case][0], facts, "en"), case, facts)
