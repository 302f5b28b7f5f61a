// What stands behind the chosen part: the article with the sentences taken from it, or a sponsor's
// booking; and all links with how they are measured.
"use strict";

const Behind = (() => {
  async function provenance(state, choices) {
    const part = state.plan.find(({ key }) => key === choices.block);
    const all = (await Studio.companion("provenance.json")) ?? {};
    if (choices.block !== Studio.choices.block) return;
    const story = all[choices.block];
    const title = byId("provenance-title");
    byId("provenance-count").textContent = "";
    if (part && ["placement", "free"].includes(part.kind)) {
      title.textContent = say("booking", { slot: Plan.slotWords(part.key, part.position) });
      fill("provenance-body", booking(part, state));
    } else if (part && part.kind === "story" && story) {
      title.textContent = say("provenance_of", part);
      byId("provenance-count").textContent =
        story.note === "editor"
          ? say("origin_editor")
          : story.spans.length
            ? count("verbatim", story.spans.length)
            : "";
      fill("provenance-body", article(story, state));
    } else {
      title.textContent = say("provenance");
      fill(
        "provenance-body",
        make("p", { class: "src quiet" }, say(choices.block ? "provenance_none" : "provenance_pick")),
      );
    }
    Stage.mark(story ? taken(story) : []);
  }

  /** The sentences taken from an article: their number and their words. */
  function taken(story) {
    const words = new Map();
    for (const { pieces } of story.paragraphs)
      for (const { text: piece, span } of pieces)
        if (span) words.set(span, (words.get(span) ?? "") + piece);
    return [...words].map(([n, whole]) => ({ n, words: whole }));
  }

  function article(story, state) {
    const words = inItsLanguage(state);
    const link =
      story.url &&
      make(
        "a",
        { id: "article", href: story.url, target: "_blank", rel: "noopener noreferrer" },
        say("published_article"),
      );
    const begun = new Set();
    const paragraphs = story.paragraphs.map(({ role, pieces }) =>
      make(
        "p",
        { class: role },
        pieces.map(({ text: piece, span }) => {
          if (!span) return piece;
          const number = begun.has(span) ? "" : make("sup", {}, String(span));
          begun.add(span);
          return make("mark", {}, number, piece);
        }),
        role === "chapo"
          ? make("i", { class: "quiet", lang: Words.language }, ` ${say("chapo")}`)
          : "",
      ),
    );
    const several = story.spans.length > 0;
    return [
      make(
        "p",
        { class: "src quiet" },
        [story.source, Words.tell(story.published)].filter(Boolean).join(", "),
        link ? " · " : "",
        link || "",
      ),
      story.note ? make("p", { class: "src" }, say(`provenance_${story.note}`)) : "",
      story.paragraphs.length
        ? make(
            "section",
            {
              class: "prov",
              ...words,
              tabindex: "0",
              "aria-label": story.title || say("provenance"),
            },
            paragraphs,
          )
        : "",
      several
        ? make("p", { class: "offs quiet" }, [
            ...story.spans.map((span, index) =>
              make("span", {}, spanWords(span, story.spans[index - 1])),
            ),
            make("span", {}, say("nothing_added")),
          ])
        : "",
    ].filter(Boolean);
  }

  const spanWords = ({ n, start, end }, before) =>
    say(before && before.n === n ? "offsets_more" : "offsets", { n, start, end });

  function booking(part, state) {
    if (part.kind === "free") return [make("p", { class: "src quiet" }, say("booking_free"))];
    const { title } = Plan.partWords(part);
    const stands =
      part.booking && Words.knows(`booking_${part.booking}`)
        ? say(`booking_${part.booking}`)
        : part.booking;
    const written = inItsLanguage(state);
    const facts = [
      ["booking_sponsor", title, written],
      ["booking_state", [stands, part.booking_id].filter(Boolean).join(" · "), {}],
      ["booking_label", part.detail, written],
      ["booking_creative", part.creative, written],
    ];
    const rows = state.links.rows.filter(({ target }) => target === part.key);
    return [
      make(
        "dl",
        { class: "booked" },
        facts
          .filter(([, value]) => value)
          .flatMap(([key, value, attributes]) => [
            make("dt", {}, say(key)),
            make("dd", attributes, value),
          ]),
      ),
      rows.length ? make("p", { class: "src quiet" }, count("booking_links", rows.length)) : "",
      ...rows.map(({ url }) => make("p", { class: "src" }, make("code", { class: "whole" }, url))),
    ].filter(Boolean);
  }

  function links(state, choices) {
    const { common, rows } = state.links;
    const sponsored = rows.filter(({ sponsor }) => sponsor).length;
    byId("links-count").textContent = [
      count("links_count", rows.length),
      sponsored && count("links_sponsors", sponsored),
    ]
      .filter(Boolean)
      .join(", ");
    const alike = Object.entries(common).map(([name, value]) => [
      make("span", {}, `${name.replace("utm_", "")} `),
      make("code", {}, value),
    ]);
    fill(
      "links-body",
      rows.length
        ? [
            alike.length
              ? make(
                  "p",
                  { class: "src quiet" },
                  say("links_sponsored"),
                  " ",
                  alike.flatMap((pair, index) => (index ? [", ", ...pair] : pair)),
                )
              : "",
            make(
              "table",
              { class: "links" },
              make(
                "thead",
                {},
                make(
                  "tr",
                  {},
                  make("th", { scope: "col" }, say("link_block")),
                  make("th", { scope: "col" }, say("link_text")),
                  make("th", { scope: "col" }, "utm"),
                ),
              ),
              make(
                "tbody",
                {},
                rows.map((row, index) => linkRow(row, index, choices, state)),
              ),
            ),
          ].filter(Boolean)
        : make("p", { class: "src quiet" }, say("no_links")),
    );
  }

  function linkRow({ target, text: words, url, shown, sponsor, utm, finding }, index, choices, state) {
    const found = state.findings.find(({ number }) => number === finding);
    const values = Object.entries(utm).map(([name, value]) =>
      make(
        "span",
        { class: "utm", title: `${name}=${value}` },
        make("b", {}, `${name.replace("utm_", "")} `),
        value,
      ),
    );
    return make(
      "tr",
      { class: target && target === choices.block ? "on" : null },
      make(
        "th",
        { scope: "row" },
        blockWords(target),
        found ? Marks.markOf([found], `link-finding-${index}`, choices) : "",
      ),
      make(
        "td",
        {},
        make(
          "a",
          { href: url, target: "_blank", rel: "noopener noreferrer", title: url },
          words || shown,
        ),
        sponsor ? [" ", make("span", { class: "pub" }, say("link_sponsor"))] : "",
        make("code", { title: url }, shown),
      ),
      make("td", {}, values),
    );
  }

  function blockWords(target) {
    const [kind, name] = (target || "top").split("-");
    if (kind === "slot") return Plan.slotWords(target);
    return Words.knows(`block_${kind}`) ? say(`block_${kind}`, { number: name }) : target;
  }

  function start() {
    Studio.watch("state words block", provenance);
    Studio.watch("state words block", links);
  }

  return { start };
})();
