"""What a command loads before it begins: what it uses, and nothing else."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from commandline import EXAMPLES, LXR, PASSPHRASE, Month
from lxr.cli.lazy import Command, Group
from lxr.cli.texts.contents import COMMANDS

RUN: Final = """
import sys
from lxr.cli.main import main
try:
    main()
except SystemExit as end:
    print(end.code, *sys.modules, file=sys.stderr)
"""
STORES, FABRIC, REHEARSAL, BAR = "sqlmodel", "grpc", "lxr.cli.rehearsal.month", "rich.progress"
BANK_FILES, SHEETS, ISSUING, READING = "lxml", "openpyxl", "cryptography.x509", "pydantic"
"""READING: what typer reads numbers and choices with, and SQLModel its rows. ISSUING: certificates are issued with."""
EXECUTION = "lxr.chaincode.contract"
"""All commands of the contract: what is only read needs none."""
SENDING = "lxr.settlement.work.batch_sending"
ALL_BUT_STORES: Final = (BANK_FILES, FABRIC, SHEETS, REHEARSAL, BAR)
HEAVY: Final = (*ALL_BUT_STORES, STORES, READING)
ALL_BUT_HELP: Final = (*HEAVY, "msgspec", "cryptography", "lxr.cli.session", "lxr.cli.commands")
TABLE: Final = [
    ("--version", 0, (*ALL_BUT_HELP, "rich", "typer")),
    ("--help", 0, ALL_BUT_HELP),
    ("union --help", 0, ALL_BUT_HELP),
    ("worker --help", 0, ALL_BUT_HELP),
    ("worker balance --help", 0, (*HEAVY, ISSUING)),
    ("dance", 2, ALL_BUT_HELP),
    ("ledger show", 0, (*HEAVY, ISSUING)),
    ("ledger show -C /none", 1, HEAVY),
    ("ledger audit", 0, HEAVY),
    ("terms show TE001-RIDERS", 0, HEAVY),
    ("union close-day 2026-08-03", 0, HEAVY),
    ("union payday status E001-20260915", 0, HEAVY),
    ("union cashout show CE001-20260915", 0, HEAVY),
    ("bank attest-deposit E001 5 B1", 2, HEAVY),
    ("bank attest-deposit E001 5.00 --booking B1", 0, HEAVY),
    ("worker payslip E001/R0001 E001-20260915", 0, HEAVY),
    ("bank params show", 0, HEAVY),
    ("bank simulate --day 2026-09-01", 1, (STORES, FABRIC, SHEETS, REHEARSAL)),
    ("voucher verify map.toml", 1, HEAVY),
    ("employer batch status E001 --month 2026-08", 0, HEAVY),
    ("employer batch prepare E001 orders.csv --map map.toml --out batch.json", 0, ALL_BUT_STORES),
    ("employer map check orders.csv --map map.toml", 0, (*HEAVY, ISSUING, EXECUTION, SENDING)),
    ("worker balance E001/R0001", 0, (*HEAVY, ISSUING, EXECUTION)),
    ("worker statement E001/R0001", 0, (*ALL_BUT_STORES, ISSUING, EXECUTION)),
]


@pytest.fixture(scope="module")
def place(month: Month, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the consortium of the walk-through, at its end, and with a day's export."""
    base = tmp_path_factory.mktemp("startup")
    shutil.copytree(month.after("ledger show").copy, base / "rehearsal")
    shutil.copy(EXAMPLES / "walkthrough" / "orders-2026-08-03.csv", base / "orders.csv")
    shutil.copy(EXAMPLES / "riders.toml", base / "map.toml")
    return base


def surroundings(place: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LXR_")}
    own = {"LXR_LANG": "en", "LXR_PASSPHRASE": PASSPHRASE, "LXR_AT": "2026-10-01T09:00", "LXR_DIR": "rehearsal"}
    return kept | own | {"PWD": str(place)}


@pytest.mark.parametrize(("words", "code", "unused"), TABLE, ids=[words for words, *_ in TABLE])
def test_a_command_loads_nothing_that_it_does_not_use(
    words: str, code: int, unused: tuple[str, ...], place: Path
) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", RUN, *words.split()],
        cwd=place,
        env=surroundings(place),
        capture_output=True,
        text=True,
        check=False,
    )
    ended, *loaded = ran.stderr.splitlines()[-1].split()
    assert str(code) == ended, ran.stderr
    assert [] == sorted({*unused} & {*loaded})


def test_the_version_is_the_same_wherever_on_the_line_it_is_asked_for() -> None:
    alone, among_others = (
        subprocess.run([LXR, *words], capture_output=True, check=True, text=True).stdout
        for words in (("--version",), ("--lang", "zh", "--version"))
    )
    assert alone == among_others
    assert re.fullmatch(r"lxr \d+\.\d+\.\d+, contract [0-9a-f]{64}\n", alone)


def commands(among: Mapping[str, object]) -> Iterator[tuple[str, Command]]:
    """All of them, with where they are."""
    for each in among.values():
        if isinstance(each, Command):
            yield each.holder, each
        elif isinstance(each, Group):
            yield from commands(each.commands)


EVERY: Final = dict(commands(COMMANDS))


@pytest.mark.parametrize(("holder", "command"), EVERY.items(), ids=EVERY)
def test_every_command_of_the_table_is_where_the_table_says(holder: str, command: Command) -> None:
    loaded = command.loaded()
    assert loaded.callback is not None
    assert (command.name, command.help) == (loaded.name, loaded.help)
    assert "lxr.cli.commands." + holder == f"{loaded.callback.__module__}.{loaded.callback.__name__}"
