"""Every command of the command line, given in one directory, well and badly: prints what ended as no command may.

Run as a program, for the language is that of the process: everycommand.py CONSORTIUM FILES.
"""

import sys
import traceback
from collections.abc import Iterable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any, Final, cast

from commandline import Lxr
from lxr.cli.lazy import Command, Commands
from lxr.cli.texts.contents import COMMANDS
from lxr.node.said import UNSHOWN

LEFT_OUT: Final = {("demo",), ("network", "up")}
"""They make consortia of their own, and start programs."""
WORDS: Final = {
    "ACCOUNT": "6200000000123456782",
    "BOOKING": "B77",
    "CARD": "6200000000123456782",
    "CONTRACT": "0" * 64,
    "ORGANISATION": "union",
    "TIME": "2026-12-01T02:00",
    "CASHOUT": "CE001-20260915",
    "CNAPS": "102100099996",
    "DAY": "2026-08-03",
    "DAY/BOOKING": "2026-09-15/B1",
    "EMPLOYER": "E001",
    "HEIGHT": "1",
    "HEX": "0" * 64,
    "JSON": "5",
    "MEASURE=N...": "orders=1",
    "MONTH": "2026-08",
    "NAME": "answer.days",
    "NODE": "union-peer",
    "NUMBER": "DE001-1",
    "ORDER": "LX00000000000001",
    "PROPOSAL": "PUNION-1",
    "REFERENCE": "E001-20260915",
    "REQUEST": "founding",
    "RUN": "E001-20260915",
    "SERIAL": "1",
    "STATUS": "active",
    "START": "2026-08-03",
    "TERMS": "TE001-RIDERS",
    "TX": "0" * 64,
    "VERSION": "1",
    "WORKER": "E001/R0001",
    "YUAN": "1.50",
}
HOSTILE: Final = (
    "\x1b[2J\u202e",
    "",
    "a" * 5_000,
    "\udcff\x9b2J",
    "-1",
    "NaN",
    "../..",
    "[/red]%s{}",
    "９\u2028lxr: yes",
)


def leaves(commands: Commands, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with its words."""
    for name, command in commands.items():
        words = (*before, name)
        if isinstance(command, Command):
            if words not in LEFT_OUT:
                yield words, command.loaded()
        else:
            yield from leaves(cast(Commands, command.commands), words)


def given(parameter: Any, word: str) -> list[str]:
    """A parameter as it stands on the line."""
    if parameter.param_type_name == "argument":
        return [word]
    return [parameter.opts[0]] if parameter.is_flag else [f"{parameter.opts[0]}={word}"]


def sort_of(parameter: Any) -> str:
    """What a parameter is: the middle of its metavar, FILE for any file."""
    sort = str(parameter.metavar or "").strip("[].") if parameter.metavar != "MEASURE=N..." else parameter.metavar
    return "FILE" if sort.startswith("FILE") or sort == "DIR" else sort


def lines_of(command: Any, files: Iterable[str], hostile: Iterator[str]) -> Iterator[list[str]]:
    """What a command is given after its words: nothing, what it needs, all it can take, hostile words, each file."""
    shown = [each for each in command.params if each.name != "help"]
    needed = [each for each in shown if each.required]

    def line(parameters: list[Any], file: str) -> list[str]:
        words = (file if sort_of(each) == "FILE" else WORDS.get(sort_of(each), "1") for each in parameters)
        return [part for each, word in zip(parameters, words, strict=True) for part in given(each, word)]

    yield []
    yield line(needed, "none")
    yield line([each for each in shown if each.name != "follow"], "none")  # which would not end
    yield [part for each in needed for part in given(each, next(hostile))]
    taking = [each for each in shown if each.required or sort_of(each) == "FILE"]
    if any(sort_of(each) == "FILE" for each in taking):
        for file in files:
            yield line(taking, file)


def fault_of(lxr: Lxr, words: list[str]) -> str | None:
    """What is wrong with how a command ended."""
    try:
        ran = lxr(*words)
    except BaseException:  # noqa: BLE001  (whatever escapes a command is what is looked for)
        return traceback.format_exc()
    if ran.code not in (0, 1, 2, 3):
        return f"exit code {ran.code}"
    if ran.code and not (ran.err.startswith("lxr: ") and ran.err.find("\n") == len(ran.err) - 1):
        return f"exit code {ran.code}, and not one line: {ran.err!r}"
    raw = UNSHOWN.findall((ran.out + ran.err).replace("\n", ""))
    return f"raw on the terminal: {raw}" if raw else None


def main(place: str, files: str) -> None:
    """Print each fault with its command line, and at last how many there were. files: the hostile ones; none: ''."""
    hostile = [*sorted(str(path) for path in Path(files).iterdir()), "/dev/zero", files] if files else []
    lxr, words_of, count = Lxr(Path(place)), cycle(HOSTILE), 0
    for words, command in leaves(COMMANDS):
        for line in lines_of(command, hostile, words_of):
            count += 1
            if fault := fault_of(lxr, [*words, *line]):
                print(f"{' '.join(words)} {[word[:80] for word in line]}: {fault}")
    print(f"{count} command lines")


if __name__ == "__main__":
    main(*sys.argv[1:])
