"""Somebody who has left after the README's month, and the search for them in every file."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from commandline import EXAMPLES, PASSPHRASE, Lxr, Month
from lxr.settlement.people.person import Person
from lxr.settlement.people.store import People

REF, CASH_OUT = "E001/R0003", "CE001-20260915"
"""Whose wage came back, whose account was changed, and who was paid then."""
BEFORE, AFTER = "2026-10-20T10:00", "2027-01-04T10:00"
REASON = ("--reason", "asked by letter")


class Left:
    """The README's month, after which R0003 has left, and a roster, a batch and a backup lie about."""

    def __init__(self, month: Month, directory: Path) -> None:
        home = directory / "home"
        shutil.copytree(month.done[-1].copy, home)
        self.lxr, self.backup = Lxr(home, BEFORE), directory / "before.tar"
        with self.people() as people:
            self.worker = people.find("E001", ["R0003"])["R0003"]
            self.person = people.get(self.worker)
            self.others = {number: people.get(number) for number in people.workers_of("E001").values()}
        del self.others[self.worker]
        self.roster = home / "rosters" / "copy.csv"
        self.roster.parent.mkdir()
        shutil.copy(EXAMPLES / "walkthrough" / "roster.csv", self.roster)
        (home / "rosters" / "older.csv").write_bytes(self.roster.read_text("utf-8-sig").encode("gb18030"))
        (home / "bank" / "inbox" / ".X.xml.part").write_text(f"{self.person.name} {self.person.bank_account}")
        self.lxr.json("worker", "set", REF, "ended", "2026-10-21", "--reason", "left")

    def people(self) -> People:
        return People.open(f"sqlite:///{self.lxr.directory / 'union' / 'store.db'}", PASSPHRASE.encode())

    def erase(self, word: str | None = None) -> dict[str, Any]:
        return dict(self.lxr.json("union", "worker", "erase", word or self.worker, *REASON))

    def let_the_law_pass(self) -> Lxr:
        """Retentions are none, and the year is over."""
        lxr = Lxr(self.lxr.directory, BEFORE)
        for name in ("payroll", "aml", "voucher"):
            value = (f"retention.{name}_years", "0", "--from", "2026-10-20", "--source", "an order")
            proposal = lxr.json("union", "params", "propose", *value)["proposal"]
            lxr.json("regulator", "params", "approve", proposal)
        self.lxr = Lxr(self.lxr.directory, AFTER)
        return self.lxr


def needles(person: Person) -> Iterator[bytes]:
    """All that tells a person, as it may be written."""
    salts = [each.salt for each in person.accounts]
    for text in (person.name, *(each.bank_account for each in person.accounts), *salts):
        for encoding in ("utf-8", "gb18030", "utf-16-le", "utf-16-be"):
            yield text.encode(encoding)
        yield json.dumps(text)[1:-1].encode()
    yield from (bytes.fromhex(salt) for salt in salts)


def in_files(directory: Path, person: Person) -> list[str]:
    """Every file below, whatever its name, in which anything of the person stands."""
    wanted = list(needles(person))
    places = [path for path in directory.rglob("*") if path.is_file()]
    return sorted(path.name for path in places if any(each in path.read_bytes() for each in wanted))
