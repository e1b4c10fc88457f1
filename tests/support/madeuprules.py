"""A version of the pay rules that nobody has released: a copy of the first one with a change, beside it.

with another_version(): ...      # each unit of PerUnit is paid one fen more
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Final

import pytest
from msgspec import Meta
from msgspec.structs import replace

from lxr.chaincode import pricing_1
from lxr.chaincode.parameter_definitions import DEFINITIONS
from lxr.chaincode.pay_rule_versions import RULES

ONE_FEN_MORE = (
    ("[quantity * rule.rate_fen for quantity in own]", "[quantity * (rule.rate_fen + 1) for quantity in own]"),
    ("more.get(rule.measure, 0) * rule.rate_fen\n", "more.get(rule.measure, 0) * (rule.rate_fen + 1)\n"),
)
"""What stands in the first version once, and what takes its place."""


MADE_UP: Final = len(RULES) + 1
"""Its number: the one after the newest."""


@contextmanager
def another_version() -> Iterator[None]:
    """While it is open, the contract has one more version of the pay rules, as a release would bring it."""
    text = Path(pricing_1.__file__).read_text()
    for there, instead in ONE_FEN_MORE:
        assert 1 == text.count(there), there
        text = text.replace(there, instead)
    copied: Any = ModuleType("lxr.chaincode.pricing_made_up")
    copied.__package__ = "lxr.chaincode"
    exec(compile(text, "pricing_made_up.py", "exec"), copied.__dict__)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(RULES, MADE_UP, copied)
        patch.setitem(DEFINITIONS, "pay", replace(DEFINITIONS["pay"], value=Annotated[int, Meta(ge=1, le=MADE_UP)]))
        yield
