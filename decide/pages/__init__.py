"""Write a decision as an HTML page."""
