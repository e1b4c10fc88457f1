"""lxr regulator: parameters, audit, countersigning."""

import typer

from lxr_cli.commands.governance import add_audit, add_countersign, params_app
from lxr_cli.language import text

app = typer.Typer(no_args_is_help=True, help=text("The regulator: audit and approve", "监管方：审计与批准"))
app.add_typer(params_app("regulator"), name="params")
add_audit(app, "regulator")
add_countersign(app, "regulator")
