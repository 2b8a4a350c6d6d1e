"""Forward and reverse mode, step by step, on paper and on the screen."""
