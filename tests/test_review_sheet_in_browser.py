"""The review sheet in a real Chromium: what it shows, what keys do, what leaves it, and what must never run."""

import os
import shutil

import pandas as pd
import pytest

from social_guard import build_review_sheet, label_decisions, load_decisions

ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync"
)
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
PATIENCE = 120_000
"""Milliseconds: a busy machine is no error."""

HOSTILE = [
    "<script>window.ran = 1; alert(1)</script>",
    "</script><script>window.ran = 2</script>",
    "<!-- <script> --> ]]> <!--<script>window.ran = 3",
    "<img src=x onerror='window.ran = 4'><svg onload=window.ran=5>",
    "<iframe src='https://example.org/'></iframe><link rel=stylesheet href=https://example.org/x.css>",
    "<a href=\"javascript:window.ran = 6\">javascript:window.ran = 7</a>",
    "`${window.ran = 8}` {{window.ran = 9}} $data $script %s",
    "\" onfocus=window.ran=10 autofocus x=\"' onclick='window.ran = 11",
    "</p></article></title></style><style>*{display:none}</style>",
    "\u202eyou idiots\u202d \u2066never closed \u200f\u200b\ufeff",
    "هذا المستشفى idiots שלום",
    "idiot" * 1500,
    "nul \x00 bell \x07 escape \x1b[31m line\u2028separator\u2029 next\r\nline",
    "&lt;b&gt; &amp; &#x3c;script&#x3e;",
    "Z̷̡̛͔a͜l̶g̵o idiots \ud83d half",
    "=HYPERLINK(\"https://example.org\")",
]


