"""Programs to try the library on: plain NumPy, with the data they need beside them."""
