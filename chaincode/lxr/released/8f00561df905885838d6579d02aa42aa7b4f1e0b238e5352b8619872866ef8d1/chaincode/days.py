"""Times are milliseconds since 1970 UTC; days are the days of Asia/Shanghai."""

from datetime import date, timedelta
from typing import Final

_DAY_MS: Final = 86_400_000
_OFFSET_MS: Final = 8 * 3_600_000
"""Asia/Shanghai is UTC+8 the year round since 1991-09-15; the ledger holds nothing older."""
_EPOCH: Final = date(1970, 1, 1)


def day_of(at_ms: int) -> date:
    """The day in Chengdu at that moment."""
    return _EPOCH + timedelta(days=(at_ms + _OFFSET_MS) // _DAY_MS)


def moment(day: date, minute: int = 0) -> int:
    """The moment, in ms, at which that minute (0..1440) of the day begins in Chengdu."""
    return (day - _EPOCH).days * _DAY_MS - _OFFSET_MS + minute * 60_000
