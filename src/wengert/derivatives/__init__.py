"""Derivatives in matrix form: dense Jacobians and Hessians from one recording."""
