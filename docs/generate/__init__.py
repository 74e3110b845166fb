"""Write the parts of the documentation that have a source: results, commands, imports, pictures."""
