#!/bin/sh
# Installs PostgreSQL, Chromium and Node from Debian's packages, where they are missing and we may.
set -u
wanted=""
command -v chromium >/dev/null 2>&1 || wanted="$wanted chromium"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || wanted="$wanted postgresql"
command -v node >/dev/null 2>&1 || wanted="$wanted nodejs"
command -v npm >/dev/null 2>&1 || wanted="$wanted npm"
[ -n "$wanted" ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "Not installed:$wanted. The tests that need them will be skipped."
    exit 0
fi
echo "Installing from Debian's packages:$wanted …"
export DEBIAN_FRONTEND=noninteractive
{ apt-get update && apt-get install -y --no-install-recommends $wanted; } >/dev/null 2>&1 \
    || echo "Could not install:$wanted. The tests that need them will be skipped."
