"""How far long work has come, for whoever shows it."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called after each step, with the steps that are done and all there are."""
