"""`inlet simulate`: realistic signed traffic to a running server, and what became of it."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import starmap
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.clock import monotonic, utc_now
from app.ids import new_seed
from app.listing import show_facts, show_json
from app.operator_session import (
    DEFAULT_CUSTOMER,
    CustomerOption,
    JsonOption,
    OperatorSession,
    get_channel,
    operator_session,
    run,
)
from app.provider_side import compose_delivery
from app.simulation.schedule import Planned, schedule
from app.simulation.sender import Pace, Tally, send_all
from app.simulation.summary import Summary, summarise
from app.simulation.traffic import traffic
