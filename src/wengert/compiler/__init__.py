"""From a recorded graph to machine code: guards, optimiser, fused loops, LLVM, and the call from Python."""
