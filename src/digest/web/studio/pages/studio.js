// Puts the page together: the controls follow the choices and the choices the controls; the theme and
// the language of the page; new versions as the server tells of them.
"use strict";

const Controls = (() => {
  const radios = ["view", "width", "appearance"];
  const ticks = ["sponsors", "blocked", "plain", "outlook"];

  /** Sets every control to its choice, also those that a key or the address has made. */
  function follow(state, choices) {
    for (const name of radios) {
      const radio = byId(`${name}-${choices[name]}`);
      if (radio) radio.checked = true;
    }
    for (const name of ticks) byId(`tick-${name}`).checked = choices[name];
    byId("tick-plain").disabled = choices.outlook;
    byId("appearances").disabled = choices.outlook;
  }

  function start() {
    for (const name of radios)
      for (const radio of document.getElementsByName(name))
        radio.addEventListener("change", () => Studio.choose({ [name]: radio.value }));
    for (const name of ticks)
      byId(`tick-${name}`).addEventListener("change", ({ target }) =>
        Studio.choose({ [name]: target.checked }),
      );
    byId("fold").addEventListener("click", () => {
      const open = byId("bars").classList.toggle("open");
      byId("fold").setAttribute("aria-expanded", String(open));
    });
    Studio.watch([...radios, ...ticks].join(" "), follow);
    follow(Studio.state, Studio.choices);
  }

  return { start };
})();

const Theme = (() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");

  function set(theme) {
    document.documentElement.dataset.theme = theme;
    Memory.write("theme", theme);
    byId(`theme-${theme}`).checked = true;
  }

  /** As the system, or the other of light and dark. */
  function toggle() {
    const followed = document.documentElement.dataset.theme === "system";
    set(followed ? (dark.matches ? "light" : "dark") : "system");
    announce(
      say("theme_is", {
        theme: say(`theme_${document.documentElement.dataset.theme}`).toLowerCase(),
      }),
    );
  }

  function start() {
    const theme = Memory.read("theme");
    set(["light", "dark"].includes(theme) ? theme : "system");
    for (const radio of document.getElementsByName("theme"))
      radio.addEventListener("change", () => set(radio.value));
  }

  return { start, toggle };
})();

const Live = (() => {
  const PATIENCE = 2000;
  const LATE = 300;
  let told = 0;
  let late = 0;
  let newest = Promise.resolve();

  /** Takes over the newest state and its letter, and says so; done when the last one asked for is. */
  function refresh(version) {
    newest = take(version);
    return newest;
  }

  async function take(version) {
    const turn = ++told;
    // The letter first: what is said about it would keep the server from drawing it.
    const framed = version ? await Stage.load(version) : true;
    const next = turn === told ? await Studio.fetched("state.json") : null;
    if (turn !== told) return newest;
    done();
    if (!next || !framed) return Standing.lost();
    const before = Studio.state;
    Studio.accept(next);
    Stage.name();
    if (next.version !== (version || before.version)) await Stage.load(next.version);
    Stage.mark();
    if (next.version !== before.version)
      announce(
        [say("rendered_at", { time: next.rendered_at }), byId("counts").textContent].join(". "),
      );
  }

  function busy() {
    clearTimeout(late);
    byId("stage").setAttribute("aria-busy", "true");
    late = setTimeout(() => byId("rendered").replaceChildren(say("rendering")), LATE);
  }

  function done() {
    clearTimeout(late);
    byId("stage").removeAttribute("aria-busy");
    Standing.footer(Studio.state);
  }

  function listen() {
    const events = new EventSource("events");
    events.addEventListener("busy", busy);
    events.addEventListener("state", ({ data }) => {
      const { version } = JSON.parse(data);
      if (version !== Studio.state.version) refresh(version);
      else {
        done();
        Standing.regained(Studio.state);
      }
    });
    events.addEventListener("error", async () => {
      Standing.lost();
      if (events.readyState !== EventSource.CLOSED) return;
      const answer = await fetch("state.json").catch(() => null);
      if (answer && answer.status === 403) Standing.lost("lost_key");
      setTimeout(listen, PATIENCE);
    });
  }

  return { listen, refresh };
})();

(() => {
  function speak(language) {
    Words.speak(language);
    Studio.reword();
  }

  // An address with a choice in it: as the page opens, and when a link or Back changes it.
  function follow() {
    const changes = Studio.readAddress();
    toPane("letter");
    if (changes.view === "source" && changes.line) Reading.toLine();
    else if (changes.block) Stage.show(changes.block);
  }

  Theme.start();
  Controls.start();
  Standing.start();
  Plan.start();
  Findings.start();
  Stage.start();
  Reading.start();
  Behind.start();
  Readers.start();
  Acts.start();
  Keyboard.start();
  byId("language").addEventListener("click", () => {
    speak(Words.other());
    Memory.write("language", Words.language);
  });
  addEventListener("hashchange", follow);
  if (innerWidth < 620) Studio.choose({ width: "375" }, { history: "keep" });
  speak(Memory.read("language") || Studio.state.language);
  follow();
  Stage.reload().then(() => {
    Stage.show(Studio.choices.block);
    if (!Studio.isStatic) Live.listen();
  });
})();
