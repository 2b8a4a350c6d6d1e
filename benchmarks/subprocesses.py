"""Fresh processes that see the same packages as this one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

__all__ = ["run_python"]


def run_python(*arguments: str, settings: Mapping[str, str] = MappingProxyType({})) -> str:
    """The output of a fresh Python, given environment variables; a failure raises with its last line."""
    root = Path(__file__).resolve().parent.parent
    search_path = [str(root), *(entry for entry in sys.path if entry)]
    finished = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        # an installed package has its bytecode, so imports are measured with it
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **settings, "PYTHONPATH": os.pathsep.join(search_path)},
    )
    if finished.returncode:
        complaint = finished.stderr.strip().splitlines() or [f"exit status {finished.returncode}"]
        raise RuntimeError(complaint[-1])
    return finished.stdout
