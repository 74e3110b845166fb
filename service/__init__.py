"""Serves page and API: each room holds one part, and `problem` is the error format that all of them share."""
