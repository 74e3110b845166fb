"""The page: one module per tab, which formats results for a visitor, limits inputs and computes nothing itself."""
