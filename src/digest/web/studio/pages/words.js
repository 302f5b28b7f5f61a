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
  // In French nothing is one as well: “0 récit”.
  const count = (key, number) => {
    const form = new Intl.PluralRules(language).select(number) === "one" ? "one" : "many";
    return say(`${key}_${form}`, { count: number });
  };
  const kilobytes = (bytes, digits = 1) =>
    `${new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(bytes / 1000)} ${say("unit_kb")}`;

  /** A text that the state carries in several languages, and the attributes that say which it is. */
  const tell = (texts) => texts[language] ?? texts.en;
  const spoken = (texts) => ({ lang: language in texts ? null : "en" });

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
    tell,
    spoken,
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
