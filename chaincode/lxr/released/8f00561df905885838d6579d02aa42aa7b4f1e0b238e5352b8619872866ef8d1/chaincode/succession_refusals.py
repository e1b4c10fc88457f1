"""The refusals between a ledger and the one that follows it."""

from typing import ClassVar

from ..token.refusal import Refusal


class DayOfOtherLedger(Refusal):
    """The work of a day belongs on one ledger: on this one, its predecessor or its successor."""

    code = 68
    needs = ("day",)
    cases: ClassVar = {"before": (), "after": ()}


class PredecessorUnproven(Refusal):
    """A ledger names as its predecessor's last state only what three of the four organisations have signed."""

    code = 69
    cases: ClassVar = {"signature": ("number", "fault"), "few": ("number", "needed"), "none": ()}


class ProofWrong(Refusal):
    """What is carried over is proven under the root of the predecessor's closing checkpoint."""

    code = 70
    needs = ("number",)
    cases: ClassVar = {"root": (), "rehearsal": (), "day": ("day", "first_day")}


class LedgerNotClosed(Refusal):
    """A closing register is written once the last day of the ledger's work is over."""

    code = 71
    retryable = True
    needs = ("day",)


class TermsNotCarried(Refusal):
    """What workers have signed on the predecessor binds them under the same document: it must be in force here."""

    code = 72
    retryable = True
    needs = ("employer", "digest", "count")
