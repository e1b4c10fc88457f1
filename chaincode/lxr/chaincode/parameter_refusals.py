"""The refusals of governed parameters, rules of law among them."""

from typing import ClassVar

from ..token.refusal import Refusal


class ParameterUnknown(Refusal):
    """The contract knows no parameter of this name."""

    code = 11
    needs = ("parameter",)


class ParameterMissing(Refusal):
    """No value of the parameter is in force on that day. The run stops instead of guessing."""

    code = 12
    retryable = True
    needs = ("parameter", "day")


class ParameterInvalid(Refusal):
    """The value is not of the parameter's type."""

    code = 13
    needs = ("parameter",)
    cases: ClassVar = {
        "not_json": (),
        "field_missing": ("path", "field"),
        "field_unknown": ("path", "field"),
        "misfit": ("path",),
        "not_canonical": (),
        "ends_first": (),
        "not_ahead": ("today",),
        "falls": ("given", "most"),
        "falls_now": ("given", "most", "today"),
        "day_begun": ("day",),
        "other_year": ("day",),
        "no_document": (),
        "no_rule": (),
        "document_used": ("number",),
        "nothing_replaced": ("number",),
        "overlaps": ("day",),
        "gap": ("day",),
        "brackets": ("row",),
        "range": (),
        "until": (),
    }
