// What every other script builds with: elements, the focus, the live region, what is remembered.
// Scripts are classic and share their names: modules do not load from a folder opened on disk.
"use strict";

const byId = (id) => document.getElementById(id);

/** The JSON that the page carries in a script element. */
const carried = (element) => (element ? JSON.parse(element.textContent) : null);

/** An element with attributes (false and null are left out) and children (nodes or text). */
function make(tag, attributes = {}, ...children) {
  const namespaced = ["svg", "path", "rect", "circle", "text"].includes(tag);
  const element = namespaced
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false && value !== undefined)
      element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== ""));
  return element;
}

/** A small drawing before a word, of parts such as ["circle", {…}]. */
const shape = (parts) =>
  make(
    "svg",
    { class: "shape", viewBox: "0 0 12 12", "aria-hidden": "true" },
    parts.map(([tag, attributes]) => make(tag, attributes)),
  );

/** Attributes for words of the letter, which has its own language. */
const inItsLanguage = ({ edition }) => ({ lang: edition.letter_language, dir: edition.direction });

/** Redraws with `draw` and gives the focus back to the element of the same id. */
function keepingFocus(draw) {
  const focused = document.activeElement;
  const id = focused && focused.id;
  draw();
  if (id && document.activeElement !== focused && byId(id)) byId(id).focus({ preventScroll: true });
}

const fill = (id, ...children) => keepingFocus(() => byId(id).replaceChildren(...children.flat()));

/** Says `text` to a screen reader; the same text twice is said twice. */
function announce(text) {
  const region = byId("announcer");
  region.textContent = region.textContent === text ? `${text} ` : text;
}

/** What a browser may refuse to remember (private windows, files) is simply forgotten. */
const Memory = {
  read(key) {
    try {
      return localStorage.getItem(`studio-${key}`);
    } catch {
      return null;
    }
  },
  write(key, value) {
    try {
      localStorage.setItem(`studio-${key}`, value);
    } catch {
      // Nothing depends on it.
    }
  },
};

/** On a narrow window one column is shown at a time: inbox, plan, letter or side. */
function toPane(pane) {
  document.body.dataset.pane = pane;
  byId(`pane-${pane}`).checked = true;
}
