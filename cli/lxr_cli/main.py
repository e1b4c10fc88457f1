"""The entry point of the `lxr` command. It loads the rest only when it can already be stopped."""

import os
import signal
import sys

from lxr_cli.language import text

NOT_KNOWN_YET = 3


def main() -> None:
    """Run the command line that this process was given, and end with its exit code."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by who called
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115
    try:
        from lxr_cli.app import run
        from lxr_cli.screen import fall_silent
    except KeyboardInterrupt:
        sys.stderr.write(f"lxr: {text('stopped before it began', '尚未开始即已中断')}\n")
        sys.exit(NOT_KNOWN_YET)
    code = run(sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # what was asked for is over
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of a pipe went away: nothing more to say
        fall_silent()
    sys.exit(code)
