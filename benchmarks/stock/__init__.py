"""Run the stock calls that the benchmarks compare with."""
