"""Which column is meant: the one that a person named, else the only one that fits, else a question."""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from lxr.settlement.work.mapping_assistant.questions import Answers, Choice, Question, Unanswered, option_of
from lxr.settlement.work.mapping_assistant.table import Column, Table


def stated_or_only(
    table: Table, answers: Answers, question: Question, found: Sequence[Column], choice: Callable[[Column], Choice]
) -> Column:
    """Return the column that a question is about. found: those that fit; without any, all are choices.

    choice: how a column is offered. Raises Unanswered, and InputFault for an answer that names no column.
    """
    if (answer := answers.of(question.key.code)) is not None:
        return table.column(option_of(question.key), answer)
    if len(found) == 1:
        return found[0]
    raise Unanswered(replace(question, choices=tuple(map(choice, found or table.columns))))
