"""Payment orders as the bank speaks of them: each with its cash-out, and whether both fit what the bank says."""

from .bank_refusals import PaymentOrderDiffers
from .cashout_records import CashOut, CashOutState, PaymentOrder, PaymentOrderState, cash_outs, payment_orders
from .world import World

Orders = dict[str, tuple[PaymentOrder, CashOut]]
"""By number, orders and their cash-outs."""


def find_orders(world: World, numbers: list[str]) -> Orders:
    """Return the orders that the ledger has among these numbers, with their cash-outs."""
    wanted = sorted(set(numbers))
    found = dict(zip(wanted, world.get_many(payment_orders, [(number,) for number in wanted]), strict=True))
    heads = sorted({order.cashout for order in found.values() if order is not None})
    cash = dict(zip(heads, world.get_many(cash_outs, [(head,) for head in heads]), strict=True))
    return {
        number: (order, head)
        for number, order in found.items()
        if order is not None and (head := cash[order.cashout]) is not None
    }


def refuse_order(
    number: str, order: PaymentOrder, cash_out: CashOut, custody: str, needed: PaymentOrderState, amount_fen: int
) -> None:
    """Refuse an order that is not this custody account's, or not of the state and amount that it must have.

    Refuses: PaymentOrderDiffers.
    """
    if cash_out.custody != custody:
        raise PaymentOrderDiffers(case="custody", order=number, custody=cash_out.custody, given=custody)
    if cash_out.state is not CashOutState.ACCEPTED:
        raise PaymentOrderDiffers(case="not_accepted", order=number, cashout=order.cashout, state=cash_out.state)
    if order.state is not needed:
        case = "not_held" if needed is PaymentOrderState.HELD else "not_settled"
        raise PaymentOrderDiffers(case=case, order=number, state=order.state)
    if order.amount_fen != amount_fen:
        raise PaymentOrderDiffers(case="amount", order=number, amount_fen=order.amount_fen, given_fen=amount_fen)
