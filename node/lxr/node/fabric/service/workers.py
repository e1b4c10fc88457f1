"""What runs the contract: this process where one is enough, else several, which ask their parent for state."""

import logging
import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Final

import msgspec
from msgspec import Struct

from lxr.chaincode.world import Reader
from lxr.node.fabric.answers import Values
from lxr.node.fabric.service.decide import Answer, StateFault, Trust, decide, failed
from lxr.node.port import Clock
from lxr.node.version import contract_version

STOP_SECONDS: Final = 1
_log: Final = logging.getLogger(__name__)
_processes: Final = multiprocessing.get_context("spawn")  # a fork would copy gRPC's threads in whatever state they are


class _Job(Struct, tag=True, array_like=True):
    now_ms: int
    envelope: bytes


class _Read(Struct, tag=True, array_like=True):
    keys: Sequence[str]


class _Found(Struct, tag=True, array_like=True):
    values: Values


class _NotFound(Struct, tag=True, array_like=True):
    problem: str


class _Done(Struct, tag=True, array_like=True):
    answer: Answer


_encode: Final = msgspec.msgpack.Encoder().encode
_from_parent: Final = msgspec.msgpack.Decoder(_Job | _Found | _NotFound)
_from_worker: Final = msgspec.msgpack.Decoder(_Read | _Done)


class Task(Struct, frozen=True):
    """An envelope to execute. reader: the state under it. done: called with the answer, in a thread of the pool."""

    reader: Reader
    envelope: bytes
    done: Callable[[Answer], None]


class Pool:
    """As many processes as asked for (0: one for each core), each with a thread that serves it; for one: only a thread.

    One is enough beside a peer that has the same cores to endorse and commit on; then state comes without a pipe.
    restarted: called whenever a process was found dead and another took its place.
    """

    def __init__(self, count: int, trust: Trust, clock: Clock, restarted: Callable[[], None]) -> None:
        self._clock: Final = clock
        self._restarted: Final = restarted
        self._trust: Final = trust
        self._tasks: Final[SimpleQueue[Task | None]] = SimpleQueue()
        self._spawning: Final = Lock()
        self._closing = False
        count = count or os.cpu_count() or 1
        self._workers: Final[list[_Here | _Worker]] = [
            _Here(trust) if count == 1 else _Worker(trust) for _ in range(count)
        ]
        self._threads: Final = [
            Thread(target=self._serve, args=(number,), name=f"worker-{number}") for number in range(len(self._workers))
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, task: Task) -> None:
        """Give it to the next worker that is free, in order."""
        self._tasks.put(task)

    def close(self) -> None:
        """End every process. What is being executed gets no answer of the contract any more."""
        self._closing = True
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join(STOP_SECONDS)
        with self._spawning:
            for thread, worker in zip(self._threads, self._workers, strict=True):
                if thread.is_alive():
                    worker.kill()
        for thread, worker in zip(self._threads, self._workers, strict=True):
            thread.join()
            worker.stop()

    def _serve(self, number: int) -> None:
        while (task := self._tasks.get()) is not None:
            task.done(failed("the node is stopping") if self._closing else self._run(number, task))

    def _run(self, number: int, task: Task) -> Answer:
        if not self._workers[number].alive:
            self._replace(number)
        try:
            return self._workers[number].run(task, self._clock())
        except Exception as fault:  # noqa: BLE001  (dead, or no longer in step with us: another takes its place)
            self._replace(number)
            return failed(f"the process that ran the contract has died: {type(fault).__name__}")

    def _replace(self, number: int) -> None:
        with self._spawning:
            if not self._closing:
                self._workers[number].stop()
                self._workers[number] = _Worker(self._trust)
                _log.warning("worker %d had died and was replaced", number)
                self._restarted()


class _Here:
    """This process. See `_Worker`."""

    alive: Final = True

    def __init__(self, trust: Trust) -> None:
        self._trust: Final = trust

    def run(self, task: Task, now_ms: int) -> Answer:
        return decide(task.reader, self._trust, now_ms, task.envelope)

    def stop(self) -> None:
        pass

    def kill(self) -> None:
        """Nothing to end: its thread waits for the peer at most, whose stream has ended."""


class _Worker:
    def __init__(self, trust: Trust) -> None:
        self._pipe, theirs = _processes.Pipe()
        self._process: Final = _processes.Process(target=work, args=(theirs, trust), daemon=True)
        # A worker that has not come to ignore them yet must not be ended by them either: it inherits that they wait.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()  # or its end would not be seen here

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def run(self, task: Task, now_ms: int) -> Answer:
        """Raise EOFError, OSError: the process has died."""
        self._pipe.send_bytes(_encode(_Job(now_ms, task.envelope)))
        while True:
            asked = _from_worker.decode(self._pipe.recv_bytes())
            if isinstance(asked, _Done):
                return asked.answer
            reply: _Found | _NotFound
            try:
                reply = _Found(task.reader.get_many(asked.keys))
            except StateFault as fault:
                reply = _NotFound(str(fault))
            self._pipe.send_bytes(_encode(reply))

    def stop(self) -> None:
        """Its thread must not be using it any more. The closed pipe ends the process."""
        self._pipe.close()
        self._process.join(STOP_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def kill(self) -> None:
        """Its thread, which waits for it, sees the end of the pipe."""
        self._process.kill()


class _Parent:
    """A Reader that asks the parent."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe: Final = pipe

    def get_many(self, keys: Sequence[str]) -> Values:
        self._pipe.send_bytes(_encode(_Read(keys)))
        reply = _from_parent.decode(self._pipe.recv_bytes())
        if isinstance(reply, _Found):
            return reply.values
        assert isinstance(reply, _NotFound)
        raise StateFault(reply.problem)


def work(pipe: Connection, trust: Trust) -> None:
    """The whole life of a worker: it ends when its parent is gone or has closed the pipe, and on no other sign.

    A signal to the whole group must not take it from under a transaction that the parent still wants to finish.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    contract_version()  # of the code that was just loaded, not of what lies there when it is first asked for
    reader = _Parent(pipe)
    try:
        while True:
            job = _from_parent.decode(pipe.recv_bytes())
            assert isinstance(job, _Job)
            pipe.send_bytes(_encode(_Done(decide(reader, trust, job.now_ms, job.envelope))))
    except (EOFError, OSError):
        return
