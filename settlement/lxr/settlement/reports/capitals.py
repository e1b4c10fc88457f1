"""Amounts in capitals (人民币大写), as a voucher must carry them beside the figures.

Source: 支付结算办法 (银发〔1997〕393号), annex 1, 正确填写票据和结算凭证的基本规定. Where that leaves a 零 to the
writer's choice, it is written: each gap of zeros between two digits has exactly one.
"""

from typing import Final

from lxr.token.fen import FEN_MAX

_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_PLACES: Final = ("仟", "佰", "拾", "")


def rmb_capitals(fen: int) -> str:
    """123456 is 壹仟贰佰叁拾肆元伍角陆分; what has no fen ends in 整. fen: 0..FEN_MAX."""
    assert 0 <= fen <= FEN_MAX
    if fen == 0:
        return "零元整"
    whole, rest = f"{fen // 100:016d}", fen % 100
    places: list[tuple[str, str]] = []
    for start, unit in ((0, "万"), (4, "亿"), (8, "万"), (12, "元")):
        # 亿 and 元 are said whenever anything stands before them: 壹万亿元.
        said = int(whole[: start + 4] if unit in "亿元" else whole[start : start + 4])
        places += zip(whole[start : start + 4], _PLACES, strict=True)
        places.append(("", unit if said else ""))
    places += [(str(rest // 10), "角"), (str(rest % 10), "分")]
    text, gap = "", False
    for digit, unit in places:
        if digit == "0":
            gap = text != ""
        elif digit:
            text += ("零" if gap else "") + _DIGITS[int(digit)] + unit
            gap = False
        else:
            text += unit
    return text if rest % 10 else f"{text}整"
