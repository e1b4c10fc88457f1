"""The bank that a CNAPS code belongs to: its first three digits say which, where they are one bank's alone."""

from typing import Final

BANKS: Final = {
    "102": "中国工商银行",
    "103": "中国农业银行",
    "104": "中国银行",
    "105": "中国建设银行",
    "203": "中国农业发展银行",
    "301": "交通银行",
    "302": "中信银行",
    "303": "中国光大银行",
    "304": "华夏银行",
    "305": "中国民生银行",
    "306": "广发银行",
    "307": "平安银行",
    "308": "招商银行",
    "309": "兴业银行",
    "310": "上海浦东发展银行",
    "315": "恒丰银行",
    "316": "浙商银行",
    "318": "渤海银行",
    "319": "徽商银行",
    "403": "中国邮政储蓄银行",
}
"""City, rural and village banks share 313, 314, 317, 320, 323 and 402: no name follows from those."""


def bank_name(code: str) -> str | None:
    """Return the bank's name; None: its code does not say."""
    return BANKS.get(code[:3])
