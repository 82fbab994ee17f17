"""The pages of documentation, and what stands in them: fenced blocks, links, headings."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


@dataclass(frozen=True)
class Section:
    """A page, or of a page in two languages one of them: what a reader works through from top to bottom."""

    page: Path
    text: str

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{'en' if self.text.startswith('## English') else 'zh'}"

    def blocks(self, language: str) -> list[str]:
        """The fenced blocks in a language, without the indentation of the list they stand in."""
        return [
            re.sub(rf"^{indent}", "", body, flags=re.MULTILINE)
            for indent, found, body in _FENCE.findall(self.text)
            if found == language
        ]


def sections() -> list[Section]:
    """Every page, those in two languages cut where the English begins."""
    found = []
    for page in PAGES:
        chinese, heading, english = page.read_text(encoding="utf-8").partition("\n## English\n")
        found.append(Section(page, chinese))
        if heading:
            found.append(Section(page, f"## English\n{english}"))
    return found


def links(page: Path) -> list[str]:
    """Where the page's links and pictures lead, code left out."""
    return _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))


def anchors(page: Path) -> set[str]:
    """The page's headings as forges make anchors of them: lower case, punctuation dropped, blanks as hyphens."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(text)]
    return set(plain)
