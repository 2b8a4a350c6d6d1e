"""Tracing: how a running NumPy program becomes a recording."""

from wengert.tracing.graph_recording import GraphRecording, evaluate, record_graph
from wengert.tracing.names import FUNCTIONS, UFUNCS, implements
from wengert.tracing.recording import (
    Recording,
    active_recordings,
    as_operand,
    beneath,
    holds_traced,
    outermost,
    primal,
    type_of,
)
from wengert.tracing.tracer import Tracer, binary, method, unary

__all__ = [
    "FUNCTIONS",
    "UFUNCS",
    "GraphRecording",
    "Recording",
    "Tracer",
    "active_recordings",
    "as_operand",
    "beneath",
    "binary",
    "evaluate",
    "holds_traced",
    "implements",
    "method",
    "outermost",
    "primal",
    "record_graph",
    "type_of",
    "unary",
]
