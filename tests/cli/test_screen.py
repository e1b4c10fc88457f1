import pytest

from lxr_cli.screen import Screen


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
