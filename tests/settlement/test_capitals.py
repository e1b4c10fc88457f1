import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lxr.settlement.reports.capitals import rmb_capitals
from lxr.token.fen import FEN_MAX


@pytest.mark.parametrize(
    ("capitals", "fen"),
    [
        ("零元整", 0),
        ("伍分", 5),
        ("伍角整", 50),
        ("伍角伍分", 55),
        ("壹元整", 1_00),
        ("壹元零伍分", 1_05),
        ("壹元伍角整", 1_50),
        ("壹拾元整", 10_00),
        ("壹拾元零叁角整", 10_30),
        ("壹佰零壹元整", 101_00),
        ("壹仟元零壹分", 1000_01),
        ("壹仟贰佰叁拾肆元伍角陆分", 1234_56),
        ("壹仟肆佰零玖元伍角整", 1409_50),
        ("陆仟零柒元壹角肆分", 6007_14),
        ("壹仟陆佰捌拾元零叁角贰分", 1680_32),
        ("叁佰贰拾伍元零肆分", 325_04),
        ("壹万陆仟肆佰零玖元零贰分", 16409_02),
        ("壹万元整", 10000_00),
        ("壹拾万零柒仟元零伍角叁分", 107000_53),
        ("壹佰万零壹元整", 1000001_00),
        ("壹亿元整", 10**8 * 100),
        ("壹亿零壹万元整", (10**8 + 10**4) * 100),
        ("壹亿零壹元整", (10**8 + 1) * 100),
        ("壹万亿元整", 10**12 * 100),
        ("壹万零壹亿元整", (10**12 + 10**8) * 100),
        ("壹万亿元零壹分", 10**14 + 1),
        ("壹拾万亿元整", FEN_MAX),
        ("玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分", 10**15 - 1),
    ],
)
def test_the_table_of_capitals_holds(capitals: str, fen: int) -> None:
    assert capitals == rmb_capitals(fen)


@given(st.integers(0, FEN_MAX))
@example(10**14)
@example(FEN_MAX)
def test_capitals_read_back_as_the_same_amount(fen: int) -> None:
    assert fen == _read(rmb_capitals(fen))


@given(st.integers(0, FEN_MAX))
def test_no_zero_is_doubled_or_stands_before_a_unit(fen: int) -> None:
    text = rmb_capitals(fen)
    assert re.search("零零|零[元万亿角分整]", text.removeprefix("零元整")) is None
    assert text.endswith("整") == (fen % 10 == 0)


def _read(text: str) -> int:
    """Reads capitals by their grammar, from the largest unit down."""
    match = re.fullmatch(
        r"(?:(?P<yuan>.+)元)?零?(?:(?P<jiao>[壹贰叁肆伍陆柒捌玖])角)?零?(?:(?P<fen>[壹贰叁肆伍陆柒捌玖])分)?整?", text
    )
    assert match is not None
    return 100 * _whole(match["yuan"] or "") + 10 * _digit(match["jiao"]) + _digit(match["fen"])


def _whole(text: str) -> int:
    for unit, worth in (("亿", 10**8), ("万", 10**4), ("仟", 1000), ("佰", 100), ("拾", 10)):
        if unit in text:
            above, below = text.split(unit, 1)
            return _whole(above) * worth + _whole(below)
    return _digit(text.strip("零"))


def _digit(text: str | None) -> int:
    return "零壹贰叁肆伍陆柒捌玖".index(text) if text else 0
