"""Wiring: settings, logging, metrics, the ASGI app, the embedded Postgres, the inlet command."""
