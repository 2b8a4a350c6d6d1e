"""Programs as people write them, by field: plain NumPy, without a thought for differentiation."""
