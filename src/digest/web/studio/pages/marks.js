// What is drawn over and beside the letter without touching it: the selected part, the findings'
// numbers in the margin, the sentences taken from an article. Everything is measured through the
// frame's document; a frame from disk is another origin, and then nothing is drawn.
"use strict";

const Marks = (() => {
  const PARTS =
    "#note, #contents, [id^='story-'], [id^='slot-'], #briefs, #quotation, #ending, #footer, #masthead";
  const COLUMN = 640;
  const BESIDE = 24;

  /** The parts of the letter in a frame's document: key, top, bottom, left, right in its pixels. */
  function parts(inside) {
    if (!inside || !inside.body) return [];
    const found = [...inside.querySelectorAll(PARTS)]
      .map((element) => ({ key: element.id, element, ...extent(element) }))
      .filter((part) => part.bottom > part.top)
      .sort((one, other) => one.top - other.top);
    const end = inside.documentElement.getBoundingClientRect().height;
    for (const [index, part] of found.entries()) {
      const next =
        index + 1 < found.length ? found[index + 1].top : part.key === "footer" ? end : part.bottom;
      part.bottom = part.whole || isWhole(part, next) ? part.bottom : Math.max(part.bottom, next);
    }
    return found;
  }

  // The letter's column is the widest ancestor that is still a column, not the whole window.
  function extent(element) {
    const block = element.id.startsWith("slot-") && element.closest(".sand");
    const own = (block || element).getBoundingClientRect();
    if (block) return { ...own.toJSON(), whole: true };
    let box = own;
    for (let node = element.parentElement; node; node = node.parentElement) {
      const rect = node.getBoundingClientRect();
      if (rect.width > COLUMN) break;
      if (rect.width >= box.width) box = rect;
    }
    return { top: own.top, bottom: own.bottom, left: box.left, right: box.right };
  }

  // Some ids stand on the whole part, others on its first line only.
  const isWhole = (part, next) => part.bottom - part.top > (next - part.top) * 0.6;

  function draw(frame, state, choices, lines) {
    const overlay = byId("overlay");
    overlay.replaceChildren();
    const inside = frame.contentDocument;
    const measured = parts(inside);
    if (!measured.length) return;
    const selected = measured.find((part) => part.key === choices.block);
    if (selected) overlay.append(...selection(selected, state));
    overlay.append(...numbers(measured, state, choices, frame));
    if (selected && lines.length) overlay.append(...sentences(selected, measured, inside, lines));
  }

  function selection(part, state) {
    const sponsored = part.key.startsWith("slot-");
    const box = make("div", { class: sponsored ? "chosen sponsored" : "chosen" });
    place(box, { x: part.left, y: part.top, w: part.right - part.left, h: part.bottom - part.top });
    const edge = make(
      "span",
      { class: sponsored ? "edge sponsored" : "edge" },
      edgeWords(part.key, state),
    );
    place(edge, { x: part.left - 22, y: part.top });
    return [box, edge];
  }

  function edgeWords(key, state) {
    const [kind, name] = key.split("-");
    const part = state.plan.find((one) => one.key === key);
    if (kind === "slot") return Plan.slotWords(key, part && part.position).toLowerCase();
    return Words.knows(`edge_${kind}`) ? say(`edge_${kind}`, { number: name }) : "";
  }

  function numbers(measured, state, choices, frame) {
    const marks = [];
    for (const part of measured) {
      const here = drawn(state).filter((finding) => finding.target === part.key);
      gathered(here).forEach((group, index) => {
          const mark = markOf(group, `margin-${group[0].number}`, choices);
          // Without a margin the number sits on the part's upper edge, where no text stands.
          const x = Math.min(part.right + 9, frame.clientWidth + lane() - BESIDE);
          place(mark, { x, y: part.top + (x < part.right ? -12 : 8) + index * 26 });
          marks.push(mark);
        });
    }
    return marks;
  }

  /** The findings whose numbers stand beside the letter: notes only while their list is open. */
  const drawn = (state) =>
    state.findings.filter(({ severity }) => severity !== "note" || Studio.choices.notes);

  // Pixels between the letter's frame and the edge of the stage, on the right.
  const lane = () =>
    byId("scroll").getBoundingClientRect().right - byId("frames").getBoundingClientRect().right;

  /** Findings in groups that share a mark: notes in a row together, every other one by itself. */
  function gathered(findings) {
    const groups = [];
    for (const finding of findings) {
      const last = groups.at(-1)?.at(-1);
      const follows = last && last.number === finding.number - 1;
      if (follows && last.severity === "note" && finding.severity === "note")
        groups.at(-1).push(finding);
      else groups.push([finding]);
    }
    return groups;
  }

  /** The link that carries a group's numbers, for the margin, the plan and the inbox. */
  function markOf(group, id, choices) {
    const [finding] = group;
    const [first, last] = [finding.number, group.at(-1).number];
    const several = last > first;
    const current = group.some(({ number }) => number === choices.finding);
    return make(
      "a",
      {
        id,
        class: `mk ${finding.severity}`,
        href: Studio.address({ finding: finding.number }),
        "aria-label": several
          ? say("notes_range", { first, last })
          : `${say("finding", finding)}${say("colon")} ${Words.tell(finding.message)}`,
        "aria-current": current && "true",
        onclick(event) {
          event.preventDefault();
          Findings.reveal(finding.number);
        },
      },
      make("span", {}, several ? `${first}–${last}` : String(first)),
    );
  }

  function sentences(part, measured, inside, lines) {
    const next = measured[measured.indexOf(part) + 1];
    const found = [];
    const text = gather(inside, part.element, next && next.element);
    for (const { n, words } of lines) {
      const range = text.find(words, inside);
      if (!range) continue;
      const rows = rowsOf(range);
      for (const row of rows) found.push(place(make("i", { class: "span" }), row));
      if (rows.length)
        found.push(
          place(make("b", { class: "nth" }, String(n)), { x: rows[0].x - 5, y: rows[0].y - 7 }),
        );
    }
    return found;
  }

  // The text from one element up to another, with spaces and apostrophes made alike: the letter is
  // typeset, the article is not. `find` gives the range where some words stand in it, or null.
  function gather(inside, from, until) {
    const walker = inside.createTreeWalker(inside.body, NodeFilter.SHOW_TEXT);
    walker.currentNode = from;
    let flat = "";
    const at = [];
    for (let node = walker.nextNode(); node && isBefore(node, until); node = walker.nextNode()) {
      for (let offset = 0; offset < node.length; offset += 1) {
        const unit = plain(node.data[offset]);
        if (!unit || (unit === " " && flat.endsWith(" "))) continue;
        flat += unit;
        at.push([node, offset]);
      }
    }
    return {
      find(words) {
        const wanted = [...words].map(plain).join("").replace(/ +/g, " ").trim();
        const start = wanted ? flat.indexOf(wanted) : -1;
        if (start < 0) return null;
        const [last, offset] = at[start + wanted.length - 1];
        const range = inside.createRange();
        range.setStart(...at[start]);
        range.setEnd(last, offset + 1);
        return range;
      },
    };
  }

  const isBefore = (node, end) =>
    !end || Boolean(node.compareDocumentPosition(end) & Node.DOCUMENT_POSITION_FOLLOWING);

  function plain(character) {
    if (/[\u00ad\u200b-\u200d\u2060\ufeff]/.test(character)) return "";
    if (/\s/.test(character)) return " ";
    return character === "’" ? "'" : character;
  }

  // One rectangle a line.
  function rowsOf(range) {
    const rows = [];
    for (const rect of range.getClientRects()) {
      if (!rect.width) continue;
      const row = rows.at(-1);
      if (row && Math.abs(row.y - rect.top) < rect.height / 2) {
        row.w = Math.max(row.w, rect.right - row.x);
      } else rows.push({ x: rect.left, y: rect.top, w: rect.width, h: rect.height });
    }
    return rows;
  }

  function place(element, { x, y, w, h }) {
    element.style.setProperty("--x", `${Math.round(x)}px`);
    element.style.setProperty("--y", `${Math.round(y)}px`);
    if (w !== undefined) element.style.setProperty("--w", `${Math.round(w)}px`);
    if (h !== undefined) element.style.setProperty("--h", `${Math.round(h)}px`);
    return element;
  }

  return { parts, draw, drawn, gathered, markOf };
})();
