"""What the tests of the compiler share with one another, with the corpus and with the fuzzer."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(folder) for folder in (HERE, HERE.parent, HERE.parent / "fuzz") if str(folder) not in sys.path]


def pytest_collection_modifyitems(config, items):
    """Leave out what is marked `long`, unless `-m` speaks of it; any other `-m` keeps its meaning."""
    if "long" in config.option.markexpr:
        return
    left_out = [item for item in items if item.get_closest_marker("long")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("long")]
