"""Compare the time and the results of the evaluation with those of stock tools."""
