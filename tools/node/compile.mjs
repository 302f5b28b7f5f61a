// npm's mjml, asked line by line: {"mjml": "…", "rounds": 1} in, {"html": "…", "milliseconds": […],
// "errors": […]} out. `rounds` compiles it that often in the one process, each of them timed.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const mjml2html = require("mjml").default ?? require("mjml");

for await (const line of createInterface({ input: process.stdin })) {
  const { mjml, rounds = 1 } = JSON.parse(line);
  const milliseconds = [];
  let compiled;
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    compiled = await mjml2html(mjml, { fonts: {}, keepComments: true, validationLevel: "soft" });
    milliseconds.push(performance.now() - start);
  }
  const errors = compiled.errors.map((error) => error.formattedMessage);
  console.log(JSON.stringify({ html: compiled.html, milliseconds, errors }));
}
