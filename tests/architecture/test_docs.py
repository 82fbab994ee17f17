"""What the documents say is so: links lead somewhere; settings, commands, routes and doors are the program's own."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import click
import pytest
import sqlalchemy as sa
from babel.messages.pofile import read_po
from click.testing import CliRunner
from flask import Flask

from shared_base.app import COMMANDS, cli
from shared_base.demo.accounts import ACCOUNTS, PASSWORD
from tests.architecture.documents import PAGES, ROOT, Section, anchors, links, sections

DOCS = ROOT / "docs"
DECISIONS = DOCS / "decisions"
CATALOGUE = ROOT / "translations" / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"
GOLDEN = ROOT / "tests" / "data" / "golden"
#: variables of the tests, which no setting reads
OF_TESTS = {"SHARED_BASE_WRITE_GOLDEN", "TEST_SUPERUSER_URL"}
SETTING = re.compile(r"SHARED_BASE_[A-Z_]+|DATABASE_(?:OWNER_)?URL|SMTP_URL|MAIL_FROM|PORT")
REVIEWER = [section for section in sections() if section.page == DOCS / "reviewer.md"]
both_languages = pytest.mark.parametrize("section", REVIEWER, ids=[section.name for section in REVIEWER])


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_every_link_leads_to_a_file_and_a_heading_of_it(page: Path) -> None:
    for link in links(page):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} leads nowhere"
        assert not anchor or anchor in anchors(target), f"{link}: there is no such heading"


def test_every_page_is_in_the_index_and_every_decision_in_its_own() -> None:
    index = {(DOCS / link).resolve() for link in links(DOCS / "README.md")}
    assert {page for page in PAGES if page.parent == DOCS} - index == {DOCS / "README.md"}
    records = {record.name for record in DECISIONS.glob("[0-9]*.md")}
    assert set(re.findall(r"\[\d{4}\]\((.+?)\)", text_of(DECISIONS / "README.md"))) == records


def test_every_decision_that_the_code_names_is_on_record() -> None:
    records = {record.name[:4] for record in DECISIONS.glob("[0-9]*.md")}
    for folder in ("shared_base", "config", "tests", "templates", "static/src", "bench"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".html", ".js", ".css", ".typ", ".sql"):
                named = set(re.findall(r"decisions?/(\d{4})", path.read_text(encoding="utf-8")))
                assert named <= records, f"{path.relative_to(ROOT)} names a decision that is not on record"


def test_documented_settings_are_those_that_are_read() -> None:
    tree = ast.parse(text_of(ROOT / "config" / "settings.py"))
    read = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SETTING.fullmatch(node.value)
    }
    page = text_of(DOCS / "deployment.md")
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE)) == read
    for other in PAGES:
        assert set(SETTING.findall(text_of(other))) <= read | OF_TESTS, other.name


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_readme_lists_the_sign_ins_of_the_demo(page: str) -> None:
    text = text_of(ROOT / page)
    assert f"`{PASSWORD}`" in text
    assert set(re.findall(r"`([\w.]+@demo\.example)`", text)) == {account.email for account in ACCOUNTS}


def leaves(command: click.Command, words: tuple[str, ...]) -> list[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        return [words]
    context = click.Context(command)
    found = []
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        assert child is not None
        found += leaves(child, (*words, name))
    return found


COMMAND_LINES = leaves(cli, ())


@pytest.mark.parametrize("words", COMMAND_LINES, ids=[" ".join(words) for words in COMMAND_LINES])
def test_every_command_is_documented_with_its_options_and_answers_to_help(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    settings = {"SHARED_BASE_DATA_DIR": str(tmp_path)}
    helped = CliRunner().invoke(cli, [*words, "--help"], env=settings)
    assert helped.exit_code == 0, helped.output
    lines = [line for line in text_of(DOCS / "README.md").splitlines() if f"`shared-base {' '.join(words)}" in line]
    assert lines, f"docs/README.md does not list {' '.join(words)}"
    documented = {option for line in lines for option in re.findall(r"--[a-z-]+", line)}
    options = set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", helped.output, re.MULTILINE))
    assert documented | {"--help", "--json"} == options | {"--help", "--json"}


def test_what_the_changelog_calls_missing_is_missing() -> None:
    _, _, rest = text_of(ROOT / "CHANGELOG.md").partition("## Not there yet\n")
    not_yet = set(re.findall(r"`([a-z]+)`", rest.partition("\n## ")[0]))
    assert not_yet
    assert not not_yet & set(COMMANDS)


def test_every_route_that_the_api_page_names_exists(app: Flask) -> None:
    rules = {
        (method, re.sub(r"<[^>]+>", "{id}", rule.rule).removeprefix("/api/v1"))
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    }
    page = text_of(DOCS / "api.md")
    named = set(re.findall(r"`(GET|POST) (/[\w/{}-]+)", page))
    assert len(named) > 4
    assert named - rules == set()


def test_every_door_through_row_level_security_is_on_record(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        doors = set(
            connection.scalars(
                sa.text("select proname from pg_proc where prosecdef and pronamespace = 'public'::regnamespace")
            )
        )
    record = text_of(DECISIONS / "0012-row-level-security.md")
    assert doors - {"actor_of"} == set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\|.*?\|", record, re.MULTILINE))))


@pytest.fixture(scope="module")
def words() -> dict[str, str]:
    """The product's texts, English to Chinese; of plurals the form with the number."""
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="zh_Hans_CN")
    return {
        str(message.id if isinstance(message.id, str) else message.id[-1]): str(
            message.string if isinstance(message.string, str) else message.string[0]
        )
        for message in catalogue
        if message.id
    }


