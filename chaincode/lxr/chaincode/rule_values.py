"""The types of what dated rules say: shares, limits, thresholds. Every name ends in the unit that it counts in."""

from typing import Annotated, Final

from msgspec import Meta

from ..token.fen import Fen, SomeFen
from .income_tax import Share
from .types import Record

INJURY_CLASSES: Final = 8
"""Of trades, by how dangerous they are (工伤保险行业风险分类)."""

Millionths = Annotated[int, Meta(ge=0, le=1_000_000)]


class Contribution(Record, frozen=True):
    """What employer and worker each pay of the base, in millionths: 0.4 % is 4000."""

    employer_ppm: Millionths
    worker_ppm: Millionths


class BaseLimits(Record, frozen=True):
    """The least and the most that a month's base can be."""

    lower_fen: SomeFen
    upper_fen: SomeFen


class InjuryRates(Record, frozen=True):
    """What the employer pays of the base by class of trade, the least dangerous first, in millionths."""

    ppm: Annotated[tuple[Millionths, ...], Meta(min_length=INJURY_CLASSES, max_length=INJURY_CLASSES)]


class ShareRange(Record, frozen=True):
    """Between which shares an employer chooses, in basis points."""

    least_bp: Share
    most_bp: Share


class Amount(Record, frozen=True):
    """A fixed amount: of a month, an order, or what the rule's name says."""

    fen: Fen


class PartOf(Record, frozen=True):
    """A part of what the rule's name says, in basis points."""

    share_bp: Share


class PerDay(Record, frozen=True):
    """What each day adds, in millionths."""

    ppm: Millionths


class VatThreshold(Record, frozen=True):
    """Below these sums a person's sales bear no value-added tax (增值税法 art. 23)."""

    month_fen: SomeFen
    quarter_fen: SomeFen
    payment_fen: SomeFen
