"""Compare prediction speed with stock pipelines and runtimes."""
