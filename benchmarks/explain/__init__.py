"""Compare explanations with those of stock LIME."""
