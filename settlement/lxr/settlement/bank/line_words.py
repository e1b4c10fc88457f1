"""A waiting line in words of both languages: which way the money went, its marks, and what it is said to be."""

from lxr.chaincode.lines import Line, Target
from lxr.settlement.bank.waiting_lines import WaitingLine
from lxr.settlement.messages.bilingual import Words
from lxr.settlement.messages.words import words_of
from lxr.token.fen import yuan


def direction_words(*, credit: bool) -> Words:
    """Say which way the money went."""
    return Words("credit", "贷") if credit else Words("debit", "借")


def marks_words(line: Line | WaitingLine) -> Words:
    """Say what a line's file says of it, as far as the ledger has it."""
    found = []
    if line.order:
        found.append(Words(f"order {line.order}", f"指令 {line.order}"))
    if line.returned:
        said = words_of("value", line.returned)
        found.append(Words(f"return {said.en}", f"退回 {said.zh}"))
    if line.own_text:
        found.append(Words("our own text", "本方附言"))
    if line.payer:
        found.append(Words(f"payer {line.payer}", f"付款方 {line.payer}"))
    return Words(", ".join(each.en for each in found), "，".join(each.zh for each in found))


def target_words(target: Target, *, credit: bool) -> Words:
    """Say what a line is said to be."""
    number = target.number
    parts = [yuan(fen) for fen in target.parts_fen]
    match target.what:
        case "order":
            return Words(f"order {number}", f"付款指令 {number}")
        case "employer" if credit:
            return Words(f"a deposit of {number}", f"{number} 的存款")
        case "employer":
            return Words(f"money given back to {number}", f"退还给 {number} 的款项")
        case "parts":
            return Words(f"several things, of {', '.join(parts)}", f"由多部分组成：{'、'.join(parts)}")
        case "platform":
            return Words("the bank's fee or interest", "银行手续费或利息")
        case "line":
            return Words(f"the undoing of {number}", f"冲销 {number}")
        case "deposit":
            return Words(f"the line of deposit {number}", f"已证实存款 {number} 的对账单行")
