"""The refusals that no command gives any more: their codes stay taken, and ledgers tell of them still."""

from typing import Final

from ..token.refusal import Refusal


class AnswerWindowOpen(Refusal):
    """Workers still have time to answer. Retired: the union certifies rows without waiting."""

    code = 34
    retryable = True
    needs = ("day", "until")


class RowsNotCertified(Refusal):
    """A row up to the cut-off is still without the union's word. Retired: it waits, and holds nothing else back."""

    code = 37
    retryable = True
    needs = ("worker", "day", "state")


RETIRED: Final = frozenset({AnswerWindowOpen, RowsNotCertified})
"""All of them."""
