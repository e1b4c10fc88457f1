"""Vouchers of what the bank says: a booking on the custody account, and a payment order."""

from typing import Final

from lxr.chaincode.cashout_records import PaymentOrderState, cash_outs, file_place, payment_orders
from lxr.chaincode.custody_records import Attestation, Booking, attestations, bookings, statements
from lxr.settlement.errors import VoucherFault
from lxr.settlement.messages.bilingual import Words
from lxr.settlement.messages.words import organisations_words, words_of
from lxr.settlement.reports.vouchers.evidence import Evidence
from lxr.settlement.reports.vouchers.history import History, Place
from lxr.settlement.reports.vouchers.voucher import NOT_SHOWN, Draft, Fact, clock, fact, money, party

CREDIT: Final = Words("credit", "收入")
DEBIT: Final = Words("debit", "支出")
_BOOKINGS: Final = {
    "deposit": Words("Deposit", "入金凭证"),
    "payout": Words("Payout booked by the bank", "银行出账凭证"),
    "return": Words("Returned payment booked by the bank", "银行退汇凭证"),
    "platform": Words("The bank's fee or interest", "银行手续费或利息凭证"),
    "refund": Words("Money given back to an employer", "退还用工单位款项凭证"),
    "parts": Words("Entry of the bank, of several parts", "拆分认定银行流水凭证"),
    "undone": Words("Entry of the bank, undone by another", "银行对冲流水凭证"),
    "waiting": Words("Entry of the bank, not known yet", "待认定银行流水凭证"),
}
_ORDERS: Final = {
    PaymentOrderState.HELD: Words("Payment order", "付款指令凭证"),
    PaymentOrderState.SETTLED: Words("Payment settled", "付款成功凭证"),
    PaymentOrderState.RETURNED: Words("Payment returned", "付款退回凭证"),
    PaymentOrderState.REJECTED: Words("Payment rejected by the bank", "付款被拒凭证"),
    PaymentOrderState.CANCELLED: Words("Payment order cancelled", "付款指令撤销凭证"),
}
_TARGETS: Final = {
    "order": Words("payment order", "付款指令"),
    "employer": Words("money of employer", "用工单位款项"),
    "platform": Words("the bank's fee or interest", "银行手续费或利息"),
    "line": Words("undoes entry", "对冲流水"),
    "deposit": Words("attested deposit", "已预先确认的入金"),
}
assert _ORDERS.keys() == set(PaymentOrderState)


def booking_places(history: History, number: str) -> set[Place]:
    """Find where a booking stands. number: custody/day/reference."""
    place = number.split("/")
    return history.of(attestations, *place) | history.of(bookings, *place)


def booking_draft(evidence: Evidence, number: str) -> Draft:
    """Return an entry in the bank's books, attested ahead of its statement, on one, or both."""
    custody, day, reference = number.split("/")
    deposit = evidence.get(attestations, custody, day, reference)
    booking = evidence.get(bookings, custody, day, reference)
    facts = [fact("bank's booking reference", "银行记账流水号", reference), fact("booking day", "记账日期", day)]
    parties = [party("custody account", "备付金账户", custody)]
    if deposit is not None:
        parties.append(party("employer", "用工单位", deposit.employer))
        facts += _attested(deposit)
    if booking is None:
        if deposit is None:
            raise VoucherFault("nothing here wrote booking {number}", number=number)
        return Draft(_BOOKINGS["deposit"], parties, [*facts, *_statement(evidence, custody, None)], deposit.amount_fen)
    if booking.kind in ("deposit", "refund") and booking.party is not None and deposit is None:
        parties.append(party("employer", "用工单位", booking.party))
    facts += [*_statement(evidence, custody, booking.statement), *_booked(booking)]
    return Draft(_BOOKINGS[booking.kind], parties, facts, booking.line.amount_fen)


def _attested(deposit: Attestation) -> list[Fact]:
    """Return what the bank said ahead of its statement."""
    signatures = 1 if deposit.cosigned_by is None else 2
    facts = [
        fact("attested by the bank: state", "银行预先确认：状态", words_of("state", deposit.state)),
        money("attested by the bank", "银行预先确认金额", deposit.amount_fen),
        fact("persons of the bank who signed it, as shown", "此处出示的银行签署人数", signatures),
    ]
    if deposit.blocked_fen:
        facts.append(money("kept from the employer until it is found", "查明前暂停使用金额", deposit.blocked_fen))
    if deposit.reversal is not None:
        facts.append(fact("why it is to be reversed", "冲回原因", deposit.reversal))
    return facts


