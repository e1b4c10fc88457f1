"""A refusal is expected, named, and carries its facts. Anything else that escapes is a bug."""

from collections.abc import Mapping
from typing import ClassVar, Final

Fact = str | int | tuple[str, ...]
"""A code from a closed list, a number, a day, an identifier; or several of them. Never words: those are made for
whoever reads, in their language."""


class Refusal(Exception):
    """A command was understood and is not done. Nothing was written, and its request id is still free.

    code: stable, never reused, in order of precedence. retryable: the same request can succeed later unchanged.
    needs: the names of the facts that every one has. cases: where it has several causes, the names of further facts by
    case; which one it is, is the fact `case`.
    """

    code: ClassVar[int]
    retryable: ClassVar[bool] = False
    needs: ClassVar[tuple[str, ...]] = ()
    cases: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def __init__(self, **facts: Fact) -> None:
        wanted = self.fact_names().get(str(facts.get("case", "")))
        assert wanted is not None, f"{type(self).__name__} has the cases {sorted(self.cases)}"
        names = wanted | ({"case"} if self.cases else set())
        assert facts.keys() == names, f"{type(self).__name__} needs {sorted(names)}"
        super().__init__()
        self.facts: Final = facts

    def __str__(self) -> str:
        """Return the form for machines and their keepers: Unknown(number=W7, what=worker)."""
        said = (f"{name}={_plain(fact)}" for name, fact in sorted(self.facts.items()))
        return f"{type(self).__name__}({', '.join(said)})"

    @classmethod
    def fact_names(cls) -> Mapping[str, frozenset[str]]:
        """Return what a raiser must supply, by case; under "" where there are no cases."""
        cases = cls.cases or {"": ()}
        return {case: frozenset((*cls.needs, *names)) for case, names in cases.items()}


def _plain(fact: Fact) -> str:
    return "|".join(fact) if isinstance(fact, tuple) else str(fact)


class EdgeForbidden(Refusal):
    """The table of moves does not allow this kind of account to pay that kind for this reason."""

    code = 40
    needs = ("source", "target", "reason")


class AccountShort(Refusal):
    """The account holds less than the posting takes. It can succeed after money has come in."""

    code = 41
    retryable = True
    needs = ("account", "have_fen", "need_fen")


class AmountTooLarge(Refusal):
    """A balance would exceed FEN_MAX."""

    code = 42
    needs = ("account",)
