"""Commands that the docs show."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]

_BLOCK = re.compile(r"^( *)```sh\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Shown:
    """One command of a block.

    Attributes:
        page: Where it is shown.
        text: The command, on one line and without a comment.
    """

    page: str
    text: str

    @property
    def words(self) -> list[str]:
        """Its words; variables are not filled in."""
        return shlex.split(self.text)

    @property
    def program(self) -> str:
        """The program that it starts."""
        return Path(self.words[0]).name

    def __str__(self) -> str:
        return f"{self.page}: {self.text}"


def commands_of(page: Path) -> list[Shown]:
    """The commands of all blocks of a page, in their order."""
    found = []
    for indent, block in _BLOCK.findall(page.read_text(encoding="utf-8")):
        text = re.sub(rf"^{indent}", "", block, flags=re.MULTILINE)
        lines = text.replace("\\\n", " ").splitlines()
        texts = (re.sub(r"\s+#.*$", "", line).strip() for line in lines if not line.startswith("#"))
        found += [Shown(page.name, re.sub(r"\s+", " ", text)) for text in texts if text]
    return found


def all_commands() -> list[Shown]:
    """The commands of all pages."""
    return [command for page in PAGES for command in commands_of(page)]
