"""Measure latency, throughput, training, memory and disk."""
