"""Hold what every folder needs: errors, files, tokenization, HTML pages, limits and options."""
