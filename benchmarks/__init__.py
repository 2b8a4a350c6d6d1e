"""Wengert beside its peers: the same NumPy program, the same answer, one run, one machine.

``python -m benchmarks --help`` says how to run it. The rooms:

    case.py          what a case is: inputs, the plain NumPy function, what is asked, the exact derivative
    cases/           the cases, one file per family
    contestant.py    what a contestant is
    contestants/     the contestants, one file each
    checking.py      an answer is checked before it is timed
    limit.py         how long an answer may take
    measure.py       interleaved rounds, medians, first calls
    first_calls.py   first calls in fresh processes, with and without code on disk
    ceiling.py       what the machine can do at most: bytes and operations a second
    memory.py        peak memory of a gradient, in a fresh process
    startup.py       time of ``import wengert`` beside ``import numpy``
    exam.py          everything about the formulas of the exam
    results.py       what a run hands on, and its JSON form
    report.py        tables for people
    bars.py          what the project promises, and whether this run kept it
    jit_report.py    tables of compiled derivatives
    jit_bars.py      what is promised of them
"""
