"""What a shell is told when somebody presses the tabulator, by the shells' own protocols."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from commandline import LXR

SHELLS: Final = ("bash", "zsh", "fish")


def surroundings(language: str, **own: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LXR_")}
    return kept | {"LXR_LANG": language, "PATH": f"{LXR.parent}:{os.environ['PATH']}", **own}


def completed(shell: str, line: str, language: str = "en") -> str:
    """What `lxr` says to a shell that asks how a line may go on."""
    asked = {
        "_LXR_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split()) - (not line.endswith(" "))),
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    ran = subprocess.run([LXR], env=surroundings(language, **asked), capture_output=True, text=True, check=True)
    assert "" == ran.stderr
    return ran.stdout.rstrip("\n")


def in_bash(script: str, home: Path) -> str:
    ran = subprocess.run(
        ["bash", "--norc", "-c", script],
        env=surroundings("en", HOME=str(home)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "" == ran.stderr
    return ran.stdout


@pytest.mark.parametrize(
    ("shell", "language", "line", "expected"),
    [
        ("bash", "en", "lxr wor", "worker"),
        ("bash", "zh", "lxr wor", "worker"),
        ("bash", "en", "lxr worker bal", "balance"),
        ("bash", "en", "lxr union payday re", "resume\nreverse"),
        ("bash", "en", "lxr worker account set --bank-", "--bank-code\n--bank-name"),
        ("bash", "en", "lxr nothing", ""),
        ("zsh", "en", "lxr wor", """_arguments '*: :(("worker":"Workers\\\\: keys, days, pay"))'"""),
        ("zsh", "zh", "lxr worker bal", """_arguments '*: :(("balance":"余额：待付工资与退回款"))'"""),
        ("fish", "en", "lxr worker bal", "balance\tWages due, and what the bank returned"),
        ("fish", "zh", "lxr wor", "worker\t劳动者：密钥、工作日、薪资"),
        ("fish", "zh", "lxr worker balance --h", "--help\t显示本帮助"),
    ],
)
def test_a_line_is_completed_with_commands_and_options_and_their_help_in_the_chosen_language(
    shell: str, language: str, line: str, expected: str
) -> None:
    assert expected == completed(shell, line, language)


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_a_script_that_asks_lxr(shell: str) -> None:
    asked = surroundings("en", _LXR_COMPLETE=f"source_{shell}")
    script = subprocess.run([LXR], env=asked, capture_output=True, text=True, check=True).stdout
    assert f"_LXR_COMPLETE=complete_{shell}" in script


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is missing")
def test_bash_completes_by_the_script_that_is_shown_and_by_the_one_that_is_installed(tmp_path: Path) -> None:
    # something after it, or bash would become lxr, which then finds no shell above it
    pressed = "COMP_WORDS=(lxr worker bal) COMP_CWORD=2; _lxr_completion lxr; echo ${COMPREPLY[@]}"
    assert "balance\n" == in_bash(f'eval "$(lxr --show-completion; true)"; {pressed}', tmp_path)
    assert "bash completion installed in" in in_bash("lxr --install-completion; true", tmp_path)
    assert "balance\n" == in_bash(f"source ~/.bashrc; {pressed}", tmp_path)
