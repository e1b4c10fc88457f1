"""What Typer says of a command that was not put right, and the headings of its help, which it has in English only."""

import re
from typing import Final

from lxr.cli.texts.language import LANGUAGE

_PHRASES: Final = (
    (r"Missing (?:argument|option|parameter) (.+?)\.?", r"缺少 \1"),
    (r"No such option: (.+?)", r"没有选项 \1"),
    (r"No such command (.+?)\.", r"没有命令 \1"),
    (r"Missing command\.", "缺少命令"),
    (r"Got unexpected extra arguments? \((.+)\)", r"多余的参数：\1"),
    (r"Option (.+) requires an argument\.?", r"选项 \1 缺少取值"),
    (r"Option (.+) does not take a value\.?", r"选项 \1 不带取值"),
    (r"Invalid value(?: for (.+?))?: Input should be a valid integer.*", r"\1 取值错误：应为整数"),
    (r"Invalid value(?: for (.+?))?: Input should be greater than or equal to (.+)", r"\1 取值错误：应不小于 \2"),
    (r"Invalid value(?: for (.+?))?: Input should be less than or equal to (.+)", r"\1 取值错误：应不大于 \2"),
    (r"Invalid value(?: for (.+?))?: (?:Value error, )?(.+) is not one of (.+?)\.", r"\1 取值错误：\2 不是 \3 之一"),
    (r"Invalid value: (.+)", r"取值错误：\1"),
    (r"Invalid value for (.+?): (.+)", r"\1 取值错误：\2"),
)


def in_language(said: str) -> str:
    """Return what Typer says in the chosen language. What is in no row of the table stays as it is."""
    if LANGUAGE == "en":
        return said
    for pattern, chinese in _PHRASES:
        if (match := re.fullmatch(pattern, said, re.DOTALL)) is not None:
            return " ".join(match.expand(chinese).split())
    return said


def help_in_chinese() -> None:
    """Put the headings of help into Chinese, which typer has in English."""
    from typer import rich_utils  # half as slow as all the rest to load, and needed for nothing else

    rich_utils.ARGUMENTS_PANEL_TITLE = "参数"
    rich_utils.OPTIONS_PANEL_TITLE = "选项"
    rich_utils.COMMANDS_PANEL_TITLE = "命令"
    rich_utils.DEFAULT_STRING = "[默认：{}]"
    rich_utils.ENVVAR_STRING = "[环境变量：{}]"
    rich_utils.REQUIRED_LONG_STRING = "[必填]"
