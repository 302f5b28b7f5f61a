// Where things stand: the masthead with its two acts or what came of them, the red line when the
// letter does not render or nobody answers, the foot with size and time.
"use strict";

const Standing = (() => {
  // Changed parts that are named; the others are in the tooltip.
  const NAMED = 3;

  function masthead(state) {
    const { edition, publication } = state;
    fill(
      "wordmark",
      publication.wordmark.map(([words, italic]) => (italic ? make("i", {}, words) : words)),
    );
    byId("wordmark").lang = edition.letter_language;
    byId("edition-id").textContent = edition.id;
    const number = edition.number ? say("edition_number", edition) : "";
    const which = [number, edition.day].filter(Boolean).join(" · ");
    byId("edition-day").textContent = which.charAt(0).toUpperCase() + which.slice(1);
    document.title = `${say("title")} – ${edition.id} – ${publication.name}`;
    standing(state);
    byId("language").textContent = Words.all[Words.other()].language_name;
    byId("language").lang = Words.other();
  }

  // Where the edition stands: the two buttons, or the words that took their place.
  function standing(state) {
    const { status, can } = state;
    const settled = {
      approved: approval,
      dispatched: dispatch,
      skipped: () => say("skipped"),
    }[status.state];
    byId("approved").hidden = !settled;
    byId("approved").textContent = settled ? settled(status) : "";
    byId("why").hidden = Boolean(settled) && !Studio.isStatic;
    byId("why").textContent = can.approve ? readiness(status) : reason(state);
    byId("why").title = (status.changed ?? []).join(", ");
    byId("why").className =
      can.approve || ["checking", "static"].includes(can.why_not) ? "quiet" : "err";
    if (Studio.isStatic) return;
    byId("open-reopen").hidden = !can.reopen;
    byId("open-test").hidden = !can.test;
    byId("open-approve").hidden = Boolean(settled);
    byId("open-approve").setAttribute("aria-disabled", String(!can.approve));
  }

  function approval({ at, hash }) {
    const { today, words } = moment(at);
    if (!words) return say("approved_unknown", { hash });
    return say(today ? "approved" : "approved_on", { at: words, hash });
  }

  function dispatch({ at }) {
    const { today, words } = moment(at);
    if (!words) return say("dispatched");
    return say(today ? "dispatched_at" : "dispatched_on", { at: words });
  }

  // "2026-11-16 17:58" as a person says it: the hour alone for today.
  function moment(at) {
    const [day, time] = at.split(" ");
    if (!time) return { today: true, words: at };
    if (new Date().toLocaleDateString("sv") === day) return { today: true, words: time };
    const [year, month, date] = day.split("-").map(Number);
    const named = new Date(year, month - 1, date).toLocaleDateString(Words.language, {
      day: "numeric",
      month: "long",
    });
    return { today: false, words: `${named}, ${time}` };
  }

  // Said before approving: nothing more, or what has changed since the approval that no longer holds.
  function readiness({ changed = [] }) {
    if (!changed.length) return say("ready");
    const named = changed.slice(0, NAMED).join(", ");
    return say("changed_since", { parts: changed.length > NAMED ? `${named}…` : named });
  }

  /** Why the edition cannot be approved, in words. */
  function reason({ can, counts, exported_at }) {
    if (can.why_not === "static")
      return `${say("exported_at", { time: Words.tell(exported_at) })}. ${say("exported_hint")}`;
    if (["failure", "checking"].includes(can.why_not)) return say(`why_${can.why_not}`);
    return counts.errors ? count("why_errors", counts.errors) : say("why_other");
  }

  function size({ size: { bytes, warn, clip } }) {
    const words = {
      size: Words.kilobytes(bytes),
      warn: Words.kilobytes(warn, 0),
      clip: Words.kilobytes(clip, 0),
    };
    const x = (amount) => (Math.min(amount, clip * 1.25) * 255) / clip;
    const level = bytes > clip ? "over" : bytes > warn ? "near" : "";
    byId("size-words").textContent = words.size;
    byId("size-words").className = level === "over" ? "err" : "";
    byId("size-bar").setAttribute("aria-label", say("size_label", words));
    fill(
      "size-bar",
      make("path", { class: "hair", d: "M0 13.5H255" }),
      make("rect", { class: `ink ${level}`, x: 0, y: 11, width: x(bytes), height: 5 }),
      make("path", { class: "axis", d: `M${Math.round(x(warn)) + 0.5} 7V20M255.5 7V20` }),
      make(
        "text",
        { x: x(warn) - 5, y: 8, "text-anchor": "end" },
        say("size_warns", { size: words.warn }),
      ),
      make("text", { x: 261, y: 18 }, say("size_clips", { size: words.clip })),
    );
  }

  /** The line at the foot: what is not shown, and when the letter was rendered. */
  function footer(state) {
    const foreign = state.pictures ? state.pictures.foreign.length : 0;
    const rendered = state.version && say("rendered_at", { time: state.rendered_at });
    byId("rendered").textContent = [!Studio.choices.sponsors && say("unsponsored"), foreign && count("foreign", foreign), rendered]
      .filter(Boolean)
      .join(" · ");
  }

  /** The red line: a template that fails, or a server that is gone. */
  function trouble(state) {
    const { failure } = state;
    byId("trouble").hidden = !failure;
    if (!failure) return;
    const at =
      failure.file &&
      make(
        "a",
        {
          id: "trouble-line",
          href: Studio.address({ view: "source", file: failure.file, line: failure.line }),
        },
        failure.line ? say("file_line", failure) : failure.file,
      );
    fill(
      "trouble",
      make(
        "p",
        {},
        make("b", {}, say(state.version ? "failure" : "failure_first")),
        " ",
        make("span", { lang: "en" }, failure.message),
        at ? " " : "",
        at,
      ),
      make(
        "p",
        { class: "quiet" },
        failure.hint && make("span", { lang: "en" }, failure.hint, " "),
        state.version ? say("failure_hint") : "",
      ),
    );
  }

  function lost(hint = "lost_hint") {
    byId("trouble").hidden = false;
    fill("trouble", make("p", {}, make("b", {}, say("lost")), " ", say(hint)));
    document.body.classList.add("lost");
  }

  function regained(state) {
    document.body.classList.remove("lost");
    trouble(state);
  }

  function start() {
    Studio.watch("sponsors", footer);
    Studio.watch("state words", (state) => {
      masthead(state);
      regained(state);
      size(state);
      footer(state);
      byId("no-letter").hidden = Boolean(state.version);
      byId("frames").hidden = !state.version;
      byId("ruler").classList.toggle("gone", !state.version);
    });
  }

  return { start, reason, footer, lost, regained };
})();
