"""The clocks in Chengdu."""

from datetime import datetime, timedelta, timezone
from typing import Final

SHANGHAI: Final = timezone(timedelta(hours=8))
"""Without daylight saving since 1992, so that a difference of two local times is a length of time."""
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def chengdu_time(at_ms: int) -> datetime:
    """Return a moment in unix ms as the clocks in Chengdu show it."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(SHANGHAI)
