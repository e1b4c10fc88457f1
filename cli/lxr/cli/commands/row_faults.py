"""What of an export's rows does not count, as it is told: faults by their kind, and rows that were passed over."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from lxr.cli.screen import Screen
from lxr.cli.texts.language import text
from lxr.cli.texts.told import in_words
from lxr.settlement.messages import say
from lxr.settlement.work.intake.fault_kinds import FaultKind
from lxr.settlement.work.intake.passed_over import PassedOver

SHOWN: Final = 10
"""How many kinds of faults are shown on the screen where all are in a file."""


def show_kinds(screen: Screen, kinds: Iterable[FaultKind]) -> None:
    """Show each kind of fault: the first row in full, then where else it is and what else the column holds."""
    for kind in kinds:
        screen.say(f"  {in_words(kind.first)}")
        if kind.count > 1:
            more = f"{', '.join(map(str, kind.rows[1:]))}{', …' if kind.count > len(kind.rows) else ''}"
            screen.say(
                text(
                    f"    and {kind.count - 1} more like it, in rows {more}",
                    f"    同类错误另有 {kind.count - 1} 处，第 {more} 行",
                )
            )
        if kind.others:
            others = "; ".join(map(in_words, kind.others))
            screen.say(text(f"    which also says: {others}", f"    其中还有：{others}"))


def show_passed_over(screen: Screen, passed_over: Iterable[PassedOver]) -> None:
    """Show which rows were passed over, and why."""
    for passed in passed_over:
        rows = f"{', '.join(map(str, passed.rows))}{', …' if passed.count > len(passed.rows) else ''}"
        why = in_words(passed.why)
        screen.say(
            text(
                f"  passed over: {why}: {passed.count} rows ({rows})",
                f"  未计入：{why}，共 {passed.count} 行（第 {rows} 行）",
            )
        )


def kinds_for_scripts(kinds: Iterable[FaultKind]) -> list[dict[str, Any]]:
    """Give the kinds of faults with their sentences in English."""
    return [
        {
            "field": kind.first.field,
            "problem": say(kind.first.problem, "en"),
            "expected": say(kind.first.expected, "en"),
            "count": kind.count,
            "rows": kind.rows,
            "others": [say(each, "en") for each in kind.others],
        }
        for kind in kinds
    ]


def passed_over_for_scripts(passed_over: Sequence[PassedOver]) -> list[dict[str, Any]]:
    """Give what was passed over with its reasons in English."""
    return [{"why": say(one.why, "en"), "count": one.count, "rows": one.rows} for one in passed_over]
