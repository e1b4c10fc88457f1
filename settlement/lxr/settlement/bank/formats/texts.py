"""What a bank file's texts may be, in both directions, and how a fault names its place in the file."""

import re
from hashlib import sha256
from typing import Final, NamedTuple

from lxr.chaincode.unseen import UNSEEN
from lxr.node.said import Said
from lxr.settlement.errors import InputFault

BYTES_MAX: Final = 128 * 1024 * 1024
AMOUNT_MAX_FEN: Final = 10**15 - 1
CURRENCY: Final = "CNY"
NAME_MAX: Final = 140
ACCOUNT_MAX: Final = 34
REFERENCE_MAX: Final = 35
"""Of any id or reference in ISO 20022."""
WORDS_MAX: Final = 2000
"""Of a statement's texts; several of 140 are one: what the bank adds stands last, and counts."""
_UNSEEN: Final = re.compile(rf"[{UNSEEN}\ud800-\udfff\ufffe\uffff]")
RETURN: Final = "RRTN"
"""The bank transaction code's sub-family of a payment that came back."""


class Rule(NamedTuple):
    """What a text may be: the whole of it matches the pattern; `expected` says so to a person."""

    pattern: re.Pattern[str]
    expected: Said


def rule(pattern: str, expected: str | Said) -> Rule:
    return Rule(re.compile(pattern, re.ASCII), Said.of(expected))


def line(most: int) -> Rule:
    """One visible line of 1 to `most` characters: no control, direction or zero-width characters, no outer blanks.

    Characters are not looked up in Unicode's tables: rare characters in Chinese names are newer than those, and banks
    also use the private-use area for them.
    """
    pattern = rf"(?=\S)[^{UNSEEN}\ud800-\udfff\ufffe\uffff]{{1,{most}}}(?<=\S)"
    return Rule(re.compile(pattern), Said("one line of 1 to {most} characters without blanks at its ends", most=most))


def cleaned(text: str, most: int) -> str:
    """Return what somebody else has written on one line of at most so many characters, so that it obeys `line`.

    Control and format characters are left out, for they part or turn words and nobody sees them; a line's or
    paragraph's end is a blank.
    """
    return _seen(text)[:most].rstrip()


def both_ends(text: str, most: int) -> str:
    """Return it likewise, but of a text that is too long leave the middle out: what a bank adds stands at an end."""
    seen = _seen(text)
    if len(seen) <= most:
        return seen
    half = most // 2
    return f"{seen[: most - half - 1].rstrip()} {seen[-half:].lstrip()}"


def _seen(text: str) -> str:
    if text.isascii() and text.isprintable():  # as most texts are
        return text.strip()
    return _UNSEEN.sub(lambda sign: " " if sign[0].isspace() else "", text).strip()


MESSAGE_ID: Final = rule(r"[A-Za-z0-9-]{1,35}", "1 to 35 of A-Z a-z 0-9 -")
ACCOUNT: Final = rule(r"[A-Za-z0-9-]{1,34}", "1 to 34 of A-Z a-z 0-9 -")
CNAPS: Final = rule(r"[0-9]{12}", "the bank's CNAPS code, 12 digits")
NAME: Final = line(NAME_MAX)
REMITTANCE: Final = line(140)
DATE: Final = rule(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}", "a date YYYY-MM-DD")
MOMENT: Final = rule(
    r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])",
    "a date and time with its offset, YYYY-MM-DDThh:mm:ss+hh:mm",
)
COUNT: Final = rule(r"[1-9][0-9]{0,8}", "a whole number 1 to 999999999")
YUAN: Final = rule(r"(0|[1-9][0-9]{0,12})(\.[0-9]{1,2})?", "yuan with at most 2 decimals")


DERIVED: Final = "LXR-"
"""What a reference begins with that the bank did not give."""


def derived(said: str, place: int) -> str:
    """Return the reference of an entry without one, by what is said of it and its place among those alike."""
    return f"{DERIVED}{sha256(f'{said} {place}'.encode()).hexdigest()[:20].upper()}"


RETURN_REASON: Final = rule(r"[A-Z0-9]{4}", "an ISO return reason of 4 characters, such as AC04")


def fen_of(text: str) -> int:
    """Return the fen of a text that obeys YUAN."""
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0"))


def yuan(amount_fen: int) -> str:
    """Yuan with two decimals, as in -1.00."""
    sign = "-" if amount_fen < 0 else ""
    whole, part = divmod(abs(amount_fen), 100)
    return f"{sign}{whole}.{part:02d}"


def shown(value: str) -> str:
    """Return the value as a fault shows it: quoted, on one line, at most 40 characters of it."""
    return repr(value) if len(value) <= 40 else repr(value[:40]) + "…"


class Place:
    """Where one is in a file: the path of the element, and the number of the entry it belongs to, from 1."""

    __slots__ = ("file", "path", "row")

    def __init__(self, file: str, path: str, row: int | None) -> None:
        self.file, self.path, self.row = file, path, row

    def below(self, name: str, row: int | None = None) -> "Place":
        path = f"{self.path}/{name}" if self.path else name
        return Place(self.file, path, self.row if row is None else row)

    def fault(self, problem: str | Said, expected: str | Said = "") -> InputFault:
        return InputFault(file=self.file, row=self.row, field=self.path or None, problem=problem, expected=expected)

    def obey(self, value: str, to: Rule) -> str:
        if to.pattern.fullmatch(value) is None:
            raise self.fault(Said("has {shown}", shown=shown(value)), to.expected)
        return value
