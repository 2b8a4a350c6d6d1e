"""Which function of NumPy is differentiated how far: tried out, not claimed."""
