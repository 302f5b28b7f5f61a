// The edition's plan, part by part, and the row that a reader sees in the inbox.
"use strict";

const Plan = (() => {
  const MARKS = {
    note: "¶",
    contents: "≡",
    briefs: "+",
    quotation: "»",
    placement: [["circle", { cx: 6, cy: 6, r: 5, fill: "currentColor" }]],
    free: [
      [
        "circle",
        {
          cx: 6,
          cy: 6,
          r: 4.4,
          fill: "none",
          stroke: "currentColor",
          "stroke-width": 1.1,
          "stroke-dasharray": "1.8 1.7",
        },
      ],
    ],
  };

  function inbox(state) {
    byId("inbox").hidden = !state.inbox;
    if (!state.inbox) return;
    const { sender, subject, preheader, subject_phone, preheader_phone, line_desktop } =
      state.inbox;
    const letter = inItsLanguage(state);
    const hour = make("span", {}, say("today"));
    const titled = (limit) =>
      subject ? seen(subject, limit) : [make("i", { class: "quiet" }, say("no_subject"))];
    fill(
      "inbox-lengths",
      count("subject_length", subject.length),
      make("br"),
      count("preheader_length", preheader.length),
    );
    fill(
      "inbox-phone",
      make("p", { class: "r1" }, make("b", letter, sender), hour),
      make("p", { class: "sb", ...(subject && letter) }, titled(subject_phone)),
      make("p", { class: "pr", ...letter }, seen(preheader, preheader_phone)),
    );
    const left = Math.max(0, line_desktop - subject.length);
    fill(
      "inbox-desktop",
      make("b", { class: "from", ...letter }, sender),
      make(
        "span",
        { class: "sj", ...letter },
        make("b", {}, titled(line_desktop)),
        preheader && make("span", { class: "quiet" }, " – ", seen(preheader, left)),
      ),
      hour.cloneNode(true),
    );
    fill(
      "inbox-marks",
      Marks.gathered(Marks.drawn(state).filter(({ target }) => target === "inbox")).map((group) =>
        Marks.markOf(group, `inbox-${group[0].number}`, Studio.choices),
      ),
    );
  }

  // What stays visible, and struck out what is cut.
  function seen(text, limit) {
    if (text.length <= limit) return [text];
    const cut = make(
      "s",
      {},
      make("span", { class: "vh", lang: Words.language }, ` ${say("cut")}`),
      text.slice(limit),
    );
    return [text.slice(0, limit), cut];
  }

  function plan(state, choices) {
    const stories = state.plan.filter(({ kind }) => kind === "story").length;
    const sponsors = state.plan.filter(({ kind }) => kind === "placement").length;
    byId("plan-count").textContent = [
      count("stories", stories),
      sponsors && count("sponsors", sponsors),
    ]
      .filter(Boolean)
      .join(" · ");
    fill(
      "plan-rows",
      state.plan.map((part) => row(part, state, choices)),
    );
    const file = make("code", {}, state.edition.file);
    fill(
      "plan-foot",
      stories
        ? [
            make("p", {}, say("edit_in")),
            make(
              "p",
              {},
              make(
                "a",
                {
                  id: "plan-file",
                  href: Studio.address({ view: "source", file: state.edition.file, line: 1 }),
                },
                file,
              ),
            ),
          ]
        : [
            make("p", { class: "strong" }, say("plan_empty")),
            make("p", {}, say("plan_empty_what"), " ", make("code", {}, "digest build")),
          ],
    );
  }

  function row(part, state, choices) {
    const selected = choices.block === part.key;
    const mark = part.number || MARKS[part.kind];
    const { title, detail } = partWords(part, state);
    return make(
      "li",
      {
        class: `${["placement", "free"].includes(part.kind) ? "sp " : ""}${part.kind}${selected ? " sel" : ""}`,
      },
      make(
        "a",
        {
          id: `plan-${part.key}`,
          class: "part",
          href: Studio.address({ view: "mail", block: part.key }),
          title,
          "aria-current": selected && "true",
          onclick(event) {
            event.preventDefault();
            select(part.key);
          },
        },
        make("span", { class: "n" }, typeof mark === "string" ? mark : shape(mark)),
        make(
          "span",
          { class: "t" },
          make("b", part.kind === "free" || !part.title ? {} : inItsLanguage(state), title),
          detail && make("small", {}, detail),
        ),
      ),
      make(
        "span",
        { class: "marks" },
        Marks.gathered(findingsOf(part, state)).map((group) =>
          Marks.markOf(group, `plan-finding-${part.key}-${group[0].number}`, choices),
        ),
      ),
    );
  }

  const findingsOf = (part, state) =>
    Marks.drawn(state).filter(({ number }) => part.findings.includes(number));

  /** A part's title and second line in the page's words. */
  function partWords(part) {
    const slot = () => slotWords(part.key, part.position);
    if (part.kind === "free")
      return { title: say("kind_free"), detail: say("free_detail", { slot: slot() }) };
    if (part.kind === "placement") {
      const booking =
        part.booking && Words.knows(`booking_${part.booking}`)
          ? say(`booking_${part.booking}`)
          : part.booking;
      return { title: part.title, detail: booking ? `${slot()} · ${booking}` : part.detail };
    }
    if (part.kind === "story") {
      const written =
        part.origin === "editor"
          ? say("origin_editor")
          : part.sentences && count("sentences", part.sentences);
      return { title: part.title, detail: [part.detail, written].filter(Boolean).join(" · ") };
    }
    const counted = part.count && count(part.kind === "contents" ? "stories" : "news", part.count);
    return { title: part.title || say(`kind_${part.kind}`), detail: counted || part.detail };
  }

  function slotWords(key, position) {
    const name = key.replace(/^slot-/, "");
    const known = [name, position].find((one) => Words.knows(`slot_${one}`));
    return known ? say(`slot_${known}`) : name;
  }

  /** Chooses a part of the letter and shows it. */
  function select(key) {
    toPane("letter");
    Studio.choose({ view: "mail", block: key });
    Stage.show(key);
    const part = Studio.state.plan.find((one) => one.key === key);
    if (!part) return;
    byId(`plan-${key}`).scrollIntoView({ block: "nearest" });
    announce(
      say("selected", { what: [part.number, partWords(part).title].filter(Boolean).join(" ") }),
    );
  }

  function start() {
    Studio.watch("state words block finding notes", plan);
    Studio.watch("state words finding notes", inbox);
    for (const pane of document.querySelectorAll("[name=pane]"))
      pane.addEventListener("change", () => toPane(pane.value));
  }

  return { start, select, partWords, slotWords };
})();
