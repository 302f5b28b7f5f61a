// The page's words in both languages, and figures as each writes them.
"use strict";

const Words = (() => {
  const all = carried(byId("words"));
  let language = document.documentElement.lang;

  const say = (key, values = {}) => {
    const text = all[language][key] ?? all.en[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  };
  const knows = (key) => key in all[language];
  const count = (key, number) => say(`${key}_${number === 1 ? "one" : "many"}`, { count: number });
  const kilobytes = (bytes, digits = 1) =>
    `${new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(bytes / 1000)} ${say("unit_kb")}`;

  /** Puts the words of `next` into everything that was printed with a key. */
  function speak(next) {
    language = next in all ? next : "en";
    document.documentElement.lang = language;
    for (const element of document.querySelectorAll("[data-word]"))
      element.textContent = say(element.dataset.word);
    for (const element of document.querySelectorAll("[data-label]"))
      element.setAttribute("aria-label", say(element.dataset.label));
    for (const element of document.querySelectorAll("[data-placeholder]"))
      element.placeholder = say(element.dataset.placeholder);
  }

  const other = () => Object.keys(all).find((key) => key !== language);
  return {
    say,
    knows,
    count,
    kilobytes,
    speak,
    other,
    all,
    get language() {
      return language;
    },
  };
})();

const { say, count } = Words;
