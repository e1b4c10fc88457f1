"""The refusals that no command gives any more: their codes stay taken, and ledgers tell of them still."""

from typing import Final

from ..token.refusal import Refusal


class AnswerWindowOpen(Refusal):
    """Workers still have time to answer. Retired: the union certifies rows without waiting."""

    code = 34
    retryable = True
    en = "rows of {day} can be certified unanswered from {until}"
    zh = "{day} 的未答复记录自 {until} 起方可认定"


class RowsNotCertified(Refusal):
    """A row up to the cut-off is still without the union's word. Retired: it waits, and holds nothing else back."""

    code = 37
    retryable = True
    en = "the row of {worker} on {day} is {state}, certify it first"
    zh = "{worker} 在 {day} 的记录状态为 {state}，请先认定"


RETIRED: Final = frozenset({AnswerWindowOpen, RowsNotCertified})
"""All of them."""
