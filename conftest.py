"""The examples of the documentation are tests.

docs/explanation/executed-examples.md states the convention.
"""

from doctest import ELLIPSIS, NORMALIZE_WHITESPACE

import hypothesis
import pytest
from sybil import Sybil
from sybil.parsers.doctest import DocTestParser
from sybil.parsers.markdown import PythonCodeBlockParser
from sybil.sybil import SybilCollection
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# Derandomised, a red run is red for everybody; without a deadline, a busy machine fails nothing.
hypothesis.settings.register_profile("wengert", deadline=None, derandomize=True)
hypothesis.settings.load_profile("wengert")

DOCTEST_OPTIONS = ELLIPSIS | NORMALIZE_WHITESPACE

page_parser = PythonCodeBlockParser(doctest_optionflags=DOCTEST_OPTIONS)
readme = Sybil(parsers=[page_parser], patterns=["README.md"])
pages = Sybil(parsers=[page_parser], path="docs", patterns=["*.md"])
docstrings = Sybil(parsers=[DocTestParser(DOCTEST_OPTIONS)], path="src/wengert", patterns=["*.py"])
pytest_collect_file = SybilCollection((readme, pages, docstrings)).pytest()


class PagesStayTogether(LoadScopeScheduling):
    """Keep the examples of one page in one process: each may use what the ones before it defined.

    The mark ``xdist_group`` would say the same, but has no effect in pytest 9.2 with xdist 3.8.
    """

    def _split_scope(self, nodeid: str) -> str:
        path, _, name = nodeid.partition("::")
        return path if name.startswith("line:") else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> PagesStayTogether:
    return PagesStayTogether(config, log)
