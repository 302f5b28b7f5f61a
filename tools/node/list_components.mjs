// Writes src/digest/render/mjml/tags.toml from the definitions that npm's mjml itself validates by:
// `node tools/node/list_components.mjs [FILE]`.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { components, dependencies } = require("mjml-preset-core");
const colours = require("mjml-core/lib/types/helpers/colors.js");
const { version } = require("mjml/package.json");
const target =
  process.argv[2] ?? `${import.meta.dirname}/../../src/digest/render/mjml/tags.toml`;

// What the list does not say: the root, and what stands in mj-attributes.
const ROOT = { lang: "string", dir: "enum(ltr,rtl,auto)", owa: "enum(desktop)" };
const ANY = { "mj-all": {}, "mj-class": { name: "string" } };
const CONTENT = {
  "mj-style": "css", "mj-title": "text", "mj-breakpoint": "nothing",
};

// Components that exist and are refused, with what to do instead.
const REFUSED = {
  "mj-include": "Use {% include %} or {% import %}, so that errors keep their file and line.",
  "mj-font": "Use fonts that readers have: a font from elsewhere tells its host who opened the letter.",
  "mj-html-attributes": "Write the attribute on the element itself, in mj-text, mj-table or mj-raw.",
  "mj-selector": "Write the attribute on the element itself, in mj-text, mj-table or mj-raw.",
  "mj-html-attribute": "Write the attribute on the element itself, in mj-text, mj-table or mj-raw.",
  "mj-preview": "Write the preheader in mj-raw, first in mj-body: there its language is known.",
  "mj-accordion": "Most mail programs show it closed for ever; write the text out.",
  "mj-carousel": "Most mail programs show its first picture only; use mj-image.",
};
const refused = (name) => Object.keys(REFUSED).some((known) => name.startsWith(known));

// Attributes of the list that MRML 6 reads and does nothing with, and what to do instead; a test
// holds this list against MRML.
const NOTHING = "Leave it out: it would change nothing in the letter.";
const ON_THE_PICTURE = "Write the picture as <img> in mj-raw, with the style on it.";
const UNSUPPORTED = {
  "mj-body": { id: "Write the id on an element of the letter, in mj-raw or mj-text." },
  "mj-button": { title: "Write what the button does into its words." },
  "mj-hero": { "border-radius": NOTHING, mode: NOTHING },
  "mj-image": { "border-bottom": ON_THE_PICTURE, "border-top": ON_THE_PICTURE, sizes: NOTHING },
  "mj-raw": { position: "Leave the attribute out." },
  "mj-section": { gutter: "Give the columns a padding.", "text-padding": NOTHING },
  "mj-social": { border: NOTHING, "table-layout": NOTHING },
  "mj-social-element": {
    border: NOTHING, "icon-position": NOTHING, sizes: NOTHING, srcset: NOTHING,
    name: "Give the icon in src: the ones with names come from a server of somebody else.",
  },
  "mj-spacer": Object.fromEntries(
    ["", "-bottom", "-left", "-right", "-top"].map((side) => [`border${side}`, "Use mj-divider."]),
  ),
  "mj-style": { inline: "Write these styles on the elements, or as attributes in mj-attributes." },
  "mj-table": {
    "font-weight": "Write it on the cells.",
    role: "Write the table with its role in mj-raw.",
  },
  "mj-text": { "background-color": "Use container-background-color." },
  "mj-wrapper": {
    gap: "Give the sections a padding.", gutter: "Give the columns a padding.", "text-padding": NOTHING,
  },
};

const quoted = (text) => JSON.stringify(text);
const list = (words) => {
  const line = `[${words.map(quoted).join(", ")}]`;
  if (line.length < 80) return line;
  return `[\n${words.map((word) => `    ${quoted(word)},\n`).join("")}]`;
};

function content(name, component) {
  if (CONTENT[name]) return CONTENT[name];
  if (component?.endingTag) return "html";
  return dependencies[name]?.length ? "components" : "nothing";
}

function table(name, attributes, kind, children) {
  const rows = Object.entries(attributes)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([attribute, type]) => `${attribute} = ${quoted(type)}`);
  return [
    `[components.${name}]`, `content = ${quoted(kind)}`,
    `children = ${list(children.filter((child) => !refused(child)).sort())}`,
    `[components.${name}.attributes]`, ...rows, "",
  ];
}

const listed = new Map(components.map((component) => [component.componentName, component]));
const parts = [...listed].filter(([name]) => !refused(name)).sort(([a], [b]) => (a < b ? -1 : 1));
const bodyParts = parts.map(([name]) => name).filter((name) => !dependencies["mj-head"].includes(name));
const names = ["mj-all", "mj-class", ...bodyParts.filter((name) => name !== "mj-head")];
const lines = [
  `# MJML's components: what each may hold and carry, as npm's mjml ${version} itself defines them.`,
  `# Written by tools/node/list_components.mjs on ${new Date().toISOString().slice(0, 10)}; change that, not this.`,
  "#",
  "# content:    \"components\", \"html\" (HTML inside), \"text\", \"css\" or \"nothing\".",
  "# children:   the components that may stand in it.",
  "# attributes: MJML's type of each, besides those of `everywhere`.",
  "",
  'everywhere = ["css-class", "data-at", "mj-class"]',
  "",
  `colours = ${list(colours)}`,
  "",
  "[refused]",
  ...Object.entries(REFUSED).map(([name, hint]) => `${name} = ${quoted(hint)}`),
  "",
  ...Object.entries(UNSUPPORTED).flatMap(([name, attributes]) => [
    `[unsupported.${name}]`,
    ...Object.entries(attributes).map(([attribute, hint]) => `${attribute} = ${quoted(hint)}`),
    "",
  ]),
  ...table("mjml", ROOT, "components", dependencies.mjml.filter((name) => name !== "mj-raw")),
  ...Object.entries(ANY).flatMap(([name, attributes]) => table(name, attributes, "nothing", [])),
  ...parts.flatMap(([name, component]) =>
    table(
      name, component.allowedAttributes ?? {}, content(name, component),
      name === "mj-attributes" ? names : dependencies[name] ?? [],
    ),
  ),
];
writeFileSync(target, `${lines.join("\n").trimEnd()}\n`);
