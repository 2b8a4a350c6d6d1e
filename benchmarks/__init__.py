"""Wengert beside its peers: the same NumPy program, the same answer, one run, one machine.

``python -m benchmarks --help`` says how to run it. The rooms:

    case.py          what a case is: inputs, the plain NumPy function, what is asked, the exact derivative
    cases/           the cases, one file per family
    contestant.py    what a contestant is
    contestants/     the contestants, one file each
    checking.py      an answer is checked before it is timed
    limit.py         how long an answer may take
    measure.py       interleaved rounds, medians, first calls
    memory.py        peak memory of a gradient, in a fresh process
    startup.py       time of ``import wengert`` beside ``import numpy``
    exam.py          everything about the formulas of the exam
    results.py       what a run hands on, and its JSON form
    report.py        tables for people
    bars.py          what the project promises, and whether this run kept it
"""
