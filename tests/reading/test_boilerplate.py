from __future__ import annotations

import pytest

from rareearth_nlp.reading.boilerplate import is_boilerplate

FURNITURE = [
    "Spread the word:",
    "Share this article",
    "Share on LinkedIn",
    "Share: Facebook | X | LinkedIn | E-mail",
    "Facebook Twitter WhatsApp",
    "Follow us on X and LinkedIn",
    "CATEGORIES: , ,",
    "Tags: lithium, Chile",
    "Filed under: Mining",
    "Leave a Reply",
    "Leave a Comment",
    "12 Comments",
    "No comments yet",
    "Comments (3)",
    "Comments are closed.",
    "Be the first to comment",
    "Cancel reply",
    "You must be logged in to post a comment.",
    "Your email address will not be published. Required fields are marked *",
    "Your e-mail address will never be shared.",
    "Fields marked with * are required",
    "Save my name, email, and website in this browser for the next time I comment.",
    "Subscribe to our weekly newsletter",
    "Sign up for our morning briefing",
    "Get the briefing in your inbox",
    "Enter your email address",
    "You have 2 free articles left this month.",
    "Already a subscriber? Log in",
    "Related articles",
    "Most read",
    "Recommended stories",
    "Read more: Lynas wins a licence",
    "See also: The long road to a magnet",
    "ADVERTISEMENT",
    "Story continues below advertisement",
    "Back to top",
    "Skip to main content",
    "Print this page",
    "This website uses cookies to improve your experience.",
    "Accept all cookies",
    "Privacy Policy | Terms of Use",
    "© 2025 The Example",
    "(c) 2024 The Example",
    "Copyright © 2024 The Example. All rights reserved.",
    "  •  Share   this  ",
]

PROSE = [
    "(c) the status of the inquiries",
    "Copyright law was amended last year.",
    "Share prices on the exchange fell by a tenth.",
    "Comments on the draft close in May.",
    "Related parties hold 12 per cent.",
    "Related deals were frozen.",
    "Trending downward, prices lost a tenth.",
    "Recommended quotas were ignored.",
    "More from the mine is expected in May.",
    "Advertisement spending fell.",
    "Name changes cost the firm little.",
    "Email from the minister showed that the deal was fixed.",
    "Subscribe rights lapse in June.",
    "Registered letters went out to all herders.",
    "Print shops in the valley closed.",
    "Spread the word, the union told its members.",
    "Posted profits hide the debt.",
    "Its online share grew.",
    "Get the ore out first, the engineer said.",
    "",
]


@pytest.mark.parametrize(
    "line",
    [
        *FURNITURE,
        "Name *",
        "Email *",
        "You may also like:",
    ],
)
def test_page_furniture_is_recognized(line: str) -> None:
    assert is_boilerplate(line)
    assert is_boilerplate(line.upper())


@pytest.mark.parametrize(
    "line",
    [
        *PROSE,
        "200 people were moved out of the valley.",
        "12 people died when the dam gave way.",
        "12 comments were filed on the draft licence.",
        "Comments will be published in June, the regulator said.",
        "Like this mine, the plant in Estonia runs on imported ore.",
        "The ministry deleted its online post.",
        "The province keeps its tax share.",
        "The union called the strike by SMS and WhatsApp.",
        "Also in Malaysia: Lynas won its licence.",
        "Share the profits or lose the permit, the governor said.",
        "Be the first to market, the board told its engineers.",
        "Get the ore moving, the e-mail read.",
        "Contact us, the mayor told the miners.",
        "The crown has all rights reserved under the mining act.",
    ],
)
def test_a_sentence_that_only_looks_like_furniture_stays(line: str) -> None:
    assert not is_boilerplate(line)
