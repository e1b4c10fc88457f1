"""The undisturbed cycle, and what becomes of it when a fault strikes at one point of one command."""

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from commandline import EXAMPLES, Ran, Step
from faultlab.cycle import CARD, CARD_FILE, DIRECTORY, Played, apart, commands, load, play
from faultlab.meaning import Meaning, differences, meaning, same_words
from faultlab.points import Act, Fault, FaultKind
from lxr.node.progress import Progress


@dataclass(frozen=True, slots=True, order=True)
class Case:
    """command, point: from 1."""

    command: int
    point: int
    kind: FaultKind

    def __str__(self) -> str:
        return f"{self.command}:{self.point}:{self.kind}"

    @classmethod
    def read(cls, text: str) -> Self:
        """What `str` gives. Raises ValueError."""
        command, point, kind = text.split(":")
        return cls(int(command), int(point), FaultKind(kind))


PENDING: Final = "can come into force from"


class Failed(Exception):
    """What was not as it had to be."""


class Lab:
    """place: an empty directory, best in memory. seed: of everything that is random."""

    def __init__(self, place: Path, seed: int) -> None:
        self._place: Final = place.resolve()
        self._seed: Final = seed
        self.steps: Final[list[Step]] = commands()
        self._points: Final[list[tuple[tuple[Act, str], ...]]] = []
        self._meanings: Final[list[Meaning]] = []
        self._said: Final[list[str]] = []

    def rehearse(self, progress: Progress) -> None:
        """Play the whole cycle without a fault, and keep what it comes to after each command. Raises Failed."""
        load(self._place / "releases")
        base = self._place / "undisturbed"
        base.mkdir()
        (base / "examples").symlink_to(EXAMPLES)
        (base / CARD_FILE).write_text(f"{CARD}\n", "utf-8")
        for number in range(1, len(self.steps) + 1):
            shutil.copytree(base, self._before(number), symlinks=True)
            played = self._play(number, base, "/first", None)
            _need_done(played)
            assert played is not None
            self._points.append(played.points)
            self._said.append(same_words(played.ran.out))
            self._meanings.append(self._meaning(base, audited=number == len(self.steps)))
            progress(number, len(self.steps))
        if self._meanings[-1]["audit"][0] is not True:
            raise Failed(f"the undisturbed cycle: {self._meanings[-1]['audit']}")

    def cases(self, kinds: tuple[FaultKind, ...]) -> Iterator[Case]:
        """Every fault at every point."""
        for command, points in enumerate(self._points, 1):
            for point, (act, _) in enumerate(points, 1):
                yield from (Case(command, point, kind) for kind in kinds if kind.strikes(act))

    def ends(self, cases: list[Case]) -> set[Case]:
        """Those of them where the power is cut when a command has ended."""
        return {case for case in cases if case.kind is FaultKind.LOST and self._act(case) is Act.END}

    def where(self, case: Case) -> str:
        """The command, and what it does at that point."""
        act, path = self._points[case.command - 1][case.point - 1]
        return f"lxr {self.steps[case.command - 1]}: {act} {path}".rstrip()

    def suffer(self, case: Case, *, to_the_end: bool) -> None:
        """Let the fault strike, give the command again, and compare. Raises Failed.

        to_the_end: play the rest of the cycle too; its payslips, statements and vouchers must say the same; and audit.
        """
        base = self._place / "struck"
        shutil.rmtree(base, ignore_errors=True)
        shutil.copytree(self._before(case.command), base, symlinks=True)
        fault = Fault(case.point, case.kind, f"{self._seed} {case}")
        struck = self._play(case.command, base, "/first", fault)
        if case.kind.deadly and struck is not None:
            raise Failed("the point was never reached")
        if self._act(case) is not Act.END and (struck is None or not _done_or_told(struck)):
            _need_done(self._play(case.command, base, "/again", None))
        self._compare(case.command, base, audited=False)
        if to_the_end:
            for number in range(case.command + 1, len(self.steps) + 1):
                played = self._play(number, base, "/first", None)
                _need_done(played)
                if played is not None and (now := same_words(played.ran.out)) != self._said[number - 1]:
                    raise Failed(f"{self.steps[number - 1]} says {now!r} instead of {self._said[number - 1]!r}")
            self._compare(len(self.steps), base, audited=True)

    def _act(self, case: Case) -> Act:
        return self._points[case.command - 1][case.point - 1][0]

    def _play(self, number: int, base: Path, attempt: str, fault: Fault | None) -> Played | None:
        attic = self._place / "attic"
        shutil.rmtree(attic, ignore_errors=True)
        attic.mkdir()
        try:
            return play(self.steps[number - 1], base, f"{self._seed}{attempt}", attic, fault)
        except RuntimeError as raised:
            raise Failed(f"a traceback: {raised}") from None

    def _meaning(self, base: Path, *, audited: bool) -> Meaning:
        found = apart(lambda: meaning(base / DIRECTORY, audited=audited))
        assert found is not None
        return found

    def _compare(self, number: int, base: Path, *, audited: bool) -> None:
        try:
            found = self._meaning(base, audited=audited)
        except RuntimeError as raised:
            raise Failed(f"what is left cannot be read: {raised}") from None
        expected = self._meanings[number - 1]
        if not audited:
            expected = {part: meant for part, meant in expected.items() if part != "audit"}
        if told := list(differences(expected, found)):
            raise Failed(f"after command {number}: " + "; ".join(told))

    def _before(self, number: int) -> Path:
        return self._place / f"before-{number}"


def chosen(cases: list[Case], ends: set[Case], runs: int, seed: int) -> list[Case]:
    """So many of them by chance, spread evenly over commands and kinds: each pair in turn, as long as it has any.

    A power cut where a command has just ended comes before all others: what it has said must stay.
    """
    chance = random.Random(seed)
    groups: dict[tuple[int, FaultKind], list[Case]] = {}
    for case in cases:
        if case not in ends:
            groups.setdefault((case.command, case.kind), []).append(case)
    order = sorted(groups)
    chance.shuffle(order)
    for group in groups.values():
        chance.shuffle(group)
    picked = sorted(ends)[:runs]
    while len(picked) < runs and order:
        order = [key for key in order if groups[key]]
        picked += [groups[key].pop() for key in order[: runs - len(picked)]]
    return picked


def _done_or_told(played: Played) -> bool:
    """True: it says that it is done. Raises Failed for anything but that or one line."""
    ran = played.ran
    if ran.code == 0:
        return True
    lines = told(ran)
    if ran.code not in (1, 3) or [True] != [line.startswith("lxr: ") for line in lines]:
        raise Failed(f"the fault was not told in one line: {ran}")
    return False


def told(ran: Ran) -> list[str]:
    """What a command said of faults: not that a contract is pending, which every command says."""
    return [line for line in ran.err.splitlines() if PENDING not in line]


def _need_done(played: Played | None) -> None:
    if played is None:
        raise Failed("a command was killed by no fault")
    if (0, []) != (played.ran.code, told(played.ran)):
        raise Failed(f"given again, it ended with {played.ran.code}: {played.ran.err or played.ran.out}")


def room() -> str | None:
    """Memory, where there is some to put files in: what is synced here is known, and need not reach a real disk."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
