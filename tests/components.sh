#!/bin/sh
# Installs PostgreSQL, Chromium and Node from Debian's packages, where they are missing and we may,
# and unpacks Debian's mail servers, which exclude each other, side by side into .components/.
set -u
cd "$(dirname "$0")/.." || exit 1
export DEBIAN_FRONTEND=noninteractive

install() {
    wanted=""
    command -v chromium >/dev/null 2>&1 || wanted="$wanted chromium"
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || wanted="$wanted postgresql"
    command -v node >/dev/null 2>&1 || wanted="$wanted nodejs"
    command -v npm >/dev/null 2>&1 || wanted="$wanted npm"
    [ -n "$wanted" ] || return
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        echo "Not installed:$wanted. The tests that need them will be skipped."
        return
    fi
    echo "Installing from Debian's packages:$wanted …"
    { apt-get update && apt-get install -y --no-install-recommends $wanted; } >/dev/null 2>&1 \
        || echo "Could not install:$wanted. The tests that need them will be skipped."
}

# A package and the libraries it needs that this machine lacks. Nothing of it is set up or started.
unpack() {
    [ -d ".components/$1" ] && return
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "Not unpacked: $1. The tests that need it will be skipped."
        return
    fi
    echo "Unpacking Debian's $1 …"
    folder=$(mktemp -d)
    download "$1" "$folder" || { apt-get update >/dev/null 2>&1 && download "$1" "$folder"; } \
        || { echo "Could not unpack: $1. The tests that need it will be skipped."; return; }
    mkdir -p .components
    for file in "$folder"/*.deb; do dpkg-deb -x "$file" "$folder/root"; done
    chmod -R u-s,g-s "$folder/root" && mv "$folder/root" ".components/$1"
    rm -rf "$folder"
}

download() {
    libraries=$(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
        --no-breaks --no-replaces --no-enhances "$1" 2>/dev/null \
        | grep '^lib' | grep -v -e perl -e python -e libpam -e systemd | sort -u)
    missing=""
    for library in $libraries; do
        dpkg-query -W -f='${db:Status-Status}' "$library" 2>/dev/null | grep -q '^installed' \
            || missing="$missing $library"
    done
    (cd "$2" && apt-get download "$1" $missing) >/dev/null 2>&1
}

install
for server in postfix exim4-daemon-light opensmtpd; do unpack "$server"; done
