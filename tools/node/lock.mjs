// Resolves the dependencies anew; the lock keeps names, versions and hashes alone:
// `node tools/node/lock.mjs`; `make lock` does it.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const folder = import.meta.dirname;
execFileSync(
  "npm",
  ["install", "--package-lock-only", "--omit-lockfile-registry-resolved", "--no-audit", "--no-fund"],
  { cwd: folder, stdio: ["ignore", "ignore", "inherit"] },
);
const file = `${folder}/package-lock.json`;
const lock = JSON.parse(readFileSync(file, "utf8"));
for (const entry of Object.values(lock.packages)) {
  for (const [key, value] of Object.entries(entry)) {
    if (JSON.stringify(value).includes("://")) delete entry[key];
  }
}
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
