"""The words of headings: what a column is by its name, in exports of all the systems that are known."""

import re
from typing import Final, Literal

from lxr.node.said import Said
from lxr.settlement.work.intake.widths import title_of

Role = Literal[
    "worker", "employer", "id", "date", "start", "end", "distance", "duration", "quantity", "status", "other"
]

_WORDS: Final[dict[Role, str]] = {
    "worker": r"工号|(?:员工|骑手|人员|司机|配送员|用户|劳动者|职工)(?:编号|编码|工号|账号|号|id)|账号"
    r"|(?:worker|rider|user|employee|staff|driver|courier|emp)(?:id|no|number|ref|code)?",
    "employer": r"(?:用工|所属|派遣)?单位(?:名称|编号)?|商户(?:名称|编号)?|公司(?:名称)?"
    r"|employer(?:id|no|ref)?|company|merchant",
    "id": r"(?:订单|运单|任务|工单|流水|配送单)(?:编号|号码|号|id)|单号"
    r"|(?:order|task|trip|delivery)(?:id|no|number|ref)?|job(?:id|no|number|ref)|no|id",
    "date": r"(?:工作|出勤|考勤|打卡|业务|配送|统计|上班)?日期|时间|(?:work|start|shift)?(?:date|day)",
    "start": r"(?:开始|接单|取餐|取货|取件|到店|起始|最早|上班|签到)\d*(?:打卡)?(?:时间|时刻)?"
    r"|(?:start|begin|accepted|pickedup|pickup|clockin|checkin|timein|in|from)(?:time|at)?\d*|(?:started|began)at",
    "end": r"(?:结束|完成|送达|妥投|提交|终止|最晚|下班|签退)\d*(?:打卡)?(?:时间|时刻)?"
    r"|(?:end|finish|delivered|completed|submitted|clockout|checkout|timeout|out|to)(?:time|at)?\d*|(?:ended|finished)at",
    "distance": r"(?:配送|实际|导航|行驶|总|送餐)?(?:里程|距离|路程)(?:数)?(?:km|公里|千米|m|米)?|公里数?|米数|km"
    r"|(?:distance|mileage)(?:km|m|metres|meters|kilometres|kilometers)?|kilomet(?:re|er)s?|met(?:re|er)s",
    "duration": r"(?:实际|总|有效)?(?:工作|出勤|上班|配送|在线)?(?:工时|时长|用时|耗时|小时数|分钟数|秒数)"
    r"(?:小时|分钟|分|h|min)?"
    r"|(?:duration|hours|minutes|seconds|workedhours|hoursworked)(?:h|decimal|hours|min|minutes)?",
    "quantity": r"(?:完成|配送)?(?:单数|单量|订单数|订单量|件数|趟数)|(?:orders|ordercount|quantity|pieces)",
    "status": r"(?:订单|任务|配送|审批|考勤)?状态|(?:order|task|trip)?(?:status|state)",
}
SAID: Final[dict[Role, Said]] = {
    "worker": Said("the worker's number"),
    "employer": Said("the employer"),
    "id": Said("the task's number"),
    "date": Said("the day"),
    "start": Said("when a task begins"),
    "end": Said("when a task ends"),
    "distance": Said("a distance"),
    "duration": Said("how long a task took"),
    "quantity": Said("how many were done"),
    "status": Said("the state of a task"),
}
"""What each role is, for people."""

_KNOWN: Final = {role: re.compile(words) for role, words in _WORDS.items()}
_UNDONE: Final = re.compile(
    r".{0,4}(?:取消|退款|退单|拒单|拒绝|驳回|无效|作废|失败|改派|转单|未完成).{0,2}"
    r"|(?:order|task|trip)?(?:cancell?ed|refunded|rejected|declined|failed|void(?:ed)?|invalid|reassigned|aborted)",
    re.IGNORECASE,
)
_LOOSE: Final = re.compile(r"[\W_]")
_UNIT: Final = re.compile(r"(km|kilomet(?:re|er)s?|公里|千米)|(m|met(?:re|er)s?|米)", re.IGNORECASE)
_UNIT_AT_END: Final = re.compile(
    r"(?:[(（\[_ ]|^)(km|kilomet(?:re|er)s?|m|met(?:re|er)s?|h|hours?|hrs?|min|minutes?|s|seconds?)[)）\]]?\Z"
    r"|(公里|千米|米|小时|分钟|分|秒)数?[)）\]]?\Z",
    re.IGNORECASE,
)


def role_of(path: tuple[str, ...]) -> Role:
    """Return what a column is by its titles, the group's first. A title of the whole counts before one of a part."""
    for name in ("".join(path), *reversed(path)):
        key = _LOOSE.sub("", title_of(name).lower())
        for role, known in _KNOWN.items():
            if known.fullmatch(key):
                return role
    return "other"


def unit_in(heading: str) -> str | None:
    """Return the unit that a heading ends with: km, m, hours, minutes or seconds; None: it has none."""
    found = _UNIT_AT_END.search(heading.strip())
    return None if found is None else unit_of(found[1] or found[2])


def unit_of(word: str) -> str | None:
    """Return which unit a word is: km, m, hours, minutes or seconds; None: one that is not known."""
    if found := _UNIT.fullmatch(word.strip()):
        return "km" if found[1] else "m"
    first = word.strip().lower()[:1]
    return {"h": "hours", "小": "hours", "分": "minutes", "m": "minutes", "s": "seconds", "秒": "seconds"}.get(first)


def is_undone(value: str) -> bool:
    """Return whether a cell says that the work was not done, or does not count."""
    return _UNDONE.fullmatch(_LOOSE.sub("", value)) is not None
