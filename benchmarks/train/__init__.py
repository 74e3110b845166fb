"""Compare training with the stock training loops."""
