"""transformers on PyTorch, imported after the settings that they read at import.

They stay overridable from the environment.
"""

import os

# Idle OpenMP threads would spin: on a machine that does anything else besides, each step takes several times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
import transformers

__all__ = ["torch", "transformers"]
