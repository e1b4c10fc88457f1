"""What the tests of the command line share: the `lxr` command in this process, and the README's walk-through."""

import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any, Final

from lxr.node.embedded import EmbeddedLedger

ROOT: Final = Path(__file__).parents[2]
EXAMPLES: Final = ROOT / "examples"
LXR: Final = Path(sys.executable).with_name("lxr")
PASSPHRASE: Final = "an unlikely passphrase"
OF_LXR: Final = "LXR_"
PLACES: Final = ("LXR_FABRIC", "LXR_FABRIC_BIN")
"""Of programs, which are the machine's and no setting of a command."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command line came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The object on the last line."""
        return json.loads(self.out.splitlines()[-1])


@dataclass(frozen=True, slots=True)
class Step:
    """One command of the walk-through, and the time at which it is played (empty: no time)."""

    words: tuple[str, ...]
    at: str

    def __str__(self) -> str:
        return " ".join(self.words)


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was done twice. copy: the consortium after it."""

    step: Step
    first: Ran
    between: tuple[int, str]
    second: Ran
    after: tuple[int, str]
    copy: Path

    def copied_to(self, directory: Path) -> "Lxr":
        """Return the command at a copy of its own, at the time of the step."""
        shutil.copytree(self.copy, directory)
        return Lxr(directory, self.step.at)


@dataclass(frozen=True, slots=True)
class Month:
    """The whole walk-through. base: the directory in which it was played."""

    base: Path
    done: tuple[Done, ...]

    def after(self, words: str) -> Done:
        """The first step that begins so."""
        return next(done for done in self.done if str(done.step).startswith(words))


@dataclass(frozen=True, slots=True)
class Lxr:
    """The `lxr` command at one consortium. at: the time that is played; None: the present."""

    directory: Path
    at: str | None = None
    variables: dict[str, str] = field(default_factory=lambda: {"LXR_PASSPHRASE": PASSPHRASE})

    def __call__(self, *words: object) -> Ran:
        """Runs one command line in this process."""
        from lxr.cli.app import run

        given = [*(["--at", self.at] if self.at else []), *(str(word) for word in words)]
        before = dict(os.environ)
        own = {name: value for name, value in before.items() if not name.startswith(OF_LXR) or name in PLACES}
        out, err = StringIO(), StringIO()
        try:
            os.environ.clear()
            os.environ.update(own, LXR_DIR=str(self.directory), **self.variables)
            with redirect_stdout(out), redirect_stderr(err):
                code = run(given)
        finally:
            os.environ.clear()
            os.environ.update(before)
        return Ran(code, out.getvalue(), err.getvalue())

    def json(self, *words: object) -> Any:
        """The object that the command ends with; it must succeed."""
        ran = self("--json", *words)
        assert (0, "") == (ran.code, ran.err), ran
        return ran.json

    def tip(self) -> tuple[int, str]:
        """The height and the hash of the last block that is more than a beat of the clock, which a command that is then
        refused may have moved: the same only if nothing else was written."""
        ledger = EmbeddedLedger.open(self.directory / "ledger.db")
        try:
            header = ledger.tip()
            assert header is not None
            for number in range(header.number, -1, -1):
                block = next(ledger.blocks(number))
                beats = [b'"command":"clock.move"' in each.envelope.payload for each in block.transactions]
                if not all(beats):
                    return number + 1, block.hash
            raise AssertionError("a ledger begins with its founding")
        finally:
            ledger.close()


def document(lxr: Lxr, content: str = "a notice that names a person\n") -> Path:
    """A document beside the consortium."""
    file = lxr.directory.parent / "notice.txt"
    file.write_text(content, "utf-8")
    return file


def walkthrough(readme: str = "README.md") -> str:
    """The shell blocks of a document, one after the other."""
    text = (ROOT / readme).read_text("utf-8")
    return "".join(re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE))


def steps(script: str) -> Iterator[Step]:
    """The commands of a script, each with the time that was exported before it."""
    at = ""
    for line in script.splitlines():
        words = shlex.split(line)
        if words[:1] == ["export"]:
            at = dict(word.split("=", 1) for word in words[1:]).get("LXR_AT", at)
        elif words:
            assert "lxr" == words[0], line
            yield Step(tuple(words[1:]), at)


def refused(lxr: Lxr, code: int, *words: object) -> str:
    """The one line that a refused command says. With --json it says so in one object; the ledger stays as it was."""
    before = lxr.tip()
    ran, told = lxr(*words), lxr("--json", *words)
    assert (code, code, "") == (ran.code, told.code, told.err), (ran, told)
    assert [True] == [line.startswith("lxr: ") for line in ran.err.splitlines()], ran
    assert isinstance(json.loads(told.out), dict)
    assert "Traceback" not in ran.out
    assert before == lxr.tip()
    return ran.err
