"""The programs import one another as a package, so its folder goes on the path, behind everything installed."""

import sys
from pathlib import Path

FOLDER = str(Path(__file__).parents[1])
if FOLDER not in sys.path:
    sys.path.append(FOLDER)
