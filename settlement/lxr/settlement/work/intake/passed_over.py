"""Rows of an export that are no work: totals, notes, a header again. Each is counted, and told of with its line."""

import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from lxr.node.said import Said

ROWS_SHOWN: Final = 5
_TOTAL: Final = re.compile(
    r"(?:本页|本表|本月|当月|本日|当日|部门|全部|个人)?(?:合计|总计|小计|汇总|共计|累计|总数)(?:[(（].{0,8}[)）])?[:：]?"
    r"|(?:grand|sub-?)?totals?:?",
    re.IGNORECASE,
)
_NOTE: Final = re.compile(
    r"(?:制表|审核|复核|审批|签字|签名|备注|说明|注|导出|打印|统计|生成)[^:：]{0,8}[:：].*|第\d+页.*", re.DOTALL
)
_NUMBER: Final = re.compile(r"-?[\d,]{1,30}(?:\.\d{1,30})?%?|(?:2[4-9]|[3-9]\d|\d{3,6}):\d\d(?::\d\d)?", re.ASCII)
_ENDS: Final = frozenset("计总数汇lLsS:：)）")
"""With what a word for a total ends."""
_NOTES_BEGIN: Final = frozenset("制审复签备说注导打统生第")


class PassedOver(Struct, frozen=True):
    """Rows that were passed over for one reason. rows: the first few of them."""

    why: Said
    count: int
    rows: tuple[int, ...]


class Passing:
    """What was passed over so far, by its reason."""

    def __init__(self) -> None:
        self._found: Final[dict[Said, list[int]]] = {}

    def add(self, row: int, why: Said) -> None:
        """Count a row."""
        counted = self._found.setdefault(why, [0])
        counted[0] += 1
        if len(counted) <= ROWS_SHOWN:
            counted.append(row)

    def told(self) -> tuple[PassedOver, ...]:
        """Return each reason with its rows, by the first of them."""
        every = [PassedOver(why, count, tuple(rows)) for why, (count, *rows) in self._found.items()]
        return tuple(sorted(every, key=lambda one: one.rows))


TOTAL: Final = Said("a total")
NOTE: Final = Said("a note")
HEADER_AGAIN: Final = Said("the header again")


class NoWork:
    """Recognises rows that are no work by the columns that say whose a row is.

    A total says so in one of them, or leaves all of them empty and holds nothing but numbers, or a total's word, beside
    them. A note leaves all but its own cells empty. Whatever else there is could be work, and is read as such.
    """

    def __init__(self, keys: Sequence[int], titles: Sequence[str], words: Sequence[str]) -> None:
        """keys: the places of these columns, the worker's first. titles: of all. words: further ones for a total."""
        self._keys: Final = tuple(keys)
        self._titles: Final = tuple(titles)
        self._words: Final = frozenset(words)
        self._ends: Final = _ENDS | {word[-1] for word in self._words}

    def why(self, cells: Sequence[str]) -> Said | None:
        """Return what a row is that is no work; None: it is to be read."""
        empty = True
        for place in self._keys:
            cell = cells[place].strip() if place < len(cells) else ""
            if cell:
                empty = False
                if cell[-1] in self._ends and self._is_total(cell):
                    return TOTAL
        if empty:
            return self._unsaid(cells)
        first = self._keys[0]
        if first < len(cells) and cells[first] == self._titles[first] and tuple(cells) == self._titles:
            return HEADER_AGAIN
        if first < len(cells) and cells[first].lstrip()[:1] in _NOTES_BEGIN:
            return self._note(_held(cells))
        return None

    def _unsaid(self, cells: Sequence[str]) -> Said | None:
        held = _held(cells)
        if any(self._is_total(cell) for cell in held) or all(map(_NUMBER.fullmatch, held)):
            return TOTAL
        return self._note(held)

    def _note(self, held: Sequence[str]) -> Said | None:
        return NOTE if all(map(_NOTE.fullmatch, held)) else None

    def _is_total(self, cell: str) -> bool:
        text = "".join(cell.split())
        return text in self._words or _TOTAL.fullmatch(text) is not None


def _held(cells: Sequence[str]) -> list[str]:
    return [cell.strip() for cell in cells if cell.strip()]
