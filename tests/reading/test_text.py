from __future__ import annotations

from collections.abc import Callable

import pytest

from rareearth_nlp.documents import Document
from rareearth_nlp.reading import read_article, read_markdown, read_text
from rareearth_nlp.resources import shipped

ARTICLE = shipped("seeds", "articles", "baogang_2025_targets.txt")

WRAPPED = (
    "The plant in the north of the province was closed in the last\n"
    "week of June. Its owner said that the price of the ore it buys\n"
    "had doubled since the spring, and that no bank would lend to it\n"
    "any more."
)
TABLE = "Name       Output   Share\nBaogang    120      40\nLynas      20       7\nIluka      10       3"
WIDE_TABLE = "\n".join(
    f"{name:<30}{output:>12}{share:>12}"
    for name, output, share in (
        ("Name", "Output", "Share"),
        ("Baogang Group", "120", "40"),
        ("Lynas Rare Earths", "20", "7"),
        ("Iluka", "10", "3"),
    )
)


@pytest.fixture(scope="module")
def article() -> Document:
    return read_article(ARTICLE)


def _texts(document: Document) -> list[str]:
    return [sentence.text for sentence in document.sentences]


def test_the_seed_articles_text_is_the_file(article: Document) -> None:
    assert article.text.encode() == ARTICLE.read_bytes()
    assert article.id == str(ARTICLE)
    assert article.title == "Baogang Sounds the Alarm-and Rallies-to Hit 2025 Targets"
    assert article.language == "en"
    assert (article.date, article.outlet) == (None, None)


def test_the_seed_articles_headings_are_units(article: Document) -> None:
    assert [sentence.text for sentence in article.sentences if sentence.kind == "heading"] == [
        "Baogang Sounds the Alarm-and Rallies-to Hit 2025 Targets",
        "Highlights",
        "Key Developments and Takeaways",
        "Performance Pressure",
        "Reform Mandate",
        "Risk Management & Security",
        "Party-Led Governance",
        "Why This Matters for the West",
        "Some Key Questions",
    ]


def test_the_seed_articles_bullets_are_units(article: Document) -> None:
    assert [sentence.text for sentence in article.sentences if sentence.kind == "bullet"] == [
        "Chinese state-owned Baogang Group sets aggressive targets for rare earth production and economic performance.",
        "Company emphasizes reform, cost reduction, and tightening control over investments and operations.",
        "Strategic meeting underscores China’s continued leverage in global rare earth supply chain.",
        "Will Baogang’s restructuring curb exports further or prioritize China’s domestic magnet sector?",
        "Are Western companies prepared for a potential supply tightening in Q4 as Baogang races to hit profitability "
        "targets?",
    ]


def test_the_seed_articles_missing_blank_ends_a_sentence(article: Document) -> None:
    texts = _texts(article)
    first = next(index for index, text in enumerate(texts) if text.endswith("over major investment projects."))
    assert texts[first + 1].startswith("Rare Earth Base Push: Critically, the meeting reaffirmed")


def test_nothing_but_boilerplate_is_lost_of_the_seed_article(article: Document) -> None:
    rest, end = "", 0
    for sentence in article.sentences:
        rest += article.text[end : sentence.start]
        end = sentence.end
    rest += article.text[end:]
    assert [line.strip() for line in rest.splitlines() if line.strip()] == [
        *["•"] * 5,
        "Spread the word:",
        "CATEGORIES: , ,",
        "Leave a Reply",
        "Your email address will not be published. Required fields are marked *",
    ]


def test_a_hard_wrapped_paragraph_is_joined() -> None:
    document = read_text(f"{WRAPPED}\n\nThe union left the hall.\n")
    assert [text.replace("\n", " ") for text in _texts(document)] == [
        "The plant in the north of the province was closed in the last week of June.",
        "Its owner said that the price of the ore it buys had doubled since the spring, and that no bank would lend to "
        "it any more.",
        "The union left the hall.",
    ]


@pytest.mark.parametrize("table", [TABLE, WIDE_TABLE])
def test_the_rows_of_a_table_are_not_joined(table: str) -> None:
    assert _texts(read_text(f"{table}\n\n{WRAPPED}"))[:4] == table.splitlines()


def test_lines_that_each_end_a_sentence_are_not_joined() -> None:
    lines = ["The plant closed in June.", "It will not reopen before the courts have spoken.", "Its workers went home."]
    assert _texts(read_text("\n".join(lines))) == lines


