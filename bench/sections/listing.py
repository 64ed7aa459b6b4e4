"""How long the conversation list and a thread take, among few conversations and among many.

Both databases answer in turn, in short blocks, so that whatever else the machine does hits both
alike. Each call is measured through the API over one connection, and at the store alone.
"""

from array import array
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import perf_counter

from bench.databases import execute, fresh_database, run
from bench.figures import Figure, Latency, Target, figure, latency_of
from bench.http_client import Client, body_of
from bench.listing_cases import Case, Place, draw_cases
from bench.plan import Plan
from bench.processes import HOST, web_server
from bench.store_calls import Store, open_store
from store.database import connect

SECTION = "list"

_SEED_FILE = Path(__file__).parent.parent / "seed.sql"
_BLOCK = 50
_WARM_UP = 200
_TIMES_FEW = Target(most=1.5)
_MANY_P99_MS = Target(most=10.0)
