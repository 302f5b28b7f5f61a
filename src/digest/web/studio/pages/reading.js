// What is read in place of the letter: the text part, files with their lines, headers.
"use strict";

const Reading = (() => {
  const LONG = 400;
  const BREAKS = /(?=<(?:table|tr|td|div|p|h\d|ul|ol|li|a|img|style|\/head|body|!--\[)\b)/;
  let drawn = Promise.resolve();

  async function text(state, choices) {
    const name = choices.sponsors ? "text.json" : "text-unsponsored.json";
    const found = await Studio.companion(name);
    byId("text").lang = state.edition.letter_language;
    byId("text").dir = state.edition.direction;
    if (found) byId("text").textContent = found.lines.join("\n");
  }

  async function source(state, choices) {
    const found = await Studio.companion("files.json");
    if (!found || !found.files.length) return;
    const wanted = choices.file || state.edition.file;
    const file = found.files.find(({ path }) => path === wanted);
    fillFiles(found.files, file ? wanted : "");
    byId("line").value = choices.line || "";
    byId("file-extent").textContent = file ? count("lines", file.lines.length) : "";
    const marks = state.findings.filter((finding) => finding.file === wanted);
    keepingFocus(() =>
      byId("source").replaceChildren(
        ...(file
          ? file.lines.map((words, index) => lineOf(words, index + 1, choices, marks))
          : [make("p", { class: "nothing" }, say("file_missing"))]),
      ),
    );
  }

  function fillFiles(files, chosen) {
    const groups = grouped(files);
    byId("file").replaceChildren(
      ...[...groups].map(([kind, members]) =>
        make(
          "optgroup",
          { label: say(`kind_of_file_${kind}`) },
          members.map(({ path }) =>
            make("option", { value: path, selected: path === chosen }, path),
          ),
        ),
      ),
    );
    if (!chosen) byId("file").selectedIndex = -1;
  }

  function grouped(files) {
    const groups = new Map();
    for (const file of files) groups.set(file.kind, [...(groups.get(file.kind) ?? []), file]);
    return groups;
  }

  function lineOf(words, number, choices, marks) {
    const here = marks.filter(({ line }) => line === number);
    return make(
      "div",
      {
        id: `L${number}`,
        class: choices.line === number ? "ln hit" : "ln",
        tabindex: choices.line === number ? "-1" : null,
      },
      make(
        "span",
        { class: "no", "data-n": number },
        here.map((finding) =>
          make(
            "a",
            {
              class: `mk ${finding.severity}`,
              href: Studio.address({ finding: finding.number }),
              "aria-label": say("finding_on_line", finding),
              onclick(event) {
                event.preventDefault();
                Findings.reveal(finding.number);
              },
            },
            make("span", {}, String(finding.number)),
          ),
        ),
      ),
      make(
        "code",
        {},
        words.length > LONG
          ? words.split(BREAKS).map((piece) => make("span", { class: "piece" }, piece))
          : words || "\u200b",
      ),
    );
  }

  /** Moves the focus to the chosen line, in the middle of the window. */
  async function toLine() {
    await drawn;
    const line = byId(`L${Studio.choices.line}`);
    if (!line) return;
    line.scrollIntoView({ block: "center" });
    line.focus({ preventScroll: true });
  }

  async function headers() {
    const found = await Studio.companion("message.json");
    if (!found) return;
    byId("headers").replaceChildren(
      ...found.headers.map(([name, value]) =>
        make(
          "tr",
          {},
          make("th", { scope: "row" }, name),
          make("td", {}, make("code", {}, value)),
        ),
      ),
    );
    byId("message-size").textContent =
      `${say("message_size", { size: Words.kilobytes(found.bytes) })}.`;
    byId("raw").textContent = found.raw;
  }

  const views = { text, source, headers };

  /** Draws the view that is read; the letter's own is the stage's. */
  function view(state, choices) {
    if (views[choices.view]) drawn = views[choices.view](state, choices);
  }

  function start() {
    Studio.watch("state words view sponsors reader file line", view);
    byId("file").addEventListener("change", () =>
      Studio.choose({ file: byId("file").value, line: 0 }),
    );
    byId("jump").addEventListener("submit", (event) => {
      event.preventDefault();
      Studio.choose({ file: byId("file").value, line: Number(byId("line").value) || 0 });
      toLine();
    });
  }

  return { start, toLine };
})();
