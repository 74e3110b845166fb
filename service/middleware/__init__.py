"""Holds the ASGI middleware around page and API, which applies the guard's rules to each request."""
