"""What a statement's file is refused for: a closed list of rules, each told of in docs/bank-files.md."""

from typing import Final, Literal, get_args

from lxr.node.said import Said
from lxr.settlement.bank.formats.texts import Place
from lxr.settlement.errors import InputFault

StrictRule = Literal[
    "xml",
    "message",
    "size",
    "account",
    "currency",
    "amount",
    "sign",
    "status",
    "date",
    "reference",
    "once",
    "parts",
    "balance",
    "sum",
    "page",
    "copy",
]
RULES: Final[tuple[str, ...]] = get_args(StrictRule)


class StrictFault(InputFault):
    """A fault by one of the strict rules."""

    def __init__(self, rule: StrictRule, place: Place, problem: str | Said, expected: str | Said = "") -> None:
        super().__init__(file=place.file, row=place.row, field=place.path or None, problem=problem, expected=expected)
        self.rule: Final = rule
