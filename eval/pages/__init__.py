"""Write evaluation reports as HTML, CSV and plots."""
