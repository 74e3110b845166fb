"""The tab Evaluate: its events, its components, its texts and tables, and a visitor's own files."""
