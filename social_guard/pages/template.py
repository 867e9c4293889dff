"""One HTML file out of a template, a style sheet, a script and data: nothing is fetched, and nothing in the data runs.

The page's own security policy forbids every request and every script but the one whose hash it holds. Data travel as
JSON in an element that browsers do not execute; the script inserts them as text only.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from html import escape
from string import Template
from typing import Any

CONTENT_POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


def build_page(
    template: str, style: str, script: str, *, data: Any, texts: Mapping[str, str], markup: Mapping[str, str]
) -> str:
    """Fill a template.

    Parameters
    ----------
    template : str
        HTML with ``$style``, ``$script``, ``$data`` and ``$content_policy`` where these belong, and ``$name`` for each
        name of ``texts`` and ``markup``.
    style, script : str
        Their whole content; the security policy allows these two and no other.
    data : object
        Plain values that JSON can hold.
    texts : mapping of str to str
        Words, which are escaped.
    markup : mapping of str to str
        HTML that is already safe, such as charts.

    Examples
    --------
    >>> build_page("<p>$who</p><script>$script</script>$data", "", "go()", data="</", texts={"who": "<i>"}, markup={})
    '<p>&lt;i&gt;</p><script>go()</script>"\\\\u003c/"'
    """
    content_policy = CONTENT_POLICY.format(script=content_hash(script), style=content_hash(style))
    parts = {"style": style, "script": script, "data": inline_json(data), "content_policy": content_policy}
    return Template(template).substitute(parts, **{name: escape(text) for name, text in texts.items()}, **markup)


def content_hash(content: str) -> str:
    """The hash of an inline script or style, as a content security policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def inline_json(data: Any) -> str:
    """JSON that no HTML parser can take for markup: ASCII only, and without ``<``, ``>`` and ``&``.

    Examples
    --------
    >>> print(inline_json("</script>\\u2028"))
    "\\u003c/script\\u003e\\u2028"
    """
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
