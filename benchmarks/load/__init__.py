"""Load the server with visitors, faults and hostile input."""
