#!/bin/sh
# Installs what tools/node/package-lock.json lists, where Node and npm are there, and touches the
# stamp named as argument. Nothing of it is needed to send a letter.
set -u
cd "$(dirname "$0")" || exit 1
skipped="The tests that compare with npm's mjml, axe-core and html-validate will be skipped."
for program in node npm; do
    command -v "$program" >/dev/null 2>&1 || { echo "Not installed: $program. $skipped"; exit 0; }
done
version="$(node --version)"
if ! node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'; then
    echo "Node 20.19 or newer is needed; found: $version. $skipped"
    exit 0
fi
echo "Installing what the tests need of Node …"
if said="$(npm ci --ignore-scripts --no-audit --no-fund --loglevel=error \
    --fetch-retries=1 --fetch-timeout=60000 2>&1)"; then
    touch "$1"
else
    echo "$said" | tail -n 3
    echo "Could not install from npm. $skipped"
fi
