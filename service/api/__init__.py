"""Holds the REST API: routes, request and response formats, and its documentation."""
