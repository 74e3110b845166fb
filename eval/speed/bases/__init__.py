"""Serve and train each framework in the ways that a figure can be based on: as shipped, as documented, or tuned."""
