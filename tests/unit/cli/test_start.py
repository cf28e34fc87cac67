import subprocess
import sys

from cajajejo.cli.start import _INTERRUPTED
from cajajejo.errors import ExitCode

PRESSED = """
import sys
from cajajejo.cli.start import main

class Finder:
    def find_spec(self, name, path, target=None):
        if name == "typer":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Finder())
main()
"""


def test_ctrl_c_while_modules_are_read_is_no_traceback() -> None:
    done = subprocess.run([sys.executable, "-c", PRESSED], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (ExitCode.INTERRUPTED, "", "")


def test_the_code_is_the_one_of_the_others() -> None:
    assert ExitCode.INTERRUPTED == _INTERRUPTED
