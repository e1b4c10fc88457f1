"""Employers with workers and funds, and with work that is prepared as a batch and not submitted: made by commands."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from msgspec import Struct

from commandline import EXAMPLES, Lxr
from lxr.settlement.rehearsal.month import write_roster

MAP: Final = """
zone = "unstated"
[columns]
worker = "rider"
date = "day"
""" + "".join(
    f'[[measure]]\nname = "{name}"\nfold = "sum"\ncolumn = "{name}"\n' for name in ("orders", "minutes", "metres")
)


class Crew(Struct, frozen=True):
    """Of each employer: workers R0000, R0001 …, who work on each of so many days. deposit: in yuan."""

    workers: int
    shards: int
    first: date
    days: int
    deposit: str


def prepared(base: Path, crew: Crew, employers: Sequence[str] = ("E001",)) -> Lxr:
    """A consortium in `base`/home. Each employer's batch is there as E001.json."""
    lxr = Lxr(base / "home", "2026-07-30T10:00")
    lxr.json("init", lxr.directory, "--rehearsal")
    (base / "map.toml").write_text(MAP)
    refs = [f"R{worker:04}" for worker in range(crew.workers)]
    done = "".join(
        f"{ref},{crew.first + timedelta(days=day)},20,{300 + worker % 600},15000\n"
        for day in range(crew.days)
        for worker, ref in enumerate(refs)
    )
    (base / "orders.csv").write_text("rider,day,orders,minutes,metres\n" + done)
    for number, employer in enumerate(employers):
        write_roster(base / f"{employer}.csv", 1 + number, refs, number * crew.workers)
        terms, named = base / f"{employer}.toml", f"T{employer}-RIDERS"
        terms.write_text((EXAMPLES / "terms_riders.toml").read_text().replace("E001", employer))
        batch = lxr.directory / f"{employer}.json"
        for words in (
            ("employer", "add", employer, "--shard-size", -(-crew.workers // crew.shards)),
            ("employer", "roster", employer, base / f"{employer}.csv"),
            ("worker", "key", "new", employer),
            ("worker", "add", employer),
            ("terms", "propose", employer, terms),
            ("terms", "accept", named, 1),
            ("terms", "activate", named, 1),
            ("worker", "join", named),
            ("employer", "deposit", employer, crew.deposit, "--reference", "1"),
            ("employer", "batch", "prepare", employer, base / "orders.csv", "--map", base / "map.toml", "--out", batch),
        ):
            lxr.json(*words)
    lxr.json("bank", "simulate")
    lxr.json("bank", "statement", "import")
    return lxr
