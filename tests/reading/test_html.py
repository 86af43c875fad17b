from __future__ import annotations

from pathlib import Path

import pytest

from rareearth_nlp.documents import Document
from rareearth_nlp.reading import read_article, read_html

PARAGRAPHS = [
    "The regional council granted the valley mine its permit on Tuesday, after nine years of hearings.",
    "Herders along the upper river had asked for a fund for the springs that have fallen dry since drilling began.",
    "The company said that it would start with a small pit and a plant for two hundred workers from the valley.",
    "Work on the road is to begin in spring, once the snow is gone and the bridge has been made strong enough.",
]
HEAD = """
<title>Valley mine wins permit | The Example</title>
<meta property="og:title" content="Valley mine wins permit">
<meta property="og:site_name" content="The Example">
<meta property="article:published_time" content="2025-03-04T10:00:00+01:00">
"""
PAGE = f"""<!DOCTYPE html>
<html lang="en"><head>{HEAD}<script>var tracked = "every click of it";</script></head><body>
<nav><ul><li><a href="/">Front page</a></li><li><a href="/mining">All the mining news</a></li></ul></nav>
<article>
<h1>Valley mine wins permit</h1>
<div class="share"><a href="#">Facebook</a> <a href="#">LinkedIn</a></div>
<p>{PARAGRAPHS[0]}</p>
<h2>What the council asks</h2>
<p>{PARAGRAPHS[1]}</p>
<ul>
<li>No water from the <b>lower</b> wells. None at all.</li>
<li>Half of the jobs for the valley:<ol><li>drivers and fitters</li><li>laboratory staff</li></ol></li>
</ul>
<p>{PARAGRAPHS[2]}</p>
<table><tr><th>Stage</th><th>Workers</th></tr><tr><td>Pit</td><td>120</td></tr></table>
<blockquote><p>We have won nothing yet, said the head of the herders’ league.</p></blockquote>
<p>{PARAGRAPHS[3]}</p>
<p>Share this: Facebook | X | LinkedIn</p>
<p>Leave a Reply</p>
</article>
<footer><p>© 2025 The Example. All rights reserved.</p><a href="/imprint">Imprint of the house</a></footer>
</body></html>"""


def _page(body: str, head: str = "<title>A page</title>") -> str:
    return f"<html><head>{head}</head><body><article>{body}</article></body></html>"


def _body(*paragraphs: str) -> str:
    return "".join(f"<p>{content}</p>" for content in paragraphs)


def _texts(document: Document) -> list[str]:
    return [sentence.text for sentence in document.sentences]


def test_a_page_is_its_article() -> None:
    document = read_html(PAGE, "permit.html")
    assert [(sentence.text, sentence.kind) for sentence in document.sentences] == [
        ("Valley mine wins permit", "heading"),
        (PARAGRAPHS[0], "text"),
        ("What the council asks", "heading"),
        (PARAGRAPHS[1], "text"),
        ("No water from the lower wells.", "bullet"),
        ("None at all.", "bullet"),
        ("Half of the jobs for the valley:", "bullet"),
        ("drivers and fitters", "bullet"),
        ("laboratory staff", "bullet"),
        (PARAGRAPHS[2], "text"),
        ("Stage Workers", "bullet"),
        ("Pit 120", "bullet"),
        ("We have won nothing yet, said the head of the herders’ league.", "text"),
        (PARAGRAPHS[3], "text"),
    ]
    assert document.id == "permit.html"
    assert (document.title, document.date, document.outlet) == ("Valley mine wins permit", "2025-03-04", "The Example")
    assert document.language == "en"


def test_what_is_no_sentence_is_not_in_the_text_either() -> None:
    text = read_html(PAGE).text
    for furniture in ("Front page", "mining news", "Facebook", "Leave a Reply", "All rights", "Imprint", "tracked"):
        assert furniture not in text


def test_a_page_that_names_no_date_and_no_outlet_has_none() -> None:
    document = read_html(_page(_body(*PARAGRAPHS)))
    assert (document.date, document.outlet) == (None, None)


@pytest.mark.parametrize(
    "mention",
    [
        "<p>The mine closed in 2019, and again on 4 May 2021.</p>",
        "<table><tr><td>2026</td><td>1,200 tonnes</td></tr></table>",
        "<footer>© 2023 The Example</footer>",
    ],
)
def test_a_date_that_a_page_mentions_is_not_its_date_of_publication(mention: str) -> None:
    assert read_html(_page(_body(*PARAGRAPHS) + mention)).date is None


def test_entities_and_inline_markup_become_plain_words() -> None:
    content = (
        'The <a href="/x">R&amp;D</a> arm of <em>Baogang</em>&nbsp;Group said it &lt;lost&gt; 4&#37; of its output.'
    )
    texts = _texts(read_html(_page(_body(*PARAGRAPHS, content))))
    assert texts[-1] == "The R&D arm of Baogang Group said it <lost> 4% of its output."


def test_a_line_break_parts_words() -> None:
    document = read_html(
        _page(_body(*PARAGRAPHS, "The vote of the council<br>took place in the old<br/>railway station."))
    )
    assert _texts(document)[-1] == "The vote of the council took place in the old railway station."


def test_an_xhtml_page_with_an_encoding_declaration_is_read() -> None:
    page = '<?xml version="1.0" encoding="UTF-8"?>\n<html xmlns="http://www.w3.org/1999/xhtml"><head><title>A</title></head>'
    assert _texts(read_html(f"{page}<body>{_body(*PARAGRAPHS)}</body></html>")) == PARAGRAPHS


@pytest.mark.parametrize(
    "page", ["", "   ", "<html></html>", "<html><body><nav>Home</nav></body></html>", "no page at all"]
)
def test_a_page_without_an_article_has_no_sentences(page: str) -> None:
    document = read_html(page)
    assert document.sentences == ()
    assert document.text == ""


@pytest.mark.parametrize("suffix", [".html", ".htm", ".HTML"])
def test_a_saved_page_is_read_by_its_suffix(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"page{suffix}"
    file.write_text(PAGE, encoding="utf-8")
    assert read_article(file) == read_html(PAGE, str(file))
