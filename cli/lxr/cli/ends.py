"""How a command can end: its exit codes, and what it raises besides the refusals and faults of the layers below."""

DONE, REFUSED, USAGE, NOT_KNOWN_YET = range(4)


class UsageFault(Exception):
    """The command was not put right, in one line: exit code 2."""


class NotDone(Exception):
    """The answer is no, and was shown; this says it in one line: exit code 1."""


class NotKnownYet(Exception):
    """What was asked for is not on the ledger, or not yet: exit code 3."""
