"""Options that only `inlet up` gives to its children."""

from typing import Annotated

import typer

StopWithParentOption = Annotated[bool, typer.Option("--stop-with-parent", hidden=True)]
ReadyFdOption = Annotated[int | None, typer.Option("--ready-fd", hidden=True)]
