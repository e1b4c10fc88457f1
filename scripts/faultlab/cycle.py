"""The settlement cycle as commands, each run in a process of its own, which a fault may strike."""

import os
import pickle
import random
import sys
import traceback
from collections.abc import Callable
from contextlib import chdir
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partialmethod
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Final, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

os.environ["LXR_LANG"] = "en"  # before lxr.cli is imported: the language is that of the process

import lxr.cli.commands
from commandline import Lxr, Ran, Step, steps, walkthrough
from faultlab import files, sqlite
from faultlab.disk import Disk
from faultlab.points import Act, Fault, Points
from lxr.cli.commands import setup
from lxr.node import contracts, sealing
from lxr.node.version import contract_version
from lxr.released import RELEASES
from lxr.settlement.ledger import founding
from lxr.settlement.people import roster
from lxr.settlement.people import store as people
from lxr.settlement.reports.projection import Projection
from othercontract import A_COMMENT, made

DIRECTORY: Final = "my-rehearsal"
PASSPHRASE: Final = "rehearsal"
CARD_FILE: Final = "another-card.txt"
CARD: Final = "6200000000567890124"
"""Nobody's in the walk-through."""
BANK: Final = "--bank-code 102100099996 --bank-name 中国工商银行"
WITNESSES: Final = ("union", "employer", "regulator")
ASIDE: Final = {
    "lxr worker join TE001-RIDERS": (
        f"lxr worker account set E001/R0001 --card-file {CARD_FILE} {BANK}",
        "lxr worker key replace E001/R0003",
        "lxr worker key replace E001/R0003 --approve",
        "lxr employer statement E001",  # begins the projection, which then grows
    ),
    "lxr union certify E001": (
        f"lxr contract propose {contract_version()} --from 2026-08-01 --source 'a release'",
        *(f"lxr --as {organisation}/witness contract state {contract_version()}" for organisation in WITNESSES),
        f"lxr --as bank/admin contract switch {contract_version()}",
    ),
    "lxr voucher show 2026-09": (f"lxr voucher show 2026-09 --out {DIRECTORY}/month.json",),
}
"""What the walk-through leaves out and the harness plays too, after which of its commands."""
FOUNDED: Final = "2026-07-29T10:00"
"""When the consortium's certificates are made: each run shall write the same."""
SEALING: Final = 2
"""Of scrypt, in place of a tenth of a second for each command."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Played:
    """What a command came to. points: each change of the disk, with the end as the last."""

    ran: Ran
    points: tuple[tuple[Act, str], ...]


def commands() -> list[Step]:
    """The walk-through of the README, and what stands aside."""
    lines: list[str] = []
    for line in walkthrough().splitlines():
        lines += [line, *ASIDE.get(line, ())]
    return list(steps("\n".join(lines)))


def load(place: Path) -> None:
    """Load whatever a command may need once, here, and not in each process; and have an earlier contract.

    The ledger is founded under that one, which differs by a comment, and comes to the newest while it lives.
    """
    place.mkdir()
    earlier = made(place, A_COMMENT)
    RELEASES["earlier"], contracts.RELEASED = earlier, place  # type: ignore[misc]
    founding.contract_version = lambda: earlier  # type: ignore[assignment]
    contracts.contract(earlier)
    for module in iter_modules(lxr.cli.commands.__path__):
        import_module(f"lxr.cli.commands.{module.name}")
    people.People.open("sqlite://", b"nobody").close()
    Projection.open("sqlite://").close()


def play(step: Step, base: Path, seed: str, attic: Path, fault: Fault | None = None) -> Played | None:
    """Run a command in `base`, in a process of its own; None: the fault has killed it.

    seed: of its random numbers; only the workers' numbers do not depend on what follows a slash in it.
    """

    def task() -> Played:
        points = Points(str(base), Disk(attic), fault)
        _draw(seed, str(step))
        files.watch(points)
        sqlite.watch(points)
        with chdir(base):
            variables = {"LXR_PASSPHRASE": PASSPHRASE}
            ran = Lxr(Path(DIRECTORY), step.at, variables)(*step.words)
        points.reach(Act.END, "")
        return Played(ran, tuple(points.seen))

    return apart(task)


def apart(task: Callable[[], T]) -> T | None:
    """What the task gives in a process of its own; None: it was killed. Raises RuntimeError with what it raised."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            answer: tuple[Any, str] = task(), ""
        except BaseException:  # noqa: BLE001  (it crosses to the other process as text)
            answer = None, traceback.format_exc()
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(answer, pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    if not told:
        return None
    given, raised = pickle.loads(told)
    if raised:
        raise RuntimeError(raised)
    return given  # type: ignore[no-any-return]


def _draw(seed: str, words: str) -> None:
    """From now on what is random in this process is drawn from the seed, so that a fault can be repeated."""
    chance = random.Random(f"{seed} {words}")
    # The same numbers for whoever registers the same roster: payments are named after them, and are to be compared.
    numbers = random.Random(f"{seed.partition('/')[0]} {words}")
    replaced: tuple[tuple[object, str, object], ...] = (
        (random, "_urandom", chance.randbytes),  # what `secrets` draws from
        (os, "urandom", chance.randbytes),
        (ec, "generate_private_key", lambda curve: ec.derive_private_key(1 + chance.getrandbits(250), curve)),
        (sealing, "_ECDSA", ec.ECDSA(SHA256(), deterministic_signing=True)),
        (x509.CertificateBuilder, "sign", partialmethod(x509.CertificateBuilder.sign, ecdsa_deterministic=True)),
        (setup, "datetime", _Founding),
        (people, "_MEMORY_COST", SEALING),
        (roster.register, "__defaults__", (lambda: numbers.randbytes(32).hex(),)),
    )
    for place, name, value in replaced:
        setattr(place, name, value)


class _Founding(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "_Founding":
        return cls.fromisoformat(FOUNDED).replace(tzinfo=tz)
