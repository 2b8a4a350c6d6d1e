"""Where a run was made."""

from __future__ import annotations

import datetime
import importlib
import importlib.util
import os
import platform
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from benchmarks.contestant import Contestant

__all__ = ["core_count", "describe"]


def core_count() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def describe(contestants: Iterable[Contestant]) -> dict[str, str]:
    """Machine, versions and threads, in the words of a report."""
    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": _cpu_model(),
        "cores": str(core_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "threads": _threads(),
        **{contestant.package: contestant.version() for contestant in contestants},
    }


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or "unknown"


def _threads() -> str:
    """The thread pools that are loaded, each with its size."""
    if importlib.util.find_spec("threadpoolctl") is None:
        return "unknown (threadpoolctl is not installed)"
    pools = importlib.import_module("threadpoolctl").threadpool_info()
    names = [f"{pool['internal_api']} {pool['version'] or ''}".strip() for pool in pools]
    return ", ".join(f"{name}: {pool['num_threads']}" for name, pool in zip(names, pools, strict=True)) or "none"
