// What is shown: the state as the server gave it, the choices of the person at the page, and the
// files that go with one version. Choices stand in the address, so that a view can be passed on.
"use strict";

const Studio = (() => {
  const isStatic = "static" in document.documentElement.dataset;
  const choices = {
    view: "mail",
    width: "600",
    free: 0,
    appearance: "light",
    blocked: false,
    plain: false,
    outlook: false,
    sponsors: true,
    reader: "sample",
    block: "",
    file: "",
    line: 0,
    finding: 0,
    notes: false,
  };
  const initial = { ...choices };
  const watchers = [];
  let state = carried(byId("state"));
  let kept = new Map();

  /**
   * Calls `act(state, choices)` whenever one of `names` has changed. Besides choices these are
   * "state" (a new version) and "words" (another language).
   */
  const watch = (names, act) => watchers.push([names.split(" "), act]);

  function tell(names) {
    for (const [wanted, act] of watchers)
      if (wanted.some((name) => names.includes(name))) act(state, choices);
  }

  /** Takes over some choices; what did not change tells nobody. */
  function choose(changes, { history = "replace" } = {}) {
    const names = Object.keys(changes).filter((name) => choices[name] !== changes[name]);
    Object.assign(choices, changes);
    if (!names.length) return;
    if (history === "replace") writeAddress();
    tell(names);
  }

  /** The part of the address that leads to these choices: `#/view=source&file=…&line=74`. */
  const address = (wanted) => `#/${new URLSearchParams(wanted)}`;

  function writeAddress() {
    const wanted = { view: choices.view };
    for (const [name, value] of Object.entries(choices))
      if (value !== initial[name] && name !== "finding") wanted[name] = value;
    try {
      history.replaceState(null, "", address(wanted));
    } catch {
      // A page opened from disk may not be allowed to; nothing else depends on it.
    }
  }

  function readAddress() {
    const changes = {};
    for (const [name, value] of new URLSearchParams(location.hash.replace(/^#\/?/, ""))) {
      if (!(name in initial)) continue;
      const kind = typeof initial[name];
      changes[name] =
        kind === "boolean" ? value === "true" : kind === "number" ? Number(value) : value;
    }
    choose(changes, { history: "keep" });
    return changes;
  }

  /** Makes `next` the state shown; the files of the version before are forgotten. */
  function accept(next) {
    state = next;
    kept = new Map();
    tell(["state"]);
  }

  /** Everything is said again, in the language that the page speaks now. */
  const reword = () => tell(["words"]);

  /** The address of a file of this version for the chosen reader. */
  function located(name, version = state.version) {
    if (isStatic) return name;
    const personal = /^(frames|text|message)/.test(name);
    const query = new URLSearchParams(
      personal ? { reader: choices.reader, v: version } : { v: version },
    );
    return `${name}?${query}`;
  }

  /** A JSON file of this version, asked for once. Null where there is none. */
  function companion(name) {
    const key = located(name);
    if (!kept.has(key)) kept.set(key, isStatic ? Promise.resolve(embedded(name)) : fetched(key));
    return kept.get(key);
  }

  const embedded = (name) => carried(document.querySelector(`script[data-file="${name}"]`));

  async function fetched(key) {
    const answer = await fetch(key).catch(() => null);
    if (answer && answer.ok) return answer.json();
    kept.delete(key);
    return null;
  }

  return {
    isStatic,
    choices,
    watch,
    choose,
    accept,
    reword,
    address,
    readAddress,
    located,
    companion,
    fetched,
    get state() {
      return state;
    },
  };
})();
