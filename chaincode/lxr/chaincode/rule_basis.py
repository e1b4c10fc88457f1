"""What a rule of law rests on: its document, how well that is known, and what becomes of the months before."""

from datetime import date
from enum import StrEnum

from .types import Record, Text


class Confidence(StrEnum):
    """How well it is known what a document says."""

    TEXT = "P"
    """The text itself was read."""
    CITED = "S"
    """Somebody who cites it was read."""
    GENERAL = "G"
    """General knowledge."""


class Retro(StrEnum):
    """What becomes of months that were computed before a value was known."""

    TOPUP = "topup"
    """The difference is made up."""
    OPTIONAL = "optional"
    """It may be made up, until a day that the document names."""
    NONE = "none"


class Basis(Record, frozen=True):
    """What a rule of law rests on. number: the document's, with its article where it says several things of one rule.

    published_at: None where it is not known. replaces: the number of the document whose value this one corrects.
    """

    number: Text
    published_at: date | None
    confidence: Confidence
    retro: Retro
    optional_until: date | None = None
    replaces: Text | None = None
