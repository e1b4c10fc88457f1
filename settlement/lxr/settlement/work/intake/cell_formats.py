"""Whether a cell of a workbook shows what it holds: a number format can show nothing, or something else."""

import re
from functools import lru_cache
from typing import Final

_QUOTED: Final = re.compile(r'"([^"]*)"?|\\(.)')
"""What a format shows as it stands."""
_PADDING: Final = re.compile(r"[_*].")
_BRACKETS: Final = re.compile(r"\[[^\]]*\]")
_CURRENCY: Final = re.compile(r"\[\$([^\]-]*)")
_CONDITION: Final = re.compile(r"\[[<>=]")
_OF_A_NUMBER: Final = re.compile(r"[0#?@ymdhse]|general", re.IGNORECASE)
_FIXED: Final = re.compile(r"/\s*\d+|[1-9]")
_FORMATS_KEPT: Final = 256


def shows(number_format: str, value: object) -> bool:
    """Return whether a cell of this format shows its value, a text or a number, and no figures beside it.

    A zero may be left out, as many tables do.
    """
    if value == 0 or number_format in ("General", "@"):
        return True
    if isinstance(value, str):
        return _shows_text(number_format)
    return _shows_number(number_format, isinstance(value, int | float) and value < 0)


@lru_cache(_FORMATS_KEPT)
def _shows_text(number_format: str) -> bool:
    sections = _sections(number_format)
    text = sections[3] if len(sections) > 3 else next((each for each in sections if "@" in _bare(each)), "@")
    return _bare(text).strip().lower() in ("@", "general") and not any(map(str.strip, _literals(text)))


@lru_cache(_FORMATS_KEPT)
def _shows_number(number_format: str, negative: bool) -> bool:
    sections = _sections(number_format)
    if _CONDITION.search(number_format):
        return all(map(_has_number, sections))
    return _has_number(sections[1] if negative and len(sections) > 1 else sections[0])


def _has_number(section: str) -> bool:
    bare = _bare(section)
    fixed = [each for each in _FIXED.findall(bare) if "/" not in each]
    return _OF_A_NUMBER.search(bare) is not None and not any(map(_has_figure, [*_literals(section), *fixed]))


def _sections(number_format: str) -> list[str]:
    """Return the parts for numbers above, below and at zero, and for texts, as far as there are such."""
    literals: list[str] = []

    def kept(found: re.Match[str]) -> str:
        literals.append(found[0])
        return f"\0{len(literals) - 1}\0"

    parted = _QUOTED.sub(kept, number_format).split(";")
    return [re.sub("\0(\\d+)\0", lambda found: literals[int(found[1])], part) for part in parted]


def _bare(section: str) -> str:
    """Return a section without what it shows as it stands, without colours, and without what fills a cell's width."""
    return _PADDING.sub("", _BRACKETS.sub("", _QUOTED.sub("", section)))


def _literals(section: str) -> list[str]:
    return [found[1] or found[2] or "" for found in _QUOTED.finditer(section)] + _CURRENCY.findall(section)


def _has_figure(text: str) -> bool:
    return any(sign.isdecimal() for sign in text)
