from fractions import Fraction
from math import floor

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lxr.token.fen import FEN_MAX, Fen, SignedFen, SomeFen, rounded, yuan


@given(st.integers(0, FEN_MAX * 100), st.integers(1, 10**6))
def test_rounding_is_half_up(numerator: int, denominator: int) -> None:
    assert floor(Fraction(numerator, denominator) + Fraction(1, 2)) == rounded(numerator, denominator)


@pytest.mark.parametrize(("numerator", "denominator", "fen"), [(0, 1, 0), (1, 2, 1), (1, 3, 0), (2, 3, 1), (5, 2, 3)])
def test_half_a_fen_goes_up(numerator: int, denominator: int, fen: int) -> None:
    assert fen == rounded(numerator, denominator)


@pytest.mark.parametrize(("numerator", "denominator"), [(-1, 2), (1, 0), (1, -2)])
def test_rounding_is_for_nonnegative_amounts_only(numerator: int, denominator: int) -> None:
    with pytest.raises(AssertionError):
        rounded(numerator, denominator)


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "0.00"),
        (7, "0.07"),
        (100, "1.00"),
        (123_456, "1,234.56"),
        (-5, "-0.05"),
        (-123_456_789, "-1,234,567.89"),
        (FEN_MAX, "10,000,000,000,000.00"),
    ],
)
def test_fen_are_shown_as_yuan_with_two_decimals(fen: int, text: str) -> None:
    assert text == yuan(fen)


@given(st.integers(-FEN_MAX, FEN_MAX))
def test_no_two_amounts_are_shown_alike(fen: int) -> None:
    assert fen == int(yuan(fen).replace(",", "").replace(".", ""))


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Fen, ["0", "1000000000000000"], ["-1", "1000000000000001"]),
        (SomeFen, ["1", "1000000000000000"], ["0", "-1", "1000000000000001"]),
        (SignedFen, ["-1000000000000000", "1000000000000000"], ["-1000000000000001", "1000000000000001"]),
    ],
)
def test_amounts_are_whole_and_bounded(kind: object, good: list[str], bad: list[str]) -> None:
    for text in good:
        assert int(text) == msgspec.json.decode(text, type=kind)
    for text in [*bad, "1.0", "1.5", "1e2", "true", '"1"', "null"]:
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(text, type=kind)
