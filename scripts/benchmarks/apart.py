"""Work in processes of its own."""

import multiprocessing
import signal
from collections.abc import Callable
from contextlib import ExitStack, closing
from multiprocessing.connection import Connection
from typing import TypeVar

from lxr.node.collector import collect_rarely

R = TypeVar("R")


def apart(*works: Callable[[], R]) -> list[R]:
    """What each work gives, all side by side in new processes, which hold nothing of what this one has held.

    They end with it, also after Ctrl-C. Raises EOFError: a process died.
    """
    spawn, answers = multiprocessing.get_context("spawn"), []
    with ExitStack() as stack:
        for work in works:
            here, there = spawn.Pipe(duplex=False)
            answers.append(stack.enter_context(closing(here)))
            process = spawn.Process(target=_tell, args=(there, work))
            before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # the child inherits it: Ctrl-C is for its parent
            process.start()
            signal.signal(signal.SIGINT, before)
            stack.callback(process.join)
            stack.callback(process.terminate)
            there.close()
        return [answer.recv() for answer in answers]


def _tell(there: Connection, work: Callable[[], R]) -> None:
    collect_rarely()  # as the command line does
    there.send(work())
