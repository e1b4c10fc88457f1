"""The clocks in Chengdu."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_CHENGDU: Final = ZoneInfo("Asia/Shanghai")
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def chengdu_time(at_ms: int) -> datetime:
    """Return a moment in unix ms as the clocks in Chengdu show it."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(_CHENGDU)
