"""Holds the rules of access, without the server: who may use what, which paths are open, and which input is refused."""
