"""Working time beyond what the law takes for part-time work."""

import typer

from lxr.cli.arguments import EmployerArgument, MonthOption
from lxr.cli.session import session
from lxr.cli.texts.language import text
from lxr.settlement.work.working_time import long_hours


def hours(context: typer.Context, employer: EmployerArgument, month: MonthOption = None) -> None:
    """More than 4 hours a day on average in the month, or than 24 in a week that ends in it (劳动合同法 68)."""
    desk = session(context)
    found = long_hours(desk.reader, employer, month or desk.today)
    desk.screen.table(
        text("part-time work beyond the law's hours", "非全日制用工超时情况"),
        (
            text("worker", "劳动者"),
            text("terms", "条款"),
            text("from", "自"),
            text("what", "项目"),
            text("days", "天数"),
            text("minutes", "分钟"),
            text("at most", "上限（分钟）"),
        ),
        [
            (
                each.worker,
                each.terms,
                each.since,
                text("week", "周工时") if each.weekly else text("day, on average", "日均工时"),
                each.days,
                each.minutes,
                each.most,
            )
            for each in found
        ],
    )
    desk.screen.result({"long_hours": found})
