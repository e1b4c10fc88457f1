"""Standings of employers and workers: active, suspended, ended."""

from datetime import date

from lxr_chaincode.registry import Since, Standing


def standing_request(number: str, history: tuple[Since, ...], standing: Standing, day: date) -> str:
    """The request id of a change: the same for the same command again, another once something else came between."""
    said = history[-1:] == (Since(standing, day),)
    return f"standing:{number}:{len(history) - said}:{standing}:{day}"
