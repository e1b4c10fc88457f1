"""Rejections: the payment orders that the bank did not execute, whose money is their owners' again."""

from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from .bank_refusals import PaymentOrderDiffers
from .cashout_records import PaymentOrder, PaymentOrderState, payment_orders
from .command import Command, handles
from .custody import MAX_ENTRIES, CustodyAnswer, answer_of
from .payment_orders import find_orders, refuse_order
from .refusals import Unknown
from .reserve import Reserve, owner_of, pending_redemption_account
from .things import Thing
from .types import CashOutNo, CustodyNo, EndToEnd, ReasonCode
from .world import World


class RejectPaymentOrders(Command[CustodyAnswer], frozen=True, kw_only=True, tag="custody.reject_payment_orders"):
    """Say which orders the bank did not execute, and why: their money is the workers' again."""

    custody: CustodyNo
    cashout: CashOutNo
    rejections: Annotated[tuple[tuple[EndToEnd, ReasonCode], ...], Meta(min_length=1, max_length=MAX_ENTRIES)]


@handles(RejectPaymentOrders, "bank/teller")
def reject_payment_orders(world: World, command: RejectPaymentOrders) -> CustodyAnswer:
    """Reject orders. Refuses: Unknown, PaymentOrderDiffers."""
    # READ
    numbers = [number for number, _ in command.rejections]
    found = find_orders(world, numbers)
    for number in numbers:
        if number not in found:
            raise Unknown(what=Thing.PAYMENT_ORDER, number=number)
    back = [order for order, _ in found.values()]
    owners = {owner_of(cash_out) for _, cash_out in found.values()}
    reserve = Reserve(world, command.custody, owners, [pending_redemption_account(order) for order in back], back)
    # REFUSE and COMPUTE
    rejected: dict[str, PaymentOrder] = {}
    for number, reason in command.rejections:
        order, cash_out = found[number]
        if order.cashout != command.cashout:
            raise PaymentOrderDiffers(case="cashout", order=number, cashout=order.cashout, given=command.cashout)
        if number in rejected:
            raise PaymentOrderDiffers(case="twice", order=number)
        refuse_order(number, order, cash_out, command.custody, PaymentOrderState.HELD, order.amount_fen)
        reserve.release(number, order, owner_of(cash_out))
        rejected[number] = replace(order, state=PaymentOrderState.REJECTED, reason=reason)
    # WRITE: from here on it must succeed
    reserve.write(world, "custody.reject_payment_orders")
    for number, order in rejected.items():
        world.put(payment_orders, order, number)
    return answer_of(command.custody, reserve.custody)
