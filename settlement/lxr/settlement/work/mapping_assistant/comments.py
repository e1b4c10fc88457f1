"""What the comments of a mapping's file say of its keys."""

from typing import Final

from lxr.node.said import Said

COMMENTS: Final[dict[str, Said]] = {
    "zone": Said("The clock of the system that the file comes from."),
    "sheet": Said("The sheet that is read."),
    "header_row": Said("The line of the header."),
    "header_rows": Said("The header has several lines: 上班 over 打卡时间 is called 上班/打卡时间."),
    "blank": Said("These words stand for an empty cell."),
    "date_format": Said("The order in which dates are written."),
    "columns.worker": Said("The employer's own number of the worker, as in the roster."),
    "columns.employer": Said("Whose the row is: `--employer-ref` says which rows are taken."),
    "columns.id": Said("The task's number, which no other task of the employer has, in any file."),
    "columns.date": Said("The day of the row."),
    "columns.start": Said("When the task begins: it counts on that day in Asia/Shanghai."),
    "columns.days": Said("What stands under each day."),
    "if_blank": Said("Where the first is empty, the second counts."),
    "only.values": Said("Which rows count, and which are known not to. Any other value is a fault."),
    "only.hours": Said("Only what lies in these hours counts."),
    "only.filled": Said("A row counts where at least one of these holds something."),
    "measure.count": Said("How many rows there are."),
    "measure.sum": Said("The sum of a column."),
    "measure.duration": Said("Minutes, as a column says them."),
    "measure.merged_minutes": Said("Minutes from a start to an end; what overlaps counts once."),
    "measure.round": Said("How the day's sum is rounded to a whole number."),
    "measure.number": Said("What a plain number counts."),
    "measure.units": Said("Words that may stand behind the number."),
    "measure.numerator": Said("Each number is multiplied by this."),
    "measure.overnight": Said("An end before its start is on the next day."),
    "measure.longest_minutes": Said("A longer task is a fault."),
}
