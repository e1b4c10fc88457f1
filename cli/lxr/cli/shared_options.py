"""The options that every command shares: where they may stand, and how --ledger and --at are read."""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final, NamedTuple

from lxr.cli.ends import UsageFault
from lxr.cli.texts.language import text

VALUED: Final = ("--dir", "-C", "--ledger", "--as", "--passphrase-file", "--at", "--lang")
ATTACHED: Final = ("-C", *(f"{name}=" for name in VALUED if name.startswith("--")))
FLAGS: Final = ("--json",)
ENGINES: Final = ("embedded", "fabric")
SHANGHAI: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""UTC+8 the year round since 1991."""
FIRST_YEAR, LAST_YEAR = 2000, 2099
"""What can be played, and the years of what a ledger holds."""


class SharedOptions(NamedTuple):
    """What they say of one command: see `Session`, which is made of them when the command asks for it."""

    directory: Path
    engine: str | None
    identity: str | None
    passphrase_file: Path | None
    at: str | None
    as_json: bool


def hoisted(arguments: list[str]) -> list[str]:
    """Return the arguments with the shared options moved to the front, wherever they stood. Raises UsageFault."""
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            rest += [argument, *waiting]
        elif argument in VALUED:
            value = next(waiting, None)
            if value is None:
                raise UsageFault(text(f"{argument}: a value is missing", f"{argument}：缺少取值"))
            front += [argument, value]
        elif argument in FLAGS or argument.startswith(ATTACHED):
            front.append(argument)
        else:
            rest.append(argument)
    return front + rest


def ledger_of(word: str) -> tuple[str, Path]:
    """Engine and directory, from what --ledger gives: fabric:DIR or embedded:DIR. Raises UsageFault."""
    engine, _, directory = word.partition(":")
    if engine not in ENGINES or not directory:
        raise UsageFault(
            text(
                f"--ledger: {word!r}; expected embedded:DIR or fabric:DIR",
                f"--ledger：{word!r}；应为 embedded:目录 或 fabric:目录",
            )
        )
    return engine, Path(directory)


def moment_of(value: str, option: str = "--at") -> int:
    """Return a time in Chengdu, as 2026-08-03T18:00 or 2026-08-03, in unix ms. Raises UsageFault."""
    try:
        given = datetime.fromisoformat(value)
    except ValueError:
        given = None
    if given is None or not FIRST_YEAR <= given.year <= LAST_YEAR:
        example = "2026-08-03T18:00"
        raise UsageFault(
            text(f"{option}: {value!r}; expected a time like {example}", f"{option}：{value!r}；应为时间，如 {example}")
        )
    return int(given.replace(tzinfo=given.tzinfo or SHANGHAI).timestamp() * 1000)


def shown_moment(at_ms: int) -> str:
    """Return a time, unix ms, as --at takes it: in Chengdu, to the minute before."""
    return f"{datetime.fromtimestamp(at_ms // 1000, SHANGHAI):%Y-%m-%dT%H:%M}"
