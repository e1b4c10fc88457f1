"""A terminal that is none: closed pipes, full disks, nobody at the keyboard."""

import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path

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


def test_a_new_passphrase_is_asked_for_twice_at_a_terminal_and_not_shown(tmp_path: Path) -> None:
    """A slip in the passphrase of a founding would lock everybody out."""
    for answers, code in ((("one", "two", "one", "one"), 0), (("one", "\x04"), 3)):
        directory = tmp_path / str(code)
        process, terminal = pty.fork()
        if process == 0:
            os.environ.pop("LXR_PASSPHRASE", None)
            os.environ["LXR_LANG"] = "en"
            os.execv(LXR, ["lxr", "init", str(directory), "--rehearsal"])
        shown = b""
        waiting = list(answers)
        while True:
            try:
                shown += os.read(terminal, 4096)
            except OSError:
                break
            if waiting and shown.rstrip().endswith(b":"):
                os.write(terminal, waiting.pop(0).encode() + b"\n")
                shown += b" "
        os.close(terminal)
        assert code == os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), shown
        assert (code == 0) == directory.exists()
        assert b"one" not in shown.replace(b"one operator", b"").replace(b"none", b"")
    assert True is Lxr(tmp_path / "0", variables={"LXR_PASSPHRASE": "one"}).json("ledger", "audit")["ok"]