def test_boilerplate_between_paragraphs_is_skipped() -> None:
    text = f"{WRAPPED}\nShare this article\n\nRelated articles\n\nThe union left the hall."
    assert _texts(read_text(text))[-1] == "The union left the hall."
    assert not {"Share this article", "Related articles"} & set(_texts(read_text(text)))


@pytest.mark.parametrize("mark", ["•", "-", "–", "*", "+", "1.", "12)", "(3)", "a)", "·", "●"])
def test_a_bullet_is_a_unit_without_its_mark(mark: str) -> None:
    document = read_text(f"The council asks:\n  {mark} clean water. For all\n  {mark} half of the jobs\n")
    assert [(sentence.text, sentence.kind) for sentence in document.sentences] == [
        ("The council asks:", "text"),
        ("clean water.", "bullet"),
        ("For all", "bullet"),
        ("half of the jobs", "bullet"),
    ]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Reform mandate", "heading"),
        ("Reform mandate.", "text"),
        ("Will it hold?", "text"),
        ("“No excuses.”", "text"),
        ("The council asks:", "text"),
        (" ".join(["word"] * 17), "text"),
    ],
)
def test_a_short_line_alone_is_a_heading_unless_it_ends_like_a_sentence(line: str, kind: str) -> None:
    (sentence,) = read_text(f"\n{line}\n").sentences
    assert (sentence.text, sentence.kind) == (line, kind)


@pytest.mark.parametrize("separator", ["\n", "\r\n", "\r", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029"])
def test_every_line_separator_parts_lines(separator: str) -> None:
    document = read_text(separator.join(["A headline", "", "One ended. Two began.", "", "  - an item", "  - another"]))
    assert [(sentence.text, sentence.kind) for sentence in document.sentences] == [
        ("A headline", "heading"),
        ("One ended.", "text"),
        ("Two began.", "text"),
        ("an item", "bullet"),
        ("another", "bullet"),
    ]
    assert document.title == "A headline"


@pytest.mark.parametrize(("read", "line"), [(read_text, "  A headline  "), (read_markdown, "# A headline  ")])
def test_a_title_has_no_blanks_around_it(read: Callable[[str], Document], line: str) -> None:
    assert read(f"{line}\n\nOne ended.\n").title == "A headline"


def test_a_text_that_begins_with_a_sentence_has_no_title() -> None:
    assert read_text("One ended.\n\nA heading\n").title is None


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_markdown_front_matter_is_metadata(newline: str) -> None:
    lines = [
        "---",
        'title: "Salt: a history"',
        "date: 2025-07-25",
        "Outlet: 'The Pan'",
        "author:",
        "  title: Keeper of salt",
        "---",
        "",
        "# Salt",
        "",
        "It ran.",
    ]
    document = read_markdown(newline.join(lines))
    assert (document.title, document.date, document.outlet) == ("Salt: a history", "2025-07-25", "The Pan")
    assert [(sentence.text, sentence.kind) for sentence in document.sentences] == [
        ("Salt", "heading"),
        ("It ran.", "text"),
    ]


def test_markdown_without_front_matter_is_titled_by_its_first_heading() -> None:
    document = read_markdown("It began with a leak.\n\n## The leak\n\nIt ran.\n")
    assert (document.title, document.date, document.outlet) == ("The leak", None, None)


@pytest.mark.parametrize(
    "skipped",
    [
        "```python\nprint(1)\n\nprint(2)\n```",
        "~~~\nA line of code.\n~~~",
        "```python\r\nprint(1)\r\n```\r\n",
        "![a pit](pit.png)",
        '![a pit](pit.png "The pit")',
        "  ![a pit](pit.png)",
        "[![a pit](pit.png)](https://example.org/pit)",
        "<!-- to be checked -->",
        "<!-- to be\nchecked -->",
        "---",
        "* * *",
        "[pit]: https://example.org/pit",
    ],
)
def test_markdown_that_is_no_prose_is_skipped(skipped: str) -> None:
    document = read_markdown(f"It began before.\n\n{skipped}\n\nIt went on after.\n")
    assert _texts(document) == ["It began before.", "It went on after."]


def test_what_follows_a_markdown_heading_is_not_part_of_it() -> None:
    document = read_markdown("# The leak\nIt ran for\ndays.\n")
    assert document.sentences[0].text == "The leak"
    assert document.sentences[0].kind == "heading"
    assert "".join(_texts(document)[1:]).replace("\n", "") == "It ran fordays."
