"""Opening of the databases that SQLAlchemy keeps."""

import logging

from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlmodel import create_engine

# Stopped while a connection is closed, it would tell of that by a traceback on the terminal.
logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())


def engine_of(url: str) -> Engine:
    """Return the engine of a database, which quotes no values where it reports an error. Raises as SQLAlchemy does."""
    return create_engine(make_url(url), hide_parameters=True)
