"""How Sphinx builds these pages: `sphinx-build -W docs docs/_build/html`, from the root of the repository."""

import importlib.util
import os
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
# plots of times on the pages: threads of BLAS that wait for a busy core would be most of what they show
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "docs")]  # the pages describe this checkout, whatever is installed

project = "Wengert"
author = "The Wengert developers"
copyright = author
release = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
version = release

extensions = ["myst_parser", "pictures", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]

# Formulas are typeset by MathJax: the copy that this package carries, so that the pages can be read offline,
# or where it is not installed the one on the network.
OFFLINE = "sphinx-mathjax-offline"
if importlib.util.find_spec(OFFLINE):
    extensions.append(OFFLINE)

myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

# in docstrings, single backquotes mark code, as everywhere else
default_role = "code"

autodoc_default_options = {"members": True, "member-order": "bysource"}

# what a function returns is told in sentences, not in types
napoleon_custom_sections = ["Returns"]
HEADINGS = {">>> ": "Examples", "Source: ": "References"}


def mark_sections(app, what, name, obj, options, lines):
    """Give source and examples headings, or they would count as part of the section before them."""
    previous = ""
    marked = []
    for line in lines:
        heading = next((heading for start, heading in HEADINGS.items() if line.startswith(start)), None)
        if heading and not previous.strip() and heading not in marked:
            marked += [heading, "-" * len(heading), ""]
        marked.append(line)
        previous = line
    lines[:] = marked


def setup(app):
    # napoleon listens to the same event with the priority 500, and must come after
    app.connect("autodoc-process-docstring", mark_sections, priority=400)


html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["tables.css", "landing.css"]
html_title = f"Wengert {release}"
