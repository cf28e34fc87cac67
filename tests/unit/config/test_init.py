from __future__ import annotations

import subprocess
import sys

import cajajejo.config


def test_names_are_sorted_and_there():
    assert list(cajajejo.config.__all__) == sorted(cajajejo.config.__all__)
    assert all(hasattr(cajajejo.config, name) for name in cajajejo.config.__all__)


def test_import_is_light():
    heavy = ("helm", "mlflow", "torch", "transformers", "kubernetes", "google.cloud", "pyhocon", "pyparsing", "jinja2")
    code = f"import cajajejo.config, sys; print([name for name in {heavy!r} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
