"use strict";
(() => {
  const [FIRST, CHUNK] = [50, 250];
  const $ = (id) => document.getElementById(id);
  const { sheet, names, posts, comments } = JSON.parse($("data").textContent);
  const list = $("list");
  const cards = [];
  let shown = [];
  let current = -1;
  let round = 0;

  // ---------------------------------------------------------------------------------------------- small tools

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);  // strings become text, never markup
    return element;
  }

  const count = (number) => number.toLocaleString("en-GB");
  const fold = (text) => text.normalize("NFKC").toLowerCase();
  const listed = (keys) => keys.map((key) => names.categories[key].name.toLowerCase()).join(", ");
  const say = (text) => { $("said").textContent = text; };

  // ------------------------------------------------------------------------------------------------ decisions

  // A strict browser may refuse storage: decisions then live in this tab, and leaving it asks first.
  const storage = (() => {
    try {
      localStorage.setItem("social-guard", "");
      localStorage.removeItem("social-guard");
      return localStorage;
    } catch {
      return null;
    }
  })();
  const storageKey = `social-guard:${sheet}`;
  let unsaved = false;

  function restore() {
    try {
      return new Map(JSON.parse(storage?.getItem(storageKey) ?? "[]"));
    } catch {
      return new Map();
    }
  }

  const decisions = restore();

  function remember() {
    try {
      if (decisions.size) storage?.setItem(storageKey, JSON.stringify([...decisions]));
      else storage?.removeItem(storageKey);
      unsaved = !storage && decisions.size > 0;
    } catch {
      unsaved = true;
    }
  }

  const blank = { action: null, categories: null, note: "" };
  const decisionOn = (index) => decisions.get(comments[index].id) ?? blank;
  const offered = (index) => comments[index].categories ?? [];

  function finalCategories(index) {
    const { action, categories } = decisionOn(index);
    return categories ?? (action === "none" ? [] : offered(index));
  }

  function agrees(index) {
    const final = finalCategories(index);
    const same = final.length === offered(index).length && final.every((key) => offered(index).includes(key));
    return same && decisionOn(index).action === comments[index].action;
  }

  function change(index, part) {
    const decision = { ...decisionOn(index), ...part };
    if (decision.action || decision.note) decisions.set(comments[index].id, decision);
    else decisions.delete(comments[index].id);
    remember();
    refresh(index);
    showProgress();
  }

  function decide(index, action) {
    const again = decisionOn(index).action === action;
    change(index, again ? { action: null, categories: null } : { action });
    say(verdict(index) || "Decision taken back.");
  }

  function tick(index, key, ticked) {
    const rest = finalCategories(index).filter((other) => other !== key);
    const categories = Object.keys(names.categories).filter((other) => rest.includes(other) || (ticked && other === key));
    change(index, { categories, action: decisionOn(index).action ?? comments[index].action ?? "none" });
  }

  function verdict(index) {
    const { action } = decisionOn(index);
    if (!action) return "";
    const final = finalCategories(index);
    const words = agrees(index) ? [`Agreed: ${action}`] : [`Your decision: ${action}`];
    if (final.length) words.push(listed(final));
    if (!final.length && action !== "none") words.push("tick a category, so that the model can learn from it");
    return `${words.join("; ")}.`;
  }

  // ---------------------------------------------------------------------------------------------------- cards

  function highlighted(comment) {
    const bdi = make("bdi");
    let at = 0;
    for (const [start, end, kind] of comment.marks ?? []) {
      bdi.append(comment.text.slice(at, start), make("mark", { class: kind }, comment.text.slice(start, end)));
      at = end;
    }
    bdi.append(comment.text.slice(at));
    return make("p", { class: "text", dir: "auto" }, bdi);
  }

  function percent(share) {
    return share === undefined ? "" : ` ${share < 0.01 ? "<1" : Math.min(99, Math.round(100 * share))}%`;
  }

  function tags(comment) {
    const action = comment.action ?? "unscored";
    const categories = (keys, css, prefix) =>
      (keys ?? []).map((key) => make("span", { class: css }, prefix + names.categories[key].name + percent(comment.scores?.[key])));
    return [
      make("span", { class: `tag act ${action}` }, names.actions[action] ?? "Not scored"),
      ...categories(comment.categories, "tag", ""),
      ...categories(comment.near, "tag near", "Close to: "),
      ...(comment.signposts ?? []).map((key) =>
        make("span", { class: key === "urgent_help" ? "tag urgent" : "tag signpost" }, names.signposts[key].name)),
      ...(comment.review ? [make("span", { class: "tag" }, "Needs review")] : []),
    ];
  }

  function day(text) {
    return new Date(`${text}T12:00:00`).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
  }

  function who(comment) {
    const line = make("span", { class: "who" }, ...(comment.author ? [make("bdi", {}, comment.author), ", "] : []));
    if (comment.day) line.append(day(comment.day), ", ");
    line.append("id ", make("bdi", {}, comment.id));
    return line;
  }

  function choices(index) {
    const { action } = comments[index];
    const row = make("div", { class: "choices", role: "group", "aria-label": `Decision on comment ${index + 1}` });
    const actions = Object.keys(names.actions);
    for (const key of action ? [action, ...actions.filter((other) => other !== action)] : actions) {
      const label = key === action ? `Agree: ${names.actions[key].toLowerCase()}` : names.actions[key];
      row.append(make("button", { type: "button", "data-action": key, "aria-pressed": "false" }, label));
    }
    row.append(make("button", { type: "button", class: "plain", "data-more": "", "aria-expanded": "false" }, "Category and note"));
    return row;
  }

  function buildCard(index) {
    const comment = comments[index];
    const title = make("h3", { id: `title-${index}` }, `Comment ${count(index + 1)}`);
    const article = make("article", { class: comment.action ?? "", tabindex: "-1", "aria-labelledby": `title-${index}` });
    article.append(make("div", { class: "head" }, title, ...tags(comment), who(comment)));
    if (comment.post !== undefined) article.append(make("p", { class: "post" }, "Under: ", make("bdi", {}, posts[comment.post])));
    article.append(highlighted(comment));
    if (comment.reason) article.append(make("p", { class: "why" }, make("bdi", {}, comment.reason)));
    article.append(choices(index), make("p", { class: "verdict" }));
    return make("li", { "data-index": index }, article);
  }

  function cardOf(index) {
    if (!cards[index]) {
      cards[index] = buildCard(index);
      if (decisions.has(comments[index].id)) refresh(index);
    }
    return cards[index];
  }

  function refresh(index) {
    const card = cards[index];
    if (!card) return;
    const { action, note } = decisionOn(index);
    for (const button of card.querySelectorAll("[data-action]")) {
      button.setAttribute("aria-pressed", String(button.dataset.action === action));
    }
    card.firstChild.classList.toggle("done", Boolean(action));
    card.querySelector(".verdict").textContent = verdict(index) + (note ? ` Note: ${note}` : "");
    for (const box of card.querySelectorAll("[data-category]")) {
      box.checked = finalCategories(index).includes(box.dataset.category);
    }
  }

  function openMore(index, open = true) {
    const card = cardOf(index);
    let more = card.querySelector(".more");
    if (!more) {
      more = buildMore(index);
      card.firstChild.append(more);
      refresh(index);
    }
    more.hidden = !open;
    card.querySelector("[data-more]").setAttribute("aria-expanded", String(open));
    return more;
  }

  function buildMore(index) {
    const boxes = Object.entries(names.categories).map(([key, { name, meaning }]) =>
      make("label", { title: meaning }, make("input", { type: "checkbox", "data-category": key }), name));
    const note = make("textarea", { rows: "2", "data-note": "" });
    note.value = decisionOn(index).note;
    return make("div", { class: "more" },
      make("fieldset", {}, make("legend", {}, "Rules that it breaks"), ...boxes),
      make("label", { class: "note" }, "Note", note));
  }

  // ----------------------------------------------------------------------------------------- filters and order

  const toLook = (comment) => comment.review || comment.action !== "none";
  const decided = (index) => Boolean(decisionOn(index).action);
  const views = {
    look: toLook,
    open: (comment, index) => toLook(comment) && !decided(index),
    review: (comment) => comment.review,
    decided: (comment, index) => decided(index),
    all: () => true,
  };
  const haystacks = [];

  function holds(index, words) {
    const { text, author, id } = comments[index];
    haystacks[index] ??= fold(`${text}\n${author ?? ""}\n${id}`);
    return haystacks[index].includes(words);
  }

  function matching() {
    const [view, action, category, signpost] = ["show", "action", "category", "signpost"].map((id) => $(id).value);
    const words = fold($("words").value.trim());
    const fits = (comment, index) =>
      views[view](comment, index) &&
      (!action || (comment.action ?? "unscored") === action) &&
      (!category || comment.categories?.includes(category) || comment.near?.includes(category)) &&
      (!signpost || comment.signposts?.includes(signpost)) &&
      (!words || holds(index, words));
    return comments.map((comment, index) => index).filter((index) => fits(comments[index], index));
  }

  const byDay = (sign) => (a, b) => {
    const [left, right] = [comments[a].day, comments[b].day];
    if (!left || !right) return (left ? 0 : 1) - (right ? 0 : 1);
    return sign * (left < right ? -1 : left > right ? 1 : 0);
  };
  const orders = {
    grave: (a, b) => a - b,
    doubt: (a, b) => (comments[a].margin ?? Infinity) - (comments[b].margin ?? Infinity) || a - b,
    new: byDay(-1),
    old: byDay(1),
  };

  function show() {
    shown = matching().sort(orders[$("sort").value]);
    if (!shown.includes(current)) current = -1;
    round += 1;
    list.replaceChildren();
    append();
    appendLater(round);
    $("nothing").hidden = shown.length > 0;
    showProgress();
  }

  function append() {
    const start = list.childElementCount;
    list.append(...shown.slice(start, start + (start ? CHUNK : FIRST)).map(cardOf));
  }

  // The first cards are there at once; the others follow while nobody waits for anything.
  function appendLater(which) {
    (window.requestIdleCallback ?? setTimeout)(() => {
      if (which !== round || list.childElementCount >= shown.length) return;
      append();
      appendLater(which);
    });
  }

  function appendUpTo(length) {
    while (list.childElementCount < Math.min(length, shown.length)) append();
  }

  function showProgress() {
    const status = `Showing ${count(shown.length)} of ${count(comments.length)}`;
    if ($("count").textContent !== status) $("count").textContent = status;
    const done = [...decisions.values()].filter(({ action }) => action).length;
    $("decided").textContent = done ? `${count(done)} decided` : "";
  }

  // ------------------------------------------------------------------------------------------------- keyboard

  function goTo(position) {
    if (position < 0 || position >= shown.length) return;
    appendUpTo(position + 1);
    const { firstChild: article } = cardOf(shown[position]);
    article.focus({ preventScroll: true });
    article.scrollIntoView({ block: "nearest" });
  }

  function setCurrent(index) {
    cards[current]?.firstChild.removeAttribute("aria-current");
    current = index;
    cards[index].firstChild.setAttribute("aria-current", "true");
  }

  function focusMore(selector) {
    openMore(current).querySelector(selector).focus();
  }

  const onCurrent = (act) => () => { if (current >= 0) act(); };
  const choose = (action) => onCurrent(() => action() && decide(current, action()));
  const keys = {
    j: () => goTo(shown.indexOf(current) + 1),
    k: () => goTo(shown.indexOf(current) - 1),
    a: choose(() => comments[current].action),
    o: choose(() => "none"),
    h: choose(() => "hide"),
    r: choose(() => "remove"),
    p: choose(() => "report"),
    u: onCurrent(() => { change(current, { action: null, categories: null }); say("Decision taken back."); }),
    c: onCurrent(() => focusMore("[data-category]")),
    n: onCurrent(() => focusMore("[data-note]")),
    e: () => exportDecisions(),
    "/": () => $("words").focus(),
    "?": () => $("help-dialog").showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || $("help-dialog").open) return;
    if (event.key === "Escape" && event.target.closest(".more")) event.target.closest("article").focus();
    if (!$("keys-on").checked || event.target.matches("textarea, select, input:not([type=checkbox])")) return;
    if (!Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });

  // --------------------------------------------------------------------------------------------------- export

  // A spreadsheet takes a cell that begins like this for a formula; one quote in front makes it text.
  const FORMULA = /^[' \u00a0]*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]/;
  const cell = (text) => `"${(FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;

  function exportRow(index, withText) {
    const { id, action, digest, text } = comments[index];
    const decision = decisionOn(index);
    const agreed = agrees(index);
    const row = [
      id,
      decision.action ? (agreed ? "yes" : "no") : "",
      decision.action && !agreed ? decision.action : "",
      decision.action ? finalCategories(index).join(";") : "",
      decision.note,
      action ?? "",
      offered(index).join(";"),
      digest,
    ];
    return withText ? [...row, text] : row;
  }

  function exportText(withText) {
    const heads = ["id", "agree", "change", "categories", "note", "recommended", "recommended_categories", "text_digest"];
    const rows = comments.flatMap((comment, index) => (decisions.has(comment.id) ? [exportRow(index, withText)] : []));
    return [withText ? [...heads, "text"] : heads, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
  }

  function exportDecisions() {
    // the mark at the front tells spreadsheets that the file is in UTF-8
    const blob = new Blob(["\ufeff", exportText($("with-text").checked)], { type: "text/csv;charset=utf-8" });
    const link = make("a", { href: URL.createObjectURL(blob), download: `decisions-${sheet.slice(0, 8)}.csv` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    unsaved = false;
    say(`${count(decisions.size)} decisions exported.`);
  }

  // ------------------------------------------------------------------------------------------------- listeners

  const indexOf = (element) => Number(element.closest("li").dataset.index);

  list.addEventListener("focusin", ({ target }) => setCurrent(indexOf(target)));
  list.addEventListener("click", ({ target }) => {
    if (target.matches("[data-action]")) decide(indexOf(target), target.dataset.action);
    if (target.matches("[data-more]")) openMore(indexOf(target), target.getAttribute("aria-expanded") === "false");
  });
  list.addEventListener("input", ({ target }) => {
    if (target.matches("[data-category]")) tick(indexOf(target), target.dataset.category, target.checked);
    if (target.matches("[data-note]")) change(indexOf(target), { note: target.value });
  });

  const filters = document.querySelector(".filters");
  let waiting;
  filters.addEventListener("input", ({ target }) => {
    clearTimeout(waiting);
    waiting = setTimeout(show, target === $("words") ? 150 : 0);
  });
  filters.addEventListener("submit", (event) => event.preventDefault());
  $("clear-filters").addEventListener("click", () => { filters.reset(); show(); });
  $("export").addEventListener("click", exportDecisions);
  $("help").addEventListener("click", () => $("help-dialog").showModal());
  $("close-help").addEventListener("click", () => $("help-dialog").close());
  $("help-dialog").addEventListener("close", () => { $("forget").textContent = "Forget all decisions"; });
  $("forget").addEventListener("click", ({ target }) => {
    if (target.textContent === "Forget all decisions") {
      target.textContent = `Really forget ${count(decisions.size)}?`;
      return;
    }
    const touched = [...comments.keys()].filter((index) => decisions.has(comments[index].id));
    decisions.clear();
    remember();
    touched.forEach((index) => { cards[index]?.querySelector(".more")?.remove(); refresh(index); });
    showProgress();
    target.textContent = "Forget all decisions";
    say("All decisions are forgotten.");
  });
  window.addEventListener("beforeprint", () => appendUpTo(shown.length));
  window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

  // ----------------------------------------------------------------------------------------------------- start

  function addOptions(id, entries) {
    $(id).append(...entries.map(([value, label]) => make("option", { value }, label)));
  }

  addOptions("action", Object.entries(names.actions));
  if (comments.some(({ action }) => !action)) addOptions("action", [["unscored", "Not scored"]]);
  addOptions("category", Object.entries(names.categories).map(([key, { name }]) => [key, name]));
  addOptions("signpost", Object.entries(names.signposts).map(([key, { name }]) => [key, name]));
  if (!comments.some((comment) => comment.day)) $("sort").querySelectorAll("[value=new], [value=old]").forEach((o) => o.remove());
  $("storage").textContent = storage
    ? "Decisions and notes are kept in this browser, on this computer, until you forget them here. Nothing is sent anywhere."
    : "This browser keeps nothing: export before you close the page. Nothing is sent anywhere.";
  const figures = document.querySelector(".figures");
  const kept = storage?.getItem("social-guard:figures");
  figures.open = kept ? kept === "open" : !window.matchMedia("(max-width: 40rem)").matches;
  figures.querySelector("summary").addEventListener("click", () => {
    storage?.setItem("social-guard:figures", figures.open ? "closed" : "open");  // what it is about to become
  });
  show();
})();
