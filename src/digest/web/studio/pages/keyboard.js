// Single keys, for whoever looks at many faces of a letter in a row. They are ignored inside fields
// and dialogs, and can be switched off (WCAG 2.1.4).
"use strict";

const Keyboard = (() => {
  const VIEWS = ["mail", "text", "source", "headers"];

  // A key about the letter's looks also leads back to the letter.
  const look = (changes) => Studio.choose({ ...changes, view: "mail" });
  const flipped = (name) => ({ [name]: !Studio.choices[name] });

  function step(by) {
    const { plan } = Studio.state;
    if (!plan.length) return;
    const at = plan.findIndex(({ key }) => key === Studio.choices.block);
    const next =
      at < 0 ? (by > 0 ? 0 : plan.length - 1) : Math.min(plan.length - 1, Math.max(0, at + by));
    Plan.select(plan[next].key);
  }

  function nextFinding() {
    const { findings } = Studio.state;
    if (!findings.length) return announce(say("no_findings"));
    const at = findings.findIndex(({ number }) => number === Studio.choices.finding);
    Findings.reveal(findings[(at + 1) % findings.length].number);
  }

  function backToPlan() {
    const row = byId(`plan-${Studio.choices.block}`) || document.querySelector("#plan a");
    toPane("plan");
    if (row) row.focus();
  }

  const keys = {
    j: () => step(1),
    k: () => step(-1),
    n: nextFinding,
    v: () =>
      Studio.choose({ view: VIEWS[(VIEWS.indexOf(Studio.choices.view) + 1) % VIEWS.length] }),
    1: () => look({ width: "600" }),
    2: () => look({ width: "375" }),
    3: () => look({ width: "free" }),
    l: () => look({ appearance: "light", outlook: false }),
    d: () => look({ appearance: "dark", outlook: false }),
    i: () => look({ appearance: "inverted", outlook: false }),
    m: () => look(flipped("blocked")),
    s: () => look({ ...flipped("plain"), outlook: false }),
    o: () => look(flipped("outlook")),
    p: () => Studio.choose(flipped("sponsors")),
    f: () => Theme.toggle(),
    t: () => Acts.openTest(),
    a: () => Acts.openApprove(),
    "?": () => Acts.openKeys(),
  };

  const inField = (element) =>
    element.closest &&
    element.closest(
      "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]",
    );

  function pressed(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]") || inField(event.target)) return;
    if (event.key === "Escape") return backToPlan();
    const act = keys[event.key.toLowerCase()];
    if (!act || !byId("single-keys").checked) return;
    event.preventDefault();
    act();
  }

  function start() {
    byId("single-keys").checked = Memory.read("single-keys") !== "off";
    byId("single-keys").addEventListener("change", ({ target }) =>
      Memory.write("single-keys", target.checked ? "on" : "off"),
    );
    document.addEventListener("keydown", pressed);
  }

  return { start, pressed };
})();
