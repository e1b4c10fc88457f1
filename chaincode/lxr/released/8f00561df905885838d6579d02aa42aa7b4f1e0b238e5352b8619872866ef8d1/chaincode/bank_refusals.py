"""The refusals of money at the bank that have several causes: the facts of each."""

from typing import ClassVar

from ..token.refusal import Refusal


class BookingDiffers(Refusal):
    """The booking reference is on the ledger with other facts."""

    code = 45
    needs = ("booking",)
    cases: ClassVar = {
        "booked": ("there", "kind", "amount_fen", "statement"),
        "part": (),
        "opening": (),
    }


class PaymentOrderDiffers(Refusal):
    """The bank's line does not fit the order that it names."""

    code = 46
    needs = ("order",)
    cases: ClassVar = {
        "not_held": ("state",),
        "not_settled": ("state",),
        "amount": ("amount_fen", "given_fen"),
        "custody": ("custody", "given"),
        "not_accepted": ("cashout", "state"),
        "cashout": ("cashout", "given"),
        "twice": (),
        "not_back": ("state",),
        "other_worker": (),
    }


class StatementGap(Refusal):
    """Statements come in sequence, each opening where the last one closed."""

    code = 47
    retryable = True
    needs = ("sequence", "custody")
    cases: ClassVar = {
        "number": ("next",),
        "opening": ("opening_fen", "closing_fen"),
        "day": ("day", "closing_day"),
        "first_lines": ("opening_fen", "booked_fen"),
        "line": ("done", "first"),
        "lines": ("entries",),
    }


class StatementDoesNotAdd(Refusal):
    """Opening balance and entries do not give the closing balance, or not the ledger's supply."""

    code = 48
    needs = ("sequence", "custody", "sum_fen", "closing_fen")


class PeriodNotReady(Refusal):
    """Something in the period is still open."""

    code = 50
    retryable = True
    needs = ("period",)
    cases: ClassVar = {
        "next": ("next",),
        "not_over": (),
        "not_signed": ("last",),
        "no_statement": (),
        "statements": ("closing_day",),
        "in_part": ("statement",),
        "twice": ("kind", "name"),
        "not_open": ("kind", "name", "named_fen"),
        "other_fen": ("kind", "name", "named_fen", "there_fen"),
        "payments": ("there_fen", "named_fen"),
        "came_back": ("there_fen", "named_fen"),
        "platform": ("there_fen", "named_fen"),
        "rest": ("kind", "most"),
        "credits": ("there_fen", "named_fen"),
        "debits": ("there_fen", "named_fen"),
        "shortfalls": ("there_fen", "named_fen"),
        "deposit": ("name", "amount_fen"),
        "run": ("name",),
    }


class LineDiffers(Refusal):
    """What is said of a statement's line does not fit it."""

    code = 62
    cases: ClassVar = {
        "order": ("line", "order", "number"),
        "debit": ("line",),
        "marks": ("line",),
        "payer": ("line", "payer"),
        "direction": ("line", "other"),
        "undone_order": ("credit", "order", "debit"),
        "undone_marks": ("credit", "debit"),
        "undone_fen": ("credit", "credit_fen", "debit", "debit_fen"),
        "attested": ("line", "line_fen", "attested_fen"),
        "number": ("number",),
        "platform": ("number",),
        "in_part": ("line",),
        "order_fen": ("line", "line_fen", "order", "order_fen"),
        "kept": ("line", "line_fen", "order_fen", "order", "platform_fen"),
        "other": ("other", "kind", "other_fen", "waiting_fen", "line", "line_fen"),
        "return_gone": ("line", "other"),
        "consent": ("line", "employer"),
        "one_thing": ("line",),
        "parts": ("line",),
        "parts_fen": ("line", "parts_fen", "waiting_fen"),
        "split_often": ("line", "most"),
    }
