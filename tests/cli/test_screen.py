import json
from pathlib import Path

import pytest

from commandline import Lxr
from lxr.cli.screen import Screen


@pytest.mark.parametrize("word", ["[/R1]", "[bold]x[/bold]", "[link=x]", "a\\[b]", "王 [1]"])
def test_brackets_in_what_is_shown_are_shown(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(as_json=False)
    screen.table(word, [word], [[word]])
    screen.say(word)
    assert 4 == capsys.readouterr().out.count(word)


def test_a_long_cell_is_not_cut_where_nobody_looks_at_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Screen(as_json=False).table("t", ["one", "two"], [["1" * 64, "2" * 64]])
    shown = capsys.readouterr().out
    assert (True, True) == ("1" * 64 in shown, "2" * 64 in shown)


def test_with_json_nothing_but_the_object_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(as_json=True)
    screen.say("a line")
    screen.table("t", ["one"], [["x"]])
    screen.done("done", {"amount_fen": 5, "name": "王"})
    assert ('{"amount_fen": 5, "name": "王"}\n', "") == capsys.readouterr()


@pytest.mark.parametrize(
    ("unseen", "escaped"),
    [("\x1b", "\\u001b"), ("\x9b", "\\u009b"), ("\u202e", "\\u202e"), ("\n", "\\n"), ("\U000e0041", "\\udb40\\udc41")],
)
def test_an_object_escapes_what_nobody_sees(unseen: str, escaped: str, capsys: pytest.CaptureFixture[str]) -> None:
    Screen(as_json=True).result({"reason": f"a{unseen}王"})
    shown = capsys.readouterr().out
    assert (f'{{"reason": "a{escaped}王"}}\n', {"reason": f"a{unseen}王"}) == (shown, json.loads(shown))


@pytest.mark.parametrize("unseen", ["\x1b[2J", "\x9b2J", "\u202e", "\u200b"])
@pytest.mark.parametrize("words", [("voucher", "verify"), ("union",), ("ledger", "show", "-C")])
def test_an_error_shows_what_moves_the_cursor_by_its_code(words: tuple[str, ...], unseen: str, tmp_path: Path) -> None:
    ran = Lxr(tmp_path)(*words, f"a{unseen}b")
    code = repr(unseen[0])[1:-1]
    assert (True, False) == (f"a{code}" in ran.err, unseen[0] in ran.err), ran


@pytest.mark.parametrize(
    "unseen", ["\x1b[2A", "\x9b2J", "\u202e", "\n", "\r", "\x07", "\u200b", "\u2028", "\xad", "\u061c"]
)
def test_what_moves_the_cursor_or_turns_letters_is_shown_by_its_code(
    unseen: str, capsys: pytest.CaptureFixture[str]
) -> None:
    screen = Screen(as_json=False)
    screen.table(f"t{unseen}t", ["one"], [[f"a{unseen}b"]])
    screen.say(f"c{unseen}d")
    screen.warn(f"e{unseen}f")
    shown = capsys.readouterr()
    code = repr(unseen[0])[1:-1]
    assert [True] * 3 == [f"{left}{code}" in shown.out + shown.err for left in ("t", "a", "c")]
    assert f"e{code}" in shown.err
    assert unseen == "\n" or unseen[0] not in shown.out + shown.err
