"""The command `wengert`."""

from wengert.cli.command import main

__all__ = ["main"]
