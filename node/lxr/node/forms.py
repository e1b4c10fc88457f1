"""The forms of numbers, which the contract's types say, as patterns for texts in which numbers stand."""

from typing import Any, Final, get_args

from lxr.chaincode.types import EmployerNo, RunNo, WorkerNo


def form_of(kind: Any) -> str:
    """Return the pattern of a type of the contract's without its ends: E[0-9]{3,6} of `EmployerNo`."""
    _, meta = get_args(kind)
    return str(meta.pattern).removeprefix("^").removesuffix(r"\Z")


EMPLOYER: Final = form_of(EmployerNo)
WORKER: Final = form_of(WorkerNo)
RUN: Final = form_of(RunNo)
