// Whose letter is shown: a field that offers the readers known by heart, and searches the others.
"use strict";

const Readers = (() => {
  const field = byId("reader");
  const list = byId("reader-list");
  let offered = [];
  let active = -1;
  let chosen = null;
  let asked = 0;
  let nobody = "readers_none";

  const labelOf = ({ id, label }) =>
    id === "sample"
      ? say("reader_sample")
      : id.startsWith("list:")
        ? say("reader_list", { name: label || id.slice(5) })
        : label;

  async function offer(query) {
    const turn = ++asked;
    const known = Studio.state.readers.filter(
      (reader) => !query || labelOf(reader).toLowerCase().includes(query.toLowerCase()),
    );
    show(known);
    if (!query) return;
    const answer = await Studio.fetched(`readers.json?${new URLSearchParams({ q: query })}`);
    if (turn !== asked || !answer) return;
    nobody = answer.known ? "readers_none" : "readers_unknown";
    const ids = new Set(known.map(({ id }) => id));
    show([...known, ...answer.readers.filter(({ id }) => !ids.has(id))]);
  }

  function show(readers) {
    offered = readers;
    active = -1;
    list.replaceChildren(
      ...(readers.length
        ? readers.map((reader, index) =>
            make(
              "li",
              {
                id: `reader-${index}`,
                role: "option",
                "aria-selected": String(reader.id === Studio.choices.reader),
                onpointerdown(event) {
                  event.preventDefault();
                  choose(reader);
                },
              },
              labelOf(reader),
            ),
          )
        : [
            make(
              "li",
              { class: "none", role: "option", "aria-disabled": "true" },
              say(nobody),
            ),
          ]),
    );
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    field.removeAttribute("aria-activedescendant");
    announce(readers.length ? count("readers_found", readers.length) : say(nobody));
  }

  function close() {
    asked += 1;
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
    write();
  }

  function choose(reader) {
    chosen = reader;
    Studio.choose({ reader: reader.id });
    close();
  }

  // The field always says who is chosen when nothing is being looked for.
  function write() {
    const { reader } = Studio.choices;
    const known = [chosen, ...Studio.state.readers].find((one) => one && one.id === reader);
    field.value = known ? labelOf(known) : say("reader_other");
    if (!known) recall(reader);
  }

  // A reader who came with the address: who it is, the server knows.
  async function recall(id) {
    const answer = await Studio.fetched(`readers.json?${new URLSearchParams({ reader: id })}`);
    if (!answer || Studio.choices.reader !== id) return;
    [chosen] = answer.readers;
    if (list.hidden) write();
  }

  function move(step) {
    if (list.hidden) offer("");
    if (!offered.length) return;
    active = (active + step + offered.length) % offered.length;
    for (const [index, item] of [...list.children].entries())
      item.classList.toggle("at", index === active);
    field.setAttribute("aria-activedescendant", `reader-${active}`);
    list.children[active].scrollIntoView({ block: "nearest" });
  }

  function pressed(event) {
    const act = {
      ArrowDown: () => move(1),
      ArrowUp: () => move(-1),
      Enter: () => offered.length && !list.hidden && choose(offered[Math.max(0, active)]),
      Escape: () => !list.hidden && close(),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    if (event.key === "Escape" && !list.hidden) event.stopPropagation();
    act();
  }

  function start() {
    if (!field) return;
    field.addEventListener("focus", () => field.select());
    field.addEventListener("click", () => list.hidden && offer(""));
    field.addEventListener("input", () => offer(field.value.trim()));
    field.addEventListener("keydown", pressed);
    field.addEventListener("blur", close);
    Studio.watch("state words reader", () => list.hidden && write());
  }

  return { start };
})();
