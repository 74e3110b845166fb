"""Write explanations as HTML pages."""
