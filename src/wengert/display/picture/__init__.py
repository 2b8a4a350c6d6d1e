"""The computational graph as a picture, without any program but Python: layered, from left to right."""
