"""A refusal is expected, named, and carries its facts. Anything else that escapes is a bug."""

from collections.abc import Mapping
from string import Formatter
from typing import ClassVar, Final


class Refusal(Exception):
    """A command was understood and is not done. Nothing was written, and its request id is still free.

    code: stable, never reused, in order of precedence. retryable: the same request can succeed later unchanged.
    en, zh: one line each, in which every fact of this refusal stands. cases: instead of them, where a refusal has
    several causes, such a pair for each; which one it is, is the fact `case`.
    """

    code: ClassVar[int]
    retryable: ClassVar[bool] = False
    en: ClassVar[str]
    zh: ClassVar[str]
    cases: ClassVar[Mapping[str, tuple[str, str]]] = {}

    def __init__(self, **facts: str | int) -> None:
        texts = self.texts().get(str(facts.get("case", "")))
        assert texts is not None, f"{type(self).__name__} has the cases {sorted(self.cases)}"
        names = fact_names(texts[0]) | ({"case"} if self.cases else set())
        assert facts.keys() == names, f"{type(self).__name__} needs {sorted(names)}"
        super().__init__(texts[0].format(**facts))
        self.facts: Final = facts

    @classmethod
    def texts(cls) -> Mapping[str, tuple[str, str]]:
        """Return all texts in English and Chinese by case; under "" the only ones, where there are no cases."""
        return cls.cases or {"": (cls.en, cls.zh)}


def fact_names(text: str) -> set[str]:
    """Return the names that stand in a text: what a raiser must supply."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


class EdgeForbidden(Refusal):
    """The table of moves does not allow this kind of account to pay that kind for this reason."""

    code = 40
    en = "{source} may not pay {target} for reason {reason}"
    zh = "不允许 {source} 以 {reason} 为由付给 {target}"


class AccountShort(Refusal):
    """The account holds less than the posting takes. It can succeed after money has come in."""

    code = 41
    retryable = True
    en = "{account} holds {have_fen} fen, {need_fen} fen are needed"
    zh = "账户 {account} 余额 {have_fen} 分，需要 {need_fen} 分"


class AmountTooLarge(Refusal):
    """A balance would exceed FEN_MAX."""

    code = 42
    en = "{account} would exceed the largest amount that the ledger keeps"
    zh = "账户 {account} 将超过账本允许的最大金额"
