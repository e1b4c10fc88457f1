"""One day of the simulated bank: what is booked, in order. Nothing but its own fee takes the balance below zero."""

from datetime import date, timedelta
from typing import Final

from lxr.chaincode.lines import LINE_FEN_MAX
from lxr.settlement.bank.formats import texts
from lxr.settlement.bank.model import Entry
from lxr.settlement.rehearsal.books import Booking

ENTRIES_MAX: Final = 50_000
"""As many as are written as a whole; what is read may have more."""


class DaySheet:
    """The entries of one day while they are being booked, and the balance after them."""

    def __init__(self, day: date, opening_fen: int) -> None:
        self.day: Final = day
        self.entries: Final[list[Entry]] = []
        self.balance_fen = opening_fen

    def book(self, booking: Booking, *, credit: bool, with_id: bool = True) -> bool:
        """Books the transfer, or its return, unless balance or statement has no room for it.

        with_id: the line bears its end-to-end id, which a table for paying wages has in words at most.
        """
        balance_fen = self.balance_fen + (booking.amount_fen if credit else -booking.amount_fen)
        fits = balance_fen <= texts.AMOUNT_MAX_FEN if credit else balance_fen >= 0
        if not fits or len(self.entries) == ENTRIES_MAX:
            return False
        self._enter(
            booking.amount_fen,
            credit=credit,
            end_to_end_id=booking.end_to_end_id if with_id else None,
            name=booking.counterparty_name,
            account=booking.counterparty_account,
            reason=booking.reason,
            remittance=booking.remittance,
        )
        return True

    def book_total(self, message_id: str, amount_fen: int) -> bool:
        """Book the payments of a message as one total, which bears its id and no payee, unless there is no room."""
        if amount_fen > self.balance_fen or len(self.entries) == ENTRIES_MAX:
            return False
        self._enter(
            amount_fen,
            credit=False,
            end_to_end_id=None,
            name="",
            account="",
            reason=None,
            remittance="",
            payment_id=message_id,
        )
        return True

    def charge(self, fee_fen: int) -> bool:
        """Take the bank's own fee, also of an account that does not hold it, unless no statement has room for it."""
        room_fen = min(LINE_FEN_MAX, texts.AMOUNT_MAX_FEN + self.balance_fen)
        if fee_fen > room_fen or len(self.entries) == ENTRIES_MAX:
            return False
        self._enter(fee_fen, credit=False, end_to_end_id=None, name="", account="", reason=None, remittance="bank fee")
        return True

    def _enter(
        self,
        amount_fen: int,
        *,
        credit: bool,
        end_to_end_id: str | None,
        name: str,
        account: str,
        reason: str | None,
        remittance: str,
        payment_id: str | None = None,
    ) -> None:
        self.balance_fen += amount_fen if credit else -amount_fen
        self.entries.append(
            Entry(
                amount_fen=amount_fen,
                credit=credit,
                reversal=False,
                booking_date=self.day,
                value_date=self.day,
                bank_ref=f"{self.day:%Y%m%d}{len(self.entries) + 1:08d}",
                end_to_end_id=end_to_end_id,
                counterparty_name=name,
                counterparty_account=account,
                return_reason=reason,
                remittance=remittance,
                payment_id=payment_id,
            )
        )


def next_banking_day(day: date) -> date:
    """Return the next Monday to Friday after `day`. This bank keeps no public holidays."""
    following = day + timedelta(days=1)
    while following.weekday() >= 5:
        following += timedelta(days=1)
    return following
