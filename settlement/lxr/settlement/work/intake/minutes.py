"""Minutes worked: overlapping tasks of one worker's day count once."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

MINUTE: Final = timedelta(minutes=1)

Interval = tuple[datetime, datetime]


def merged_time(intervals: Iterable[Interval]) -> timedelta:
    """Return the time that lies in at least one interval. Each interval's end is at or after its start."""
    total = timedelta()
    reached = datetime.min
    for start, end in sorted(intervals):
        if end > reached:
            total += end - max(start, reached)
            reached = end
    return total


def whole_minutes(time: timedelta, *, half_up: bool) -> int:
    """Round up to a whole minute; or to the nearest, where half a minute counts as one. time: 0 or more."""
    return (time + MINUTE // 2) // MINUTE if half_up else -(-time // MINUTE)