@pytest.fixture(scope="module")
def browser():
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        (pytest.fail if os.environ.get("SOCIAL_GUARD_REQUIRE_ALL") else pytest.skip)("needs Chromium: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as play:
        yield play.chromium.launch(executable_path=program, args=ARGUMENTS.split(), timeout=PATIENCE)


@pytest.fixture
def visit(browser, tmp_path):
    """Opens a sheet; at the end, nothing may have gone wrong, left the page or asked anything on any of them."""
    contexts, troubles = [], []

    def visit(page_text, *, before="", **options):
        path = tmp_path / f"review{len(contexts)}.html"
        path.write_text(page_text, encoding="utf-8")
        context = browser.new_context(**({"viewport": DESKTOP} | options))
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.add_init_script(before)
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: (troubles.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: troubles.append(request.url) if request.url != path.as_uri() else None)
        page.goto(path.as_uri(), wait_until="domcontentloaded")
        page.wait_for_selector("#list > li")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert troubles == []


def make_sheet(guard, texts, **columns):
    comments = pd.DataFrame({"text": texts} | columns, dtype=object)  # lone surrogates, as JSON Lines may hold them
    return comments, build_review_sheet(guard, comments.join(guard.score_frame(comments)), name="<b>some</b> comments.csv")


TEXTS = [
    "You stupid idiots, you fucking morons",
    "Buy followers cheap at www.example.org click now",
    "Thank you to the night staff",
    "I want to kill myself tonight and nobody answers",
    "What time do visiting hours start on ward 4?",
    "Thanks from Köln",
]
DATES = ["2025-06-01", "2025-06-03", "2025-06-02", "", "2025-06-02", "2025-06-02"]


@pytest.fixture(scope="module")
def small(shipped_guard):
    """Six comments, with ids that spreadsheets spoil."""
    return make_sheet(shipped_guard, TEXTS, id=["=1+1", "-2", "003", "'@d", "é,\"x\"", "6"], date=DATES)


def ids_shown(page):
    return page.evaluate("[...document.querySelectorAll('.who bdi:last-child')].map((id) => id.textContent)")


def wait_count(page, text):
    page.wait_for_function("(text) => document.getElementById('count').textContent === text", arg=text)


def test_five_thousand_comments_are_shown(visit, shipped_guard, own_comments):
    """All are on the page in the end, in less than 5 MB, and a filter finds one of them."""
    texts = [*(own_comments["text"].tolist() * 3)[:4999], "a needle in a haystack"]
    page_text = make_sheet(shipped_guard, texts)[1]
    assert len(page_text.encode()) < 5_000_000
    page = visit(page_text)
    page.select_option("#show", "all")
    wait_count(page, "Showing 5,000 of 5,000")
    page.wait_for_function("() => document.querySelectorAll('#list > li').length === 5000")
    page.fill("#words", "NEEDLE in a hay")
    page.wait_for_function("() => document.querySelectorAll('#list > li').length === 1")
    assert page.locator(".text").first.text_content() == "a needle in a haystack"


def test_nothing_that_a_comment_holds_runs(visit, browser, shipped_guard, tmp_path):
    """The comments and authors are text to the letter; the trap that would show otherwise is seen to work."""
    page = visit(make_sheet(shipped_guard, HOSTILE, author=HOSTILE, post=HOSTILE, id=[f"{i}{text}" for i, text in enumerate(HOSTILE)])[1])
    page.select_option("#show", "all")
    wait_count(page, f"Showing {len(HOSTILE)} of {len(HOSTILE)}")
    differing = """() => {
      const { comments } = JSON.parse(document.getElementById("data").textContent);
      const shown = (selector) => [...document.querySelectorAll(selector)].map((element) => element.textContent);
      const [texts, authors] = [shown(".text > bdi"), shown(".who > bdi:first-child")];
      return comments.filter((c, i) => c.text !== texts[i] || c.author !== authors[i]).length;
    }"""
    assert page.evaluate(differing) == 0
    assert page.evaluate("document.querySelectorAll('#list script, #list img, #list a, #list iframe, #list style').length") == 0
    page.wait_for_timeout(200)
    assert page.evaluate("window.ran") is None
    trap = browser.new_page()
    trap.set_content("<p>" + HOSTILE[3])
    trap.wait_for_function("() => window.ran", timeout=PATIENCE)
    trap.close()


def test_a_request_would_be_stopped(browser, small, tmp_path):
    """Even script on the page itself can neither fetch nor insert markup."""
    page = browser.new_page()
    (tmp_path / "page.html").write_text(small[1], encoding="utf-8")
    page.goto((tmp_path / "page.html").as_uri(), timeout=PATIENCE)
    tried = "fetch('https://example.org/').then(() => 'sent', (error) => error.name)"
    assert page.evaluate(tried) == "TypeError"
    assert page.evaluate("(() => { try { document.body.innerHTML = '<b>'; } catch (e) { return e.name; } })()") == "TypeError"
    page.close()


def test_filters_and_order(visit, small):
    """Each narrows the list; the count is told; clearing them brings the queue back."""
    page = visit(small[1])
    queue = ids_shown(page)
    assert queue[0] == "'@d" and "=1+1" in queue and "003" not in queue
    assert page.locator("#count").inner_text() == f"Showing {len(queue)} of 6"
    page.select_option("#show", "all")
    wait_count(page, "Showing 6 of 6")
    page.select_option("#sort", "new")
    page.wait_for_function("() => document.querySelector('.who bdi:last-child').textContent === '-2'")
    assert ids_shown(page)[-1] == "'@d"  # without a date
    for field, value, found in (
        ("signpost", "compliment", "003"),
        ("category", "spam", "-2"),
        ("category", "offensive_language", "=1+1"),
    ):
        page.select_option(f"#{field}", value)
        page.wait_for_function("(id) => [...document.querySelectorAll('.who bdi:last-child')].some((shown) => shown.textContent === id)", arg=found)
        page.select_option(f"#{field}", "")
    page.fill("#words", "ｋöln")
    wait_count(page, "Showing 1 of 6")
    page.fill("#words", "no such words")
    wait_count(page, "Showing 0 of 6")
    assert page.locator("#nothing").is_visible()
    page.click("#clear-filters")
    wait_count(page, f"Showing {len(queue)} of 6")
    assert ids_shown(page) == queue


def pressed(page):
    return page.evaluate("[...document.querySelectorAll('[aria-current] [aria-pressed=true]')].map((b) => b.dataset.action)")


def test_keys(visit, small):
    """They move, decide and write; they do nothing while somebody types, with Ctrl, or when switched off."""
    page = visit(small[1])
    page.keyboard.press("a")  # no comment is current yet
    assert page.locator("#decided").inner_text() == ""
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.tagName + document.activeElement.closest('li').dataset.index") == "ARTICLE0"
    for key, action in (("h", "hide"), ("r", "remove"), ("p", "report"), ("o", "none")):
        page.keyboard.press(key)
        assert pressed(page) == [action]
    page.keyboard.press("u")
    assert pressed(page) == [] and page.locator("#said").inner_text() == "Decision taken back."
    page.keyboard.press("Control+a")
    assert pressed(page) == []
    page.keyboard.press("n")
    page.keyboard.type("a jar of jam/?")
    assert page.locator("[data-note]").input_value() == "a jar of jam/?" and pressed(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    page.keyboard.press("Space")
    assert page.evaluate("document.activeElement.dataset.category + document.activeElement.checked") == "abusetrue"
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.closest('li').dataset.index") == "0"
    page.keyboard.press("/")
    page.keyboard.type("haj")
    assert page.locator("#words").input_value() == "haj"
    page.keyboard.press("Tab")
    page.keyboard.press("?")
    assert page.locator("#help-dialog").is_visible()
    page.uncheck("#keys-on")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert not page.locator("#help-dialog").is_visible()


def test_tab_walks_through_and_out(visit, small):
    """From the top to the end of the page, nothing holds the focus, and each stop can be seen."""
    page = visit(small[1])
    stops = []
    for _ in range(80):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            "(() => { const e = document.activeElement, s = getComputedStyle(e);"
            "return [e.tagName, e.textContent.slice(0, 20), s.outlineStyle]; })()"
        )
        if stop[0] == "BODY":
            break
        stops.append(stop)
    assert stops[0][1] == "Skip to the comments" and stop[0] == "BODY"
    assert {style for _, _, style in stops} == {"solid"}


def exported(page, tmp_path):
    with page.expect_download() as waiting:
        page.click("#export")
    path = tmp_path / "decisions.csv"
    waiting.value.save_as(path)
    return path


def card(page, key):
    return page.locator("#list > li").nth(ids_shown(page).index(key))


NOTE = "=cmd|' /C calc'!A0\n\"quoted\", 'so' é 🙂"


def test_decisions_become_labels(visit, small, tmp_path):
    """Agree, change of action, change of category, none, a note: out as CSV, back as labels of the same comments."""
    comments, page_text = small
    page = visit(page_text)
    page.select_option("#show", "all")
    wait_count(page, "Showing 6 of 6")
    card(page, "=1+1").get_by_text("Agree: ").click()
    card(page, "-2").get_by_role("button", name="None", exact=True).click()
    card(page, "003").get_by_text("Agree: none").click()
    card(page, "é,\"x\"").get_by_role("button", name="Hide", exact=True).click()
    assert "tick a category" in card(page, "é,\"x\"").locator(".verdict").text_content()
    card(page, "é,\"x\"").get_by_text("Category and note").click()
    card(page, "é,\"x\"").get_by_label("Spam").check()
    card(page, "'@d").get_by_text("Category and note").click()
    card(page, "'@d").get_by_label("Note").fill(NOTE)
    path = exported(page, tmp_path)
    raw = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    assert not raw.map(lambda cell: cell.startswith(("=", "+", "-", "@", "\t", "\r"))).to_numpy().any()
    decisions = load_decisions(path).set_index("id")
    assert decisions.loc["'@d", "note"].replace("\r\n", "\n") == NOTE and "text" not in decisions
    labelled = label_decisions(load_decisions(path), comments).set_index("id")
    assert labelled["text"].to_dict() == comments.set_index("id")["text"].drop(["'@d", "6"]).to_dict()
    assert labelled.loc["=1+1", "offensive_language"] == 1 and labelled.loc["=1+1"].isna().any()
    assert labelled.loc["-2", "spam"] == labelled.loc["003", "spam"] == 0
    assert labelled.loc["é,\"x\"", "spam"] == 1


def test_the_text_leaves_only_when_asked(visit, small, tmp_path):
    """By a box in the help; all the same it is safe in a spreadsheet and reads back."""
    page = visit(small[1])
    page.keyboard.press("j")
    page.keyboard.press("h")
    page.click("#help")
    page.check("#with-text")
    page.click("#close-help")
    assert load_decisions(exported(page, tmp_path))["text"].tolist() == [TEXTS[3]]


def test_decisions_stay_until_forgotten(visit, small):
    """A reload keeps them; forgetting asks twice."""
    page = visit(small[1])
    page.keyboard.press("j")
    page.keyboard.press("r")
    page.reload()
    page.wait_for_selector("#list > li")
    assert page.locator("#decided").inner_text() == "1 decided"
    assert page.locator("[aria-pressed=true]").text_content().endswith("Remove")
    page.click("#help")
    page.click("#forget")
    assert page.locator("#decided").inner_text() == "1 decided"
    page.click("#forget")
    assert page.locator("#decided").inner_text() == "" and page.locator("[aria-pressed=true]").count() == 0
    assert page.evaluate("localStorage.length") == 0


def test_figures_stay_as_they_were_left(visit, small):
    """Closed once, they are closed after a reload: the queue is at hand."""
    page = visit(small[1])
    assert page.locator(".chart-actions").is_visible()
    page.click(".figures > summary")
    page.reload()
    page.wait_for_selector("#list > li")
    assert not page.locator(".chart-actions").is_visible()


def test_the_post_stands_above_the_comment(visit, shipped_guard):
    """As text, where the file names it."""
    page = visit(make_sheet(shipped_guard, ["You stupid idiots", "You fools"], post=["New <b>scanner</b>", None])[1])
    page.select_option("#show", "all")
    wait_count(page, "Showing 2 of 2")
    assert page.locator(".post").all_text_contents() == ["Under: New <b>scanner</b>"]


def test_a_browser_without_storage_still_works(visit, small, tmp_path):
    """Decisions live in the tab, and the page says so."""
    blocked = "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } })"
    page = visit(small[1], before=blocked)
    page.keyboard.press("j")
    page.keyboard.press("h")
    assert len(load_decisions(exported(page, tmp_path))) == 1
    assert "export before you close" in page.locator("#storage").text_content()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_accessible(visit, small, viewport, scheme):
    """axe finds nothing and its rules did run: with a decision made, the editor open, and in the help; no sideways scrolling."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = visit(small[1], viewport=viewport, color_scheme=scheme)
    for key in "jajn":
        page.keyboard.press(key)
    whole = axe.run(page, options={"rules": {"target-size": {"enabled": True}}}).response
    assert {"button-name", "color-contrast", "label", "target-size"} <= {rule["id"] for rule in whole["passes"]}
    found = whole["violations"]
    page.click("#help")
    found += axe.run(page, context="#help-dialog").response["violations"]
    assert [(violation["id"], violation["nodes"][0]["html"]) for violation in found] == []


def test_hostile_words_do_not_widen_a_phone(visit, shipped_guard):
    """At 360 pixels, nothing scrolls sideways."""
    page = visit(make_sheet(shipped_guard, HOSTILE, author=HOSTILE)[1], viewport=PHONE)
    page.select_option("#show", "all")
    wait_count(page, f"Showing {len(HOSTILE)} of {len(HOSTILE)}")
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_paper_shows_comments_and_decisions(visit, small):
    """Without what can only be clicked, in light colours."""
    page = visit(small[1], color_scheme="dark")
    page.keyboard.press("j")
    page.keyboard.press("h")
    page.emulate_media(media="print")
    assert [page.locator(place).first.is_visible() for place in (".text", ".verdict", ".filters", ".choices")] == [True, True, False, False]
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
