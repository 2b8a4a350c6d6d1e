"""Random programs, in which every way to a derivative must give the same numbers.

Three thousand programs by default, fifty thousand under the mark `long`; `WENGERT_FUZZ_SEED` makes them other ones. A
program that fails is printed as Python source; put it into `seeds/` when the cause is mended.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import hypothesis
import hypothesis.strategies as st
import pytest
from agreement import check
from random_programs import program_from, program_of_source
from registry_programs import chain_from, primitives

import wengert as wg

# added to the seeds of all searches
SEED = int(os.environ.get("WENGERT_FUZZ_SEED", "0")) * 1_000_000
BLOCK = 100
SEEDS = sorted((Path(__file__).parent / "seeds").glob("*.py"))
# what a random program may be refused for is what has no rule: most of them must run
MOST_REFUSED = 0.1
CHOICES = st.binary(min_size=8, max_size=48)


def blocks(by_default, long):
    """The numbers of the blocks of one kind of programs; those from the first of two numbers on are long."""
    return [*range(by_default), *[pytest.param(n, marks=pytest.mark.long) for n in range(by_default, long)]]


def search(examine, block):
    """Let hypothesis search through a block of programs, the same in every run, and shrink what fails."""
    bounds = hypothesis.settings(
        max_examples=BLOCK,
        database=None,
        deadline=None,
        derandomize=False,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
    )
    hypothesis.seed(SEED + block)(bounds(hypothesis.given(CHOICES)(examine)))()


@pytest.mark.parametrize("block", blocks(22, 380))
def test_random_programs(block):
    refused = []

    def examine(data):
        program = program_from(data)
        hypothesis.note(str(program))
        refused.append(not check(program.function(), program.values(), program.narrow, differences=not program.narrow))

    search(examine, block)
    assert sum(refused) <= MOST_REFUSED * len(refused)


@pytest.mark.parametrize("block", blocks(7, 100))
def test_random_programs_at_zeros_and_ties(block):
    """At kinks and poles the modes still agree wherever all of them are finite, and dtypes are kept."""

    def examine(data):
        program = program_from(data, special=True)
        hypothesis.note(str(program))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            check(program.function(), program.values(), program.narrow, special=True)

    search(examine, 10_000 + block)


@pytest.mark.parametrize("block", blocks(1, 20))
def test_random_chains_of_primitives(block):
    def examine(data):
        chain, make = chain_from(data)
        hypothesis.note(str(chain))
        assert check(chain, make(), chain.narrow, differences=not chain.narrow)

    search(examine, 20_000 + block)


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem)
def test_programs_that_once_failed(path):
    program = program_of_source(path.read_text(encoding="utf-8"))
    special = "special" in path.stem
    assert check(program.function(), program.values(), program.narrow, special, differences=not program.narrow)


def test_almost_every_primitive_takes_part():
    taking_part = {case.primitive.name for case in primitives()}
    # those of wengert.scipy have laws of their own, and may be loaded by another test
    own = [p for p in wg.graph.REGISTRY.values() if p.differentiable and "scipy" not in _home(p)]
    assert len(taking_part & {primitive.name for primitive in own}) >= 0.9 * len(own)


def _home(primitive):
    rule = primitive.differential_rule or next(iter(primitive.transposes.values()))
    return str(rule.__module__)


@pytest.mark.parametrize("data", [b"", b"\x01\x02\x03" * 9, bytes(range(40)), bytes(range(200, 240))])
def test_a_program_is_its_source(data):
    """What is printed for a failing program is that program, and can be read back as a seed."""
    program = program_from(data)
    again = program_of_source(str(program))
    assert str(again) == str(program)
    assert program_from(data) == program
    check(again.function(), again.values(), again.narrow)
