"""Import modules in a process that `eval.portability` has shut the frameworks out of."""

import importlib
import sys

from eval.portability.exporter import _Forbidden


class Imports:
    def forbidden(self, name: str) -> str:
        """Return why a module can't be imported; empty if it can."""
        sys.meta_path.insert(0, _Forbidden())
        try:
            importlib.import_module(name)
        except ImportError as error:
            return str(error)
        return ""