@pytest.mark.parametrize("page", ["operator.md", "tenant.md"])
def test_what_the_pages_of_the_roles_quote_is_what_the_product_says(page: str, words: dict[str, str]) -> None:
    chinese, _, english = text_of(DOCS / page).partition("\n## English\n")
    assert set(re.findall("“([^”]+)”", chinese)) <= set(words.values())
    assert set(re.findall("“([^”]+)”", english)) <= set(words)


@pytest.mark.parametrize("page", ["operator.md", "tenant.md"])
def test_refusals_that_a_page_explains_are_those_of_the_product_in_both_languages(
    page: str, words: dict[str, str]
) -> None:
    chinese, english = (
        [
            title
            for line in text.splitlines()
            if line.startswith("| ")
            for title in line.split(" | ")[0][2:].split(" / ")
        ]
        for text in text_of(DOCS / page).split("\n## English\n")
    )
    assert len(chinese) == len(english) > 5
    for said, meant in list(zip(chinese, english, strict=True))[1:]:  # the first row is the table's head
        known = [text for title, text in words.items() if title.startswith(meant)]
        assert any(said in text for text in known), f"{said} · {meant}"


def saved(folder: Path, name: str, document: dict[str, object]) -> Path:
    file = folder / name
    file.write_text(json.dumps(document, ensure_ascii=False, indent=2), encoding="utf-8")
    return file


def run_python(code: str, file: Path) -> subprocess.CompletedProcess[str]:
    """As a reviewer would: nothing but Python itself."""
    return subprocess.run(
        [sys.executable, "-I", "-c", code, file], capture_output=True, text=True, encoding="utf-8", check=False
    )


@both_languages
def test_reviewers_check_a_digest_with_the_lines_on_their_page(section: Section, tmp_path: Path) -> None:
    check = next(block for block in section.blocks("python") if "digest" in block)
    assert len(check.splitlines()) <= 10
    report = json.loads(text_of(GOLDEN / "report-hrb-2026-08.json"))
    claim = json.loads(text_of(GOLDEN / "claim-guangming.json"))["claim"]
    for document in (report, claim):
        assert run_python(check, saved(tmp_path, "intact.json", document)).returncode == 0
    later = saved(tmp_path, "later.json", report | {"closed_at": "2026-12-01T02:00:00+08:00"})
    assert run_python(check, later).returncode == 0
    for altered in (report | {"month": "2026-09"}, claim | {"computed_fen": claim["computed_fen"] + 1}):
        found = run_python(check, saved(tmp_path, "altered.json", altered))
        assert found.returncode == 1
        assert "ALTERED" in found.stdout


@both_languages
def test_reviewers_add_a_report_up_with_the_lines_on_their_page(section: Section, tmp_path: Path) -> None:
    add_up = next(block for block in section.blocks("python") if "by_local_day" in block)
    report = json.loads(text_of(GOLDEN / "report-hrb-2026-08.json"))
    assert run_python(add_up, saved(tmp_path, "report.json", report)).stdout == "adds up\n"
    report["by_local_day"]["2026-08-01"]["used_seconds"] += 1
    assert run_python(add_up, saved(tmp_path, "report.json", report)).returncode == 1


@both_languages
def test_figures_that_the_reviewers_page_computes_by_hand_are_those_of_the_workbook(section: Section) -> None:
    expected = json.loads(text_of(ROOT / "tests" / "data" / "two-bases-expected.json"))
    report = next(r for r in expected["reports"] if (r["base"], r["month"]) == ("HRB", "2026-08"))
    studios = {studio["code"]: studio for studio in report["studios"]}
    claim = next(
        claim
        for claim in expected["claims"]
        if (claim["tenant"], claim["policy"], claim["period"])
        == ("9144030523YC1N11LP", "longgang-software-2023", "2025")
    )
    for figure in (
        f"**{studios['S03']['open_seconds']:,}**",
        f"**{studios['S01']['open_seconds']:,}**",
        "{used_seconds:,} ÷ {open_seconds:,} = **{utilisation}**".format_map(studios["S03"]),
        f"**{report['totals']['area_occupancy']}**",
        f"{claim['computed_fen']:,}",
        f"{claim['computed_fen'] / 100:,.2f}",
    ):
        assert figure in section.text, figure
