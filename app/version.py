"""The version of Inlet that runs."""

from importlib.metadata import version

VERSION = version("inlet")
