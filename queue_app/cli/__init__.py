"""The command `queue-app`: what an operator does from a terminal."""

from queue_app.cli.commands import main

__all__ = ["main"]
