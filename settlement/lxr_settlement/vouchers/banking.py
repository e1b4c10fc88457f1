"""Vouchers of what the bank says: a booking on the custody account, and a payment order."""

from typing import Final

from lxr_chaincode.cashout_records import OrderState, cash_outs, orders
from lxr_chaincode.custody_records import bookings, statements
from lxr_settlement.vouchers.evidence import Evidence
from lxr_settlement.vouchers.history import History, Place
from lxr_settlement.vouchers.voucher import NOT_SHOWN, Draft, Fact, Words, fact, party

_BOOKINGS: Final = {
    "deposit": Words("Deposit", "入金凭证"),
    "payout": Words("Payout booked by the bank", "银行出账凭证"),
    "return": Words("Returned payment booked by the bank", "银行退汇凭证"),
    "stray": Words("Debit that no order explains", "不明出账凭证"),
    "made_good": Words("Shortfall made good", "备付金补足凭证"),
}
_ORDERS: Final = {
    OrderState.HELD: Words("Payment order", "付款指令凭证"),
    OrderState.SETTLED: Words("Payment settled", "付款成功凭证"),
    OrderState.RETURNED: Words("Payment returned", "付款退回凭证"),
    OrderState.REJECTED: Words("Payment rejected by the bank", "付款被拒凭证"),
    OrderState.CANCELLED: Words("Payment order cancelled", "付款指令撤销凭证"),
}
assert _ORDERS.keys() == set(OrderState)


def booking_places(history: History, number: str) -> set[Place]:
    """number: custody/reference."""
    return history.of(bookings, *number.split("/"))


def booking_draft(evidence: Evidence, number: str) -> Draft:
    """A line of the bank's books, attested ahead of its statement or on one."""
    custody, reference = number.split("/")
    booking = evidence.need(bookings, custody, reference)
    parties = [party("custody account", "备付金账户", custody)]
    if booking.kind == "deposit" and booking.party:
        parties.append(party("employer", "用工单位", booking.party))
    facts = [
        fact("bank's booking reference", "银行记账流水号", reference),
        fact("state", "状态", booking.state),
        *_statement(evidence, custody, booking.statement),
    ]
    if booking.kind == "deposit" and booking.party is None:
        facts.append(fact("owner", "款项归属", NOT_SHOWN))
    if booking.kind in ("payout", "return"):
        facts.append(fact("payment order", "付款指令号", str(booking.party)))
    if booking.reason is not None:
        facts.append(fact("reason", "原因", booking.reason))
    return Draft(_BOOKINGS[booking.kind], parties, facts, booking.amount_fen)


def order_places(history: History, number: str) -> set[Place]:
    """number: the order's end-to-end id."""
    return history.of(orders, number) | history.of(cash_outs, history.need(orders, number).cashout)


def order_draft(evidence: Evidence, number: str) -> Draft:
    """A payment and what the bank said of it."""
    order = evidence.need(orders, number)
    cash_out = evidence.need(cash_outs, order.cashout)
    parties = [
        party("account paid out", "出账账户", order.account),
        party("custody account", "备付金账户", cash_out.custody),
    ]
    facts = [
        fact("end-to-end id", "端到端标识", number),
        fact("cash-out", "提现批次", order.cashout),
        fact("state", "状态", order.state),
        fact("commitment to the bank account paid to", "收款账户承诺值", order.payout),
    ]
    if cash_out.run is not None:
        facts.append(fact("run", "发薪批次", cash_out.run))
    if cash_out.retry_of is not None:
        facts.append(fact("in place of", "重付原指令", cash_out.retry_of))
    if cash_out.message_id is not None:
        facts.append(fact("file sent to the bank", "银行文件编号", cash_out.message_id))
        facts.append(fact("SHA-256 of the file", "文件摘要", str(cash_out.file_digest)))
    if order.booking is not None:
        facts.append(fact("bank's booking reference", "银行记账流水号", order.booking))
        booking = evidence.need(bookings, cash_out.custody, order.booking)
        facts += _statement(evidence, cash_out.custody, booking.statement)
    if order.reason is not None:
        facts.append(fact("bank's reason", "银行原因", order.reason))
    return Draft(_ORDERS[order.state], parties, facts, order.amount_fen)


def _statement(evidence: Evidence, custody: str, sequence: int | None) -> list[Fact]:
    if sequence is None:
        return [fact("on the bank's statement", "银行对账单", NOT_SHOWN)]
    statement = evidence.need(statements, custody, sequence)
    return [
        fact("on the bank's statement", "银行对账单序号", sequence),
        fact("day of the statement", "对账单日期", statement.day),
    ]