def _booked(booking: Booking) -> list[Fact]:
    """Return what the line is, and who says so."""
    facts = [fact("direction", "收付方向", CREDIT if booking.line.credit else DEBIT)]
    if booking.kind == "waiting":
        facts.append(money("not known yet what it is", "待认定金额", booking.waiting_fen))
    if booking.kind in ("payout", "return"):
        facts.append(fact("payment order", "付款指令号", str(booking.party)))
    if booking.kind == "undone":
        facts.append(fact("the other entry", "对冲流水", str(booking.party)))
    if booking.line.returned is not None:
        facts.append(fact("reason", "原因", booking.line.returned))
    if booking.proposal is not None:
        target = booking.proposal.target
        if target.parts_fen:
            facts += [money("part of it", "其中一部分", fen) for fen in target.parts_fen]
        else:
            what = _TARGETS[target.what]
            said = (
                what if target.what == "platform" else Words(f"{what.en} {target.number}", f"{what.zh} {target.number}")
            )
            facts.append(fact("what the bank says that it is", "银行认定", said))
        agreed = booking.proposal.agreed
        facts.append(fact("agreed to by", "同意方", organisations_words(agreed) if agreed else NOT_SHOWN))
    return facts


def order_places(history: History, number: str) -> set[Place]:
    """Find where a payment order stands. number: its end-to-end id."""
    return history.of(payment_orders, number) | history.of(cash_outs, history.need(payment_orders, number).cashout)


def order_draft(evidence: Evidence, number: str) -> Draft:
    """Return a payment and what the bank said of it."""
    order = evidence.need(payment_orders, number)
    cash_out = evidence.need(cash_outs, order.cashout)
    parties = [
        party("account paid out", "出账账户", order.account),
        party("custody account", "备付金账户", cash_out.custody),
    ]
    facts = [
        fact("end-to-end id", "端到端标识", number),
        fact("cash-out", "提现批次", order.cashout),
        fact("state", "状态", words_of("state", order.state)),
        fact("commitment to the bank account paid to", "收款账户承诺值", order.payee_commitment),
    ]
    if cash_out.run is not None:
        facts.append(fact("run", "发薪批次", cash_out.run))
    if cash_out.retry_of is not None:
        facts.append(fact("in place of", "重付原指令", cash_out.retry_of))
    place = file_place(cash_out, order.shard)
    if place is not None:
        file = cash_out.files[place]
        facts.append(fact("file sent to the bank", "银行文件编号", file.message_id))
        if len(cash_out.files) > 1:
            facts.append(fact("of how many files", "文件总数", len(cash_out.files)))
        facts.append(fact("digest of the file (HMAC-SHA256)", "文件摘要（HMAC-SHA256）", file.digest))
    if cash_out.accepted_ms is not None:
        facts.append(fact("accepted by the bank", "银行受理时间", clock(cash_out.accepted_ms)))
    if order.booking is not None:
        facts.append(fact("bank's booking day and reference", "银行记账日期及流水号", order.booking))
        booking = evidence.need(bookings, cash_out.custody, *order.booking.split("/"))
        facts += _statement(evidence, cash_out.custody, booking.statement)
    if order.reason is not None:
        facts.append(fact("bank's reason", "银行原因", order.reason))
    return Draft(_ORDERS[order.state], parties, facts, order.amount_fen)


def _statement(evidence: Evidence, custody: str, number: int | None) -> list[Fact]:
    """number: by the ledger's count; the bank's own may begin anew."""
    statement = None if number is None else evidence.get(statements, custody, number)
    if number is None or statement is None:
        return [fact("on the bank's statement", "银行对账单", NOT_SHOWN if number is None else number)]
    return [
        fact("on the bank's statement", "银行对账单", number),
        fact("number that the bank gives it", "银行对账单编号", "-" if statement.number is None else statement.number),
        fact("day of the statement", "对账单日期", statement.day),
    ]
