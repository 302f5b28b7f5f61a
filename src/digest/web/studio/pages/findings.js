// What the check found: numbered, each leading to its line and to its part of the letter.
"use strict";

const Findings = (() => {
  function findings(state, choices) {
    const { errors, warnings, notes, passed, silenced } = state.counts;
    const rest = [
      warnings && count("warnings", warnings),
      notes && count("notes", notes),
      passed && count("passed", passed),
      silenced && count("silenced", silenced),
    ]
      .filter(Boolean)
      .join(", ");
    fill(
      "counts",
      errors ? make("b", { class: "err" }, count("errors", errors)) : "",
      errors && rest ? ", " : "",
      rest,
    );
    const graves = state.findings.filter(({ severity }) => severity !== "note");
    const light = state.findings.filter(({ severity }) => severity === "note");
    fill(
      "findings",
      state.failure
        ? make("li", { class: "none" }, say("stale_findings"))
        : graves.length
          ? []
          : make("li", { class: "none" }, say("no_findings")),
      graves.map((finding) => foundItem(finding, state, choices)),
    );
    fill(
      "notes-list",
      light.map((finding) => foundItem(finding, state, choices)),
    );
    byId("notes-count").textContent = count("notes", light.length);
    byId("notes").hidden = !light.length;
    byId("notes").open = choices.notes;
  }

  function foundItem(finding, state, choices) {
    const { number, severity, place, message, hint, file, line, rule, about, target } = finding;
    const chosen = choices.finding === number;
    const part = isInLetter(finding);
    const mark = part
      ? make(
          "a",
          {
            id: `block-${number}`,
            class: `mk ${severity}`,
            href: Studio.address({ view: "mail", block: target }),
            "aria-label": say("finding_in_letter", { number }),
            onclick(event) {
              event.preventDefault();
              reveal(number);
            },
          },
          make("span", {}, String(number)),
        )
      : make("span", { class: `mk ${severity}` }, make("span", {}, String(number)));
    return make(
      "li",
      { id: `finding-${number}`, class: chosen ? "on" : null },
      mark,
      make(
        "div",
        {},
        make(
          "p",
          {},
          make("span", { class: "vh" }, say(`severity_${severity}`), say("colon"), " "),
          make("b", {}, Words.tell(place)),
          say("colon"),
          " ",
          make("span", Words.spoken(message), coded(Words.tell(message))),
        ),
        hint.en && make("p", { class: "hint", ...Words.spoken(hint) }, coded(Words.tell(hint))),
        make(
          "p",
          { class: "where" },
          file
            ? make(
                "a",
                {
                  id: `line-${number}`,
                  href: Studio.address({ view: "source", file, line, finding: number }),
                },
                make("code", {}, file),
                line ? say("file_line", { file: "", line }) : "",
              )
            : "",
          make("code", { class: "rule", title: Words.tell(about) }, rule),
        ),
        chosen ? make("p", { class: "about" }, Words.tell(about)) : "",
      ),
    );
  }

  const isInLetter = ({ target }) => target && target !== "inbox";

  /** A text with what stands between backticks as code. */
  const coded = (text) =>
    text.split(/`([^`]+)`/).map((piece, n) => (n % 2 ? make("code", {}, piece) : piece));

  /** Leads to a finding: its part of the letter, its item in the list, which takes the focus. */
  function reveal(number) {
    const finding = Studio.state.findings.find((one) => one.number === number);
    const part = isInLetter(finding);
    const notes = Studio.choices.notes || finding.severity === "note";
    Studio.choose(
      part
        ? { finding: number, notes, block: finding.target, view: "mail" }
        : { finding: number, notes },
    );
    if (part) Stage.show(finding.target);
    byId("checks").open = true;
    toPane("side");
    byId(`finding-${number}`).scrollIntoView({ block: "nearest" });
    (byId(`line-${number}`) || byId(`block-${number}`) || byId("side")).focus({
      preventScroll: true,
    });
  }

  function start() {
    Studio.watch("state words finding notes", findings);
    byId("notes").addEventListener("toggle", () => Studio.choose({ notes: byId("notes").open }));
  }

  return { start, reveal };
})();
