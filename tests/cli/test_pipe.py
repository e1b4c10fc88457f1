"""A terminal that is none: closed pipes, full disks, nobody at the keyboard."""

import os
import pty
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from select import select

import pytest

from commandline import LXR, PASSPHRASE, Lxr

Given = Callable[[str], Lxr]


def shell(script: str, lxr: Lxr) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LXR_")}
    environment |= {"LXR_DIR": str(lxr.directory), "LXR_PASSPHRASE": PASSPHRASE, "LXR_LANG": "en", "LXR": str(LXR)}
    return subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("words", ["ledger block 5", "--json ledger show"])
def test_a_reader_that_goes_away_is_no_fault(given: Given, words: str) -> None:
    ran = shell(f"$LXR {words} | head -c 0; echo ${{PIPESTATUS[0]}}", given("union payday sweep"))
    assert ("0\n", "") == (ran.stdout, ran.stderr)


@pytest.mark.parametrize(("words", "where"), [("ledger show", ">/dev/full"), ("--json ledger show", ">/dev/full")])
def test_a_disk_that_is_full_is_one_line(given: Given, words: str, where: str) -> None:
    ran = shell(f"$LXR {words} {where}", given("init"))
    assert (1, "lxr: No space left on device\n") == (ran.returncode, ran.stderr)


def test_a_closed_output_is_no_fault(given: Given) -> None:
    assert (0, "") == ((ran := shell("$LXR ledger show >&-", given("init"))).returncode, ran.stderr)


def typed(words: list[str], answers: list[str]) -> tuple[int, str]:
    """A command at a terminal where a person types these answers; exit code, and all that the terminal has shown."""
    process, terminal = pty.fork()
    if process == 0:
        for number in (signal.SIGINT, signal.SIGHUP):  # a runner in the background may ignore them, and hand that on
            signal.signal(number, signal.SIG_DFL)
        os.environ.pop("LXR_PASSPHRASE", None)
        os.environ["LXR_LANG"] = "en"
        os.execv(LXR, ["lxr", *words])
    shown, waiting = b"", list(answers)
    while select([terminal], [], [], 30)[0]:
        try:
            shown += os.read(terminal, 4096)
        except OSError:  # the other end is closed
            break
        if waiting and shown.endswith(b": "):
            os.write(terminal, waiting.pop(0).encode())
            shown += b"|"
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), shown.decode()


def test_a_new_passphrase_is_asked_for_twice_at_a_terminal_and_not_shown(tmp_path: Path) -> None:
    """A slip in the passphrase of a founding would lock everybody out."""
    directory = tmp_path / "new"
    code, shown = typed(["init", str(directory), "--rehearsal"], ["s3cret\n", "s3cert\n", "s3cret\n", "s3cret\n"])
    assert (0, 2, 2) == (code, shown.count("Passphrase: "), shown.count("Repeat for confirmation: "))
    assert ("s3cret" in shown, "s3cert" in shown) == (False, False)
    assert True is Lxr(directory, variables={"LXR_PASSPHRASE": "s3cret"}).json("ledger", "audit")["ok"]
    code, shown = typed(["-C", str(directory), "employer", "add", "E001"], ["s3cret\n"])
    assert (0, 1, 0) == (code, shown.count("Passphrase: "), shown.count("Repeat"))


def test_nothing_is_founded_where_no_passphrase_is_given_at_the_terminal(tmp_path: Path) -> None:
    for key in ("\x04", "\x03"):  # end of input, Ctrl-C
        code, shown = typed(["init", str(tmp_path / "new"), "--rehearsal"], [key])
        assert (3, False) == (code, (tmp_path / "new").exists()), shown
        assert "Traceback" not in shown
