"""Reading of texts, paths and words with a parser of their own without pydantic, which typer loads for any of them.

Loading it takes as long as a third of a short command. What typer does is the same; where typer comes to keep its
readers elsewhere, nothing but this saving is lost, and tests/cli/test_startup.py says so.
"""

import os
from pathlib import Path
from typing import Any, TypeVar

from typer.core import TyperArgument, TyperOption

P = TypeVar("P")


class _Sparing:
    """Stands in the place of typer's reader of one parameter."""

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Read what was given for the parameter."""
        several = param.multiple or param.nargs == -1
        if value is None:
            return () if several else None
        kind = param.type_descriptor
        if kind.parameter_info.parser is not None:
            read = kind.parameter_info.parser
            return [read(each) for each in value] if several else read(value)
        if kind.annotation is str:
            return value
        if kind.annotation is Path and (os.access(value, os.R_OK) or not os.path.exists(value)):
            return Path(value)
        param._runtime_param = None  # anything else is typer's own
        return param.get_runtime_param().coerce(value, param=param, ctx=ctx)


def sparing(parameters: list[P]) -> list[P]:
    """Return the parameters of a command, which are read so from here on."""
    for each in parameters:
        if isinstance(each, TyperArgument | TyperOption) and each._runtime_param is None:
            each._runtime_param = _Sparing()  # type: ignore[assignment]
    return parameters
