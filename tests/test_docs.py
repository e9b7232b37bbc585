"""The pages name only what is there: commands and options, modules and files, links, make targets, extras."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest
from markdown_it import MarkdownIt

from hubtool.cli.app import app
from tests.conftest import CARDS, REPOSITORY

PAGES = sorted([REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *REPOSITORY.glob("docs/**/*.md")])
FILES_OF_USERS = frozenset({"hubtool.lock", "hubtool.toml", "hubtool.sarif"})

PARSER = MarkdownIt("commonmark").enable("table")
CONTEXT = click.Context(app)
RUN = re.compile(r"(?:^|[;&|(:] ?|\$ )(?:[A-Z_]+=\S+ +)*hubtool(?= |$)")
OPTION = re.compile(r"(?<![\w-])--?[A-Za-z][\w-]*")
MODULE = re.compile(r"(?<![\w./-])hubtool(?:\.[A-Za-z_]\w*)+")
FILE = re.compile(r"(?<![\w./-])(?:hubtool|tests|docs|schemas|benchmarks|cards/recipes)/[A-Za-z_][\w./-]*")


def named(page: Path) -> str:
    return page.relative_to(REPOSITORY).as_posix()


@cache
def code_of(page: Path) -> tuple[str, ...]:
    """The lines of the code blocks of a page, and every piece of code in its text."""
    found = []
    for token in PARSER.parse(page.read_text(encoding="utf-8")):
        if token.type in {"fence", "code_block"}:
            found += token.content.splitlines()
        for child in token.children or ():
            if child.type == "code_inline":
                found.append(child.content.replace("\n", " "))
    return tuple(found)


@cache
def commands(group: click.Group = app, before: tuple[str, ...] = ()) -> dict[tuple[str, ...], click.Command]:
    """Every command by the words that call it, `()` being hubtool itself."""
    found: dict[tuple[str, ...], click.Command] = {before: group}
    for name in group.list_commands(CONTEXT):
        command = group.get_command(CONTEXT, name)
        assert command is not None
        words = (*before, name)
        found |= commands(command, words) if isinstance(command, click.Group) else {words: command}
    return found


@cache
def options(words: tuple[str, ...]) -> frozenset[str]:
    command = commands()[words]
    named_ones = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    return frozenset(named_ones | {"--help", "-h"})


def calls(code: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """The commands that a line of code calls, with the options and arguments around their names.

    `cache ls|rm` calls two. A line that is output, such as a hint at its end, may call one, too.
    """
    for match in RUN.finditer(code):
        text = re.split(r" \| |[;#]", code[match.end() :])[0]
        words = text.split()
        at = next((place for place, word in enumerate(words) if word in app.list_commands(CONTEXT)), 0)
        if at == 0 and (not words or not words[0].isalpha()):
            yield (), text
            continue
        name, below = words[at], words[at + 1] if at + 1 < len(words) else ""
        is_group = isinstance(commands().get((name,)), click.Group)
        for words_of_it in [(name, choice) for choice in below.split("|")] if is_group and below else [(name,)]:
            yield words_of_it, text


def wrong_calls(code: str) -> list[str]:
    """What a line of code calls that does not exist."""
    wrong = []
    for words, rest in calls(code):
        shown = " ".join(("hubtool", *words))
        if words not in commands():
            wrong.append(shown)
        else:
            wrong += [f"{shown} {option}" for option in OPTION.findall(rest) if not has_option(words, option)]
    return wrong


def has_option(words: tuple[str, ...], option: str) -> bool:
    flags = [f"-{letter}" for letter in option[1:]]  # `-vv` is `-v` twice
    return option in options(words) or (not option.startswith("--") and options(words).issuperset(flags))


def exists(name: str) -> bool:
    """Whether a dotted name is a module of hubtool, or stands in one."""
    module, _, attribute = name.rpartition(".")
    path = REPOSITORY.joinpath(*name.split("."))
    if path.is_dir() or path.with_suffix(".py").is_file():
        return True
    return bool(module) and exists(module) and hasattr(importlib.import_module(module), attribute)


def anchors(page: Path) -> set[str]:
    """The headings of a page as GitHub links them."""
    tokens = PARSER.parse(page.read_text(encoding="utf-8"))
    titles = [tokens[place + 1].content for place, token in enumerate(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", title.casefold()).replace(" ", "-") for title in titles}


def links(page: Path) -> Iterator[str]:
    for token in PARSER.parse(page.read_text(encoding="utf-8")):
        for child in token.children or ():
            if child.type == "link_open":
                yield str(child.attrGet("href"))


def leads_nowhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return not target.exists() or bool(anchor and anchor not in anchors(target))


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("hubtool verify bit_digits --reproduce-eval | tail --lines 3", []),
        ("HUBTOOL_OFFLINE=1 hubtool -q --cards DIR list --json", []),
        ("hubtool cache ls|verify|wipe", ["hubtool cache wipe"]),
        ("hubtool verifi", ["hubtool verifi"]),
        ("hubtool validate [PATH]... [--select/--ignored CODES]", ["hubtool validate --ignored"]),
        ("hubtool --nonsense list", ["hubtool list --nonsense"]),
        ("hubtool list -vvx; hubtool list -vv", ["hubtool list -vvx"]),
        ("pip install hubtool --upgrade", []),
    ],
)
def test_a_command_that_is_not_there_is_noticed(code: str, wrong: list[str]) -> None:
    assert wrong_calls(code) == wrong


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_commands_with_their_options_are_there(page: Path) -> None:
    assert [wrong for code in code_of(page) for wrong in wrong_calls(code)] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_options_alone_are_those_of_a_command(page: Path) -> None:
    known = {option for words in commands() for option in options(words)}
    alone = [OPTION.match(code) for code in code_of(page) if code.startswith("-")]
    assert [match[0] for match in alone if match and match[0] not in known] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_options_after_the_name_of_a_command_are_its_own(page: Path) -> None:
    short = [code for code in code_of(page) if (code.split(" ", 1)[0],) in commands() and " -" in code]
    assert [wrong for code in short for wrong in wrong_calls(f"hubtool {code}")] == []


def test_every_command_is_named() -> None:
    told = {words for page in PAGES for code in code_of(page) for words, _ in calls(code)}
    assert {words for words, command in commands().items() if not isinstance(command, click.Group)} <= told


def test_every_option_is_named() -> None:
    code = "\n".join(line for page in PAGES for line in code_of(page))
    told = set(OPTION.findall(code))
    missing = {
        f"{' '.join(words)} {option.opts[0]}"
        for words, command in commands().items()
        for option in command.params
        if isinstance(option, click.Option) and not told.intersection(option.opts)
    }
    assert missing == set()


def test_the_readme_names_the_global_options_and_no_others_as_such() -> None:
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    sentence = re.search(r"^Every command takes (.*?)\.$", text, re.MULTILINE | re.DOTALL)
    assert sentence is not None
    told = set(OPTION.findall(sentence[1]))
    assert told <= options(())
    assert all(told & {*option.opts} for option in app.params if isinstance(option, click.Option))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_modules_and_files_are_there(page: Path) -> None:
    names = {name for code in code_of(page) for name in MODULE.findall(code)} - FILES_OF_USERS
    missing = {name for name in names if not exists(name)}
    for code in code_of(page):
        missing |= {path for path in FILE.findall(code) if not (REPOSITORY / path).exists()}
    assert missing == set()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    inside = [link for link in links(page) if not re.match(r"[a-z]+:", link)]
    assert [link for link in inside if leads_nowhere(page, link)] == []


def test_every_page_is_linked_from_the_readme_or_from_a_page_that_is() -> None:
    reached, to_read = set(), [REPOSITORY / "README.md"]
    while to_read:
        page = to_read.pop()
        if page not in reached and page in PAGES:
            reached.add(page)
            to_read += [(page.parent / link.partition("#")[0]).resolve() for link in links(page)]
    assert {named(page) for page in PAGES} == {named(page) for page in reached}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_make_targets_and_extras_are_there(page: Path) -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    project = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    targets = {f"make {target}" for target in re.findall(r"^([\w-]+):", makefile, re.MULTILINE)}
    code = "\n".join(code_of(page))
    assert set(re.findall(r"^make [\w-]+", code, re.MULTILINE)) <= targets
    extras = {extra for names in re.findall(r"(?:hubtool|\.)\[([a-z,]+)\]", code) for extra in names.split(",")}
    assert [extra for extra in extras if not re.search(rf"^{extra} = \[", project, re.MULTILINE)] == []


def test_the_card_in_the_readme_is_the_real_one() -> None:
    tokens = PARSER.parse((REPOSITORY / "README.md").read_text(encoding="utf-8"))
    shown = next(token.content for token in tokens if token.type == "fence" and token.info == "markdown")
    real = iter((CARDS / "bit_digits.md").read_text(encoding="utf-8").splitlines())
    for line in shown.splitlines():
        assert not line or line == "..." or line in real, f"{line!r} is not in the card, or not in this order"


def test_the_rooms_are_those_of_the_import_contract_in_its_order() -> None:
    project = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    layers = re.search(r"^layers = \[(.*?)^\]", project, re.MULTILINE | re.DOTALL)
    assert layers is not None
    contract = [sorted(re.findall(r"hubtool\.(\w+)", layer)) for layer in layers[1].splitlines() if "hubtool" in layer]
    text = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = text.partition("## The rooms")[2].partition("\n\nInside")[0]
    rows = [sorted(re.findall(r"`hubtool/(\w+)", row)) for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)]
    held = {room for layer in contract for room in layer}
    assert [row for row in rows if held.intersection(row)] == contract
