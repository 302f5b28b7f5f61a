// The letter's frame: which face is loaded, how wide it is, where it is scrolled to. Two frames take
// turns: the next face loads behind the one that is read, and takes its place when it is whole.
"use strict";

const Stage = (() => {
  const NARROWEST = 280;
  const WIDEST = 1000;
  const USUAL = 720;
  const HANDLES = 48;
  const SLOW = 300;
  const frames = [...document.querySelectorAll("iframe.frame")];
  const scroll = byId("scroll");
  let shown = 0;
  let loading = 0;
  let lines = [];
  let height = scroll.clientHeight;
  const tops = {};

  const current = () => frames[shown];
  const inside = (frame) => {
    try {
      return frame.contentDocument;
    } catch {
      return null;
    }
  };

  /** The name of the face for some choices, as the server names its frames. */
  function face({ appearance, outlook, blocked, plain, sponsors }) {
    const name = outlook ? "outlook" : appearance;
    const without = [
      blocked && "blocked",
      plain && !outlook && "plain",
      !sponsors && "unsponsored",
    ];
    return [name, ...without.filter(Boolean)].join("-");
  }

  /** Loads the chosen face of `version` behind the one shown, then swaps. False: it did not come. */
  async function load(version = Studio.state.version) {
    if (!version) return true;
    const turn = ++loading;
    const late = setTimeout(() => byId("rendered").replaceChildren(say("rendering")), SLOW);
    byId("stage").setAttribute("aria-busy", "true");
    const spare = frames[1 - shown];
    const address = new URL(
      Studio.located(`frames/${face(Studio.choices)}.html`, version),
      document.baseURI,
    );
    await new Promise((loaded) => {
      spare.addEventListener("load", loaded, { once: true });
      spare.contentWindow.location.replace(address);
    });
    clearTimeout(late);
    if (turn !== loading) return true;
    byId("stage").removeAttribute("aria-busy");
    Standing.footer(Studio.state);
    if (!isLetter(inside(spare))) return false;
    swap(spare);
    return true;
  }

  // An answer that is no letter has no table in it; from disk nobody can look.
  const isLetter = (document_) =>
    location.protocol === "file:" || Boolean(document_ && document_.querySelector("table"));

  /** Loads the chosen face; says what is wrong when it does not come. */
  async function reload() {
    if (await load()) return;
    const reader = await fetch(Studio.located("text.json")).catch(() => null);
    // A reader found in an earlier sitting is nobody in this one.
    if (reader && reader.status === 404) Studio.choose({ reader: "sample" });
    else Standing.lost();
  }

  function swap(spare) {
    const place = whereReading();
    fit(spare);
    const old = current();
    old.classList.add("spare");
    old.tabIndex = -1;
    old.setAttribute("aria-hidden", "true");
    spare.classList.remove("spare");
    spare.removeAttribute("tabindex");
    spare.removeAttribute("aria-hidden");
    shown = frames.indexOf(spare);
    listen(spare);
    name();
    readOn(place);
    mark();
  }

  // Where the reader of the page is: the part at the top of the stage and how far into it, so that a
  // change above it moves nothing.
  function whereReading() {
    const top = scroll.scrollTop - byId("frames").offsetTop;
    const part = Marks.parts(inside(current()))
      .filter((one) => one.top <= top)
      .at(-1);
    return { top: scroll.scrollTop, key: part && part.key, into: part && top - part.top };
  }

  function readOn({ top, key, into }) {
    const part = key && Marks.parts(inside(current())).find((one) => one.key === key);
    scroll.scrollTop = part
      ? Math.round(part.top + Math.min(into, part.bottom - part.top)) + byId("frames").offsetTop
      : top;
  }

  /** Gives the frame the height of its letter, so that the stage scrolls and not the frame. */
  function fit(frame) {
    const document_ = inside(frame);
    const tall =
      document_ && document_.documentElement
        ? Math.ceil(document_.documentElement.getBoundingClientRect().height)
        : Math.max(400, scroll.clientHeight - 60);
    frame.style.height = `${tall}px`;
    if (frame === current()) byId("frames").style.height = `${tall}px`;
  }

  // Inside the letter a click chooses the part, never leaves the page; keys work as outside.
  function listen(frame) {
    const document_ = inside(frame);
    fit(frame);
    if (!document_) return;
    document_.addEventListener("click", (event) => {
      if (event.target.closest("a, area")) event.preventDefault();
      const hash = event.target.closest("a[href^='#']");
      const part = hash
        ? hash.getAttribute("href").slice(1)
        : Marks.parts(document_)
            .filter((one) => one.top <= event.clientY && event.clientY < one.bottom)
            .map((one) => one.key)[0];
      if (part) Studio.choose({ block: part });
      if (hash) show(part);
    });
    document_.addEventListener("keydown", (event) => Keyboard.pressed(event));
    new ResizeObserver(() => {
      if (frame !== current()) return;
      fit(frame);
      mark();
    }).observe(document_.documentElement);
  }

  function name() {
    const { appearance, outlook } = Studio.choices;
    for (const frame of frames) {
      frame.title = say("letter_frame", {
        face: say(outlook ? "outlook" : appearance).toLowerCase(),
        width: width(),
      });
      frame.classList.toggle("stale", Boolean(Studio.state.failure));
    }
  }

  /** Draws the marks anew; `sentences` as of provenance, kept until others are given. */
  function mark(sentences = lines) {
    lines = sentences;
    const isDark = Studio.choices.appearance !== "light" && !Studio.choices.outlook;
    scroll.dataset.ground = isDark ? "dark" : "light";
    if (inside(current()))
      keepingFocus(() => Marks.draw(current(), Studio.state, Studio.choices, lines));
  }

  /** Brings a part into view; nothing moves when it is in view already. */
  function show(key) {
    if (!inside(current())) return showFromDisk(key);
    const part = Marks.parts(inside(current())).find((one) => one.key === key);
    if (!part) return;
    const top = part.top + byId("frames").offsetTop;
    const seen =
      top >= scroll.scrollTop &&
      top + Math.min(part.bottom - part.top, 120) <= scroll.scrollTop + scroll.clientHeight;
    if (!seen) scroll.scrollTop = Math.max(0, top - 24);
  }

  // A frame of another origin cannot be measured, but it can be sent to a part by its address.
  function showFromDisk(key) {
    const address = new URL(
      Studio.located(`frames/${face(Studio.choices)}.html`),
      document.baseURI,
    );
    if (key) current().contentWindow.location.replace(`${address}#${key}`);
  }

  // Each view is scrolled on its own.
  function turnTo(view) {
    tops[scroll.dataset.view] = scroll.scrollTop;
    for (const part of scroll.querySelectorAll("[data-view]"))
      part.hidden = part.dataset.view !== view;
    scroll.dataset.view = view;
    byId("looks").hidden = view !== "mail";
    fit(current());
    scroll.scrollTop = tops[view] ?? 0;
    mark();
  }

  const width = () =>
    Studio.choices.width === "free" ? Studio.choices.free || usual() : Number(Studio.choices.width);

  // Until somebody has dragged the handle it stands in view.
  function usual() {
    const { paddingLeft, paddingRight } = getComputedStyle(scroll);
    const beside = Math.max(HANDLES, parseFloat(paddingLeft) + parseFloat(paddingRight));
    return Math.max(NARROWEST, Math.min(USUAL, scroll.clientWidth - beside));
  }

  function resize() {
    const place = whereReading();
    byId("sheet").style.setProperty("--width", `${width()}px`);
    const handle = byId("handle");
    handle.hidden = Studio.choices.width !== "free";
    handle.setAttribute("aria-valuenow", width());
    handle.setAttribute("aria-valuetext", `${width()} px`);
    drawRuler();
    name();
    fit(current());
    readOn(place);
    mark();
  }

  function drawRuler() {
    const pixels = width();
    const children = [];
    for (let x = 0; x <= pixels; x += 20) {
      const whole = x % 100 === 0;
      children.push(make("path", { d: `M${Math.min(x, pixels - 1) + 0.5} ${whole ? 10 : 14}V18` }));
      if (whole && x < pixels - 40)
        children.push(
          make("text", { x: x || 0, y: 8, "text-anchor": x ? "middle" : "start" }, String(x)),
        );
    }
    children.push(
      make("path", { d: `M${pixels - 0.5} 10V18` }),
      make("text", { x: pixels, y: 8, "text-anchor": "end" }, `${pixels} px`),
    );
    byId("ruler").setAttribute("viewBox", `0 0 ${pixels} 18`);
    byId("ruler").replaceChildren(...children);
  }

  function dragging() {
    const handle = byId("handle");
    const to = (pixels) =>
      Studio.choose({ free: Math.round(Math.min(WIDEST, Math.max(NARROWEST, pixels))) });
    handle.addEventListener("pointerdown", (event) => {
      handle.setPointerCapture(event.pointerId);
      const from = { x: event.clientX, width: width() };
      byId("frames").classList.add("dragging");
      // The letter stands in the middle: its edge follows the pointer when it grows by twice the way.
      const move = (moved) => to(from.width + 2 * (moved.clientX - from.x));
      handle.addEventListener("pointermove", move);
      handle.addEventListener(
        "lostpointercapture",
        () => {
          handle.removeEventListener("pointermove", move);
          byId("frames").classList.remove("dragging");
        },
        { once: true },
      );
    });
    handle.addEventListener("keydown", (event) => {
      const step = event.shiftKey ? 50 : 10;
      const next = {
        ArrowLeft: width() - step,
        ArrowRight: width() + step,
        Home: NARROWEST,
        End: WIDEST,
      }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      to(next);
    });
  }

  function start() {
    Studio.watch("width free", resize);
    Studio.watch("appearance blocked plain outlook sponsors reader", reload);
    Studio.watch("block", (state, { block }) => {
      mark([]);
      show(block);
    });
    Studio.watch("finding notes", () => mark());
    Studio.watch("words", () => {
      name();
      mark();
    });
    Studio.watch("view", (state, { view }) => turnTo(view));
    // On a narrow window the stage may have been hidden while a part was chosen.
    new ResizeObserver(() => {
      if (Studio.choices.width === "free" && scroll.clientWidth) resize();
      fit(current());
      mark();
      if (!height && scroll.clientHeight) show(Studio.choices.block);
      height = scroll.clientHeight;
    }).observe(scroll);
    dragging();
    resize();
  }

  return { start, load, reload, mark, show, name };
})();
