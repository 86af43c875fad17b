"""What a saved page carries besides its article: share bars, comment forms, newsletter boxes.

A whole line is judged, and prose must stay: where furniture and prose begin alike, the pattern goes to the line's end.
"""

from __future__ import annotations

import re

_NETWORK = (
    r"(?:facebook|twitter|x|linkedin|whatsapp|telegram|reddit|pinterest|instagram|youtube|threads|bluesky|mastodon"
    r"|e-?mail|copy link|link|print this page|print|save|bookmark|share|tweet|post|flipboard|wechat|weibo|line|sms"
    r"|messenger|rss)"
)
_PIECE = r"(?:story|article|post|page|news|piece|item)"
_SHARE = (
    rf"(?:click to )?(?:share|spread|follow|tell|send|e-?mail|print)(?: (?:this|us|it|the word|friends))?(?: {_PIECE})?"
    r"(?: (?:on|via|to|by|with))?"
)
_LETTER = r"(?:newsletter|alerts?|updates?|inbox|briefing|digest|e-?mails?)"

_FURNITURE = (
    # share bars
    rf"{_SHARE}\W*",
    rf"{_SHARE}\W+{_NETWORK}(?:\W+(?:(?:and|or|on) )?{_NETWORK})*(?: \(opens in (?:a )?new (?:tab|window)\))?\W*",
    rf"{_NETWORK}(?:\W+{_NETWORK})+\W*",
    rf"(?:like|liked|enjoyed|enjoying) this {_PIECE}\b.{{0,80}}",
    r"(?:categories|tags|filed under|posted in)\s*:.*",
    # comments
    r"leave a (?:reply|comment)\b.{0,40}",
    r"(?:post|add|write|submit) (?:a|your) (?:comment|reply)\W*",
    r"(?:no |\d+ |show |view )?(?:comments?|repl(?:y|ies))(?: yet)?(?:\W*| ?\(\d+\)|\W+[–—|·-].{0,60})",
    r"cancel reply",
    r"comments? (?:are|is) (?:now )?(?:closed|disabled|off|moderated)(?: (?:on|for) this [a-z]+)?\W*",
    r"comments? (?:are|will be|may be) (?:published|reviewed|moderated) (?:after|once|when|before|subject)\b.{0,120}",
    r"be the first to (?:comment|reply|like|share)\b.{0,40}",
    r"join the (?:conversation|discussion)\W*",
    r"\d+ (?:people|readers) (?:like|liked|shared|recommend(?:ed)?) this\W*",
    r".{0,40}\b(?:you must be logged|please (?:log|sign)) in\b.{0,60}",
    r"(?:log|sign) in(?: to (?:comment|reply|leave|add)\b.{0,40})?\W*",
    r".*\byour e-?mail address will (?:not|never) be (?:published|shared|shown|displayed).*",
    r".*\b(?:required|mandatory|compulsory) fields? (?:are|is) marked.*",
    r".*\bfields? marked (?:with )?\W* ?(?:are|is) (?:required|mandatory|compulsory).*",
    r"(?:name|e-?mail|website|comment) ?\*.{0,40}",
    r"save my name.{0,120}browser.*",
    # newsletters and subscriptions
    rf"(?:subscribe|sign up|register)\b.{{0,40}}\b{_LETTER}\b.{{0,120}}",
    r"(?:already a subscriber|subscribe (?:now|to (?:read|continue)))\b.{0,60}",
    r"get (?:the|our|your|this)\b.{0,60}\b(?:(?:in|to) your inbox|by e-?mail|newsletter)\b.{0,80}",
    r"[^.]{0,60}\bin your inbox\W*",
    r"(?:enter|type) your e-?mail\b.{0,60}",
    r"you have (?:read|used|\d+)\b.{0,40}\b(?:articles?|stories)\b.{0,60}",
    r"you (?:receive|are receiving|received) this (?:e-?mail|newsletter)\b.*",
    r"unsubscribe\b.{0,60}",
    # links to elsewhere
    rf"(?:related|recommended|most (?:read|popular)|trending|more)(?: {_PIECE}s?| stories| reading| now| today)?:?",
    r"(?:read next|you (?:may|might) also like|more on this)\W*",
    r"(?:read (?:more|also|next)|see also|related|more on this)\s*:.*",
    r"more from [^:.]{1,30}(?::.*)?",
    r"(?:advertisement|sponsored(?: content)?|story continues below.{0,40}|continue reading\W.{0,60})",
    r"(?:back to top|skip to (?:main )?content|print this (?:page|article)|click here(?: (?:to|for)\b.{0,60})?)\W*",
    # legal
    r"(?:this (?:web)?site|we) uses? cookies\b.*",
    r"(?:accept|reject|manage) (?:all )?(?:cookies|preferences)\W*",
    r"(?:privacy policy|terms of (?:use|service)|cookie policy|contact us|about us)(?:\s*[|·•–—-].*)?",
    r"(?:©|(?:\(c\)|copyright)\W+(?:\(c\)\W*)?(?:©|(?:19|20)\d\d)).{0,120}",
    r".{0,80}\ball rights reserved\W*",
)
_LINE = re.compile("|".join(f"(?:{pattern})" for pattern in _FURNITURE), re.IGNORECASE)


def is_boilerplate(line: str) -> bool:
    """Tell whether a whole line is page furniture rather than the article's words."""
    return bool(_LINE.fullmatch(" ".join(line.split()).lstrip("•*-–—·|>» ")))
