"""The entry point of the `lxr` command. It loads the rest only when it can already be stopped."""

import os
import signal
import sys
from io import TextIOWrapper

from lxr.cli.ends import DONE, NOT_KNOWN_YET, REFUSED
from lxr.cli.texts.language import text
from lxr.node.collector import collect_rarely


def main() -> None:
    """Run the command line that this process was given, and end with its exit code."""
    collect_rarely()
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by who called
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # what the terminal cannot show is shown by its code
            stream.reconfigure(errors="backslashreplace")
    try:
        from lxr.cli.output import fall_silent

        said = sys.argv[1:] == ["--version"] and _say_version()  # what scripts ask first is answered at once
        if not said:
            from lxr.cli.app import run
    except KeyboardInterrupt:
        sys.stderr.write(f"lxr: {text('stopped before it began', '尚未开始即已中断')}\n")
        sys.exit(NOT_KNOWN_YET)
    code = DONE if said else run(sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # what was asked for is over
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of a pipe went away: nothing more to say
        fall_silent()
    except OSError as fault:
        fall_silent()
        if code == DONE:  # else something was said already
            from lxr.cli.texts.told import in_words  # not for --version
            from lxr.node.said import Said

            sys.stderr.write(f"lxr: {in_words(Said('{fault}', fault=fault))}\n")
            code = REFUSED
    sys.exit(code)


def _say_version() -> bool:
    from lxr.cli.version import say

    return say()
