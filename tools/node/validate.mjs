// html-validate, asked line by line: {"html": "…"} in, {"findings": [{"ruleId": "…", "message":
// "…", "line": 3, "selector": "…"}]} out.
// Off is what HTML for mail programs cannot follow: their doctype, comments for Outlook, styles on
// elements, old attributes.
import { createInterface } from "node:readline";
import { HtmlValidate } from "html-validate";

const off = [
  "doctype-style", "no-conditional-comment", "no-inline-style", "no-deprecated-attr", "void-style",
  "no-trailing-whitespace",
];
const engine = new HtmlValidate({
  root: true,
  extends: ["html-validate:recommended"],
  rules: Object.fromEntries(off.map((rule) => [rule, "off"])),
});

for await (const line of createInterface({ input: process.stdin })) {
  const report = await engine.validateString(JSON.parse(line).html, "letter.html");
  const findings = report.results.flatMap((result) =>
    result.messages.map(({ ruleId, message, line, selector }) => ({ ruleId, message, line, selector })),
  );
  console.log(JSON.stringify({ findings }));
}
