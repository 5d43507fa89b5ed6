#!/usr/bin/env bash
# Runs workers on the official SDKs against a server, looks at its web pages with a browser, and kills a server under a
# worker; ABIDE_CRASH_SECONDS says for how long (100 by default). ABIDE_SCREENSHOTS names a folder for pictures of the pages.
#
#   run.sh BINARY CACHE [python|go|typescript|java|web|crash|all]
#
# BINARY is the server's executable. CACHE is a folder for what is installed from package registries; it may be kept,
# and nothing is written to the checkout.
set -euo pipefail

usage="usage: run.sh BINARY CACHE [python|go|typescript|java|web|crash|all]"
[ $# -ge 2 ] || { echo "$usage" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
binary=$(realpath "$1")
mkdir -p "$2"
cache=$(realpath "$2")
selection=${3:-all}
# A go that is too old says so, where it would otherwise fetch another one.
export GOTOOLCHAIN=local
case $selection in
all) suites="python go typescript java web crash" ;;
python | go | typescript | java | web | crash) suites=$selection ;;
*) echo "$usage" >&2; exit 2 ;;
esac
[ -x "$binary" ] || { echo "no server at $binary: build it first" >&2; exit 2; }

# install PROGRAM PACKAGE...: Debian's packages where they can be installed, a clear message elsewhere.
install() {
    local program=$1
    shift
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@" >&2 && return
    fi
    echo "$program is missing; on Debian it is in the packages: $*" >&2
    exit 2
}

prepare_python() {
    command -v python3 >/dev/null || install python3 python3 python3-venv
    python3 -c 'import ensurepip' 2>/dev/null || install "python3's venv" python3-venv
    if ! cmp -s "$here/python/requirements.txt" "$cache/python/installed.txt"; then
        python3 -m venv --clear "$cache/python"
        "$cache/python/bin/pip" install --quiet --disable-pip-version-check -r "$here/python/requirements.txt"
        cp "$here/python/requirements.txt" "$cache/python/installed.txt"
    fi
}

prepare_go() {
    command -v go >/dev/null || install go golang
    # The tests are built before the server is started, so that their time is that of the scenarios.
    (cd "$here/go" && go test -c -o /dev/null .)
}

# prepare_node SUITE FILE...: copies the suite's files to the cache and installs what its package.json names.
prepare_node() {
    local suite=$1 file
    shift
    command -v node >/dev/null || install node nodejs npm
    command -v npm >/dev/null || install npm npm
    node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' ||
        { echo "node is $(node --version); the SDK needs 20 or newer" >&2; exit 2; }
    mkdir -p "$cache/$suite"
    cd "$cache/$suite"
    rm -rf src lib build
    for file in package.json "$@"; do cp -r "$here/$suite/$file" .; done
    if ! cmp -s package.json installed.json; then
        npm install --no-package-lock --no-audit --no-fund --loglevel=error
        cp package.json installed.json
    fi
    cd "$here"
}

prepare_typescript() { prepare_node typescript tsconfig.json src; }

prepare_web() {
    prepare_node web src
    [ -n "${ABIDE_BROWSER:-}" ] || command -v chromium chromium-browser google-chrome >/dev/null ||
        install chromium chromium fonts-dejavu-core
}

prepare_java() {
    command -v javac >/dev/null || install javac openjdk-17-jdk-headless
    command -v mvn >/dev/null || install mvn maven
    mkdir -p "$cache/java"
    rm -rf "$cache/java/src" "$cache/java/target/classes"
    cp -r "$here"/java/{pom.xml,src} "$cache/java"
    mvn --quiet --batch-mode --file "$cache/java/pom.xml" compile
    if ! cmp -s "$cache/java/pom.xml" "$cache/java/installed.xml"; then
        mvn --quiet --batch-mode --file "$cache/java/pom.xml" dependency:copy-dependencies
        cp "$cache/java/pom.xml" "$cache/java/installed.xml"
    fi
}

prepare_crash() { prepare_python; }

test_python() {
    cd "$here/python" &&
        PYTHONDONTWRITEBYTECODE=1 "$cache/python/bin/python" -m pytest -p no:cacheprovider --durations=5
}

test_go() {
    cd "$here/go" && go test -count=1 ./...
}

test_typescript() {
    cd "$cache/typescript" && npm test --silent
}

test_web() {
    [ -z "${ABIDE_SCREENSHOTS:-}" ] || ABIDE_SCREENSHOTS=$(realpath -m "$ABIDE_SCREENSHOTS")
    cd "$cache/web" && ABIDE_BINARY=$binary npm test --silent
}

test_java() {
    java -cp "$cache/java/target/classes:$cache/java/target/dependency/*" conformance.Main
}

test_crash() {
    export PYTHONDONTWRITEBYTECODE=1
    "$cache/python/bin/python" "$here/crash/disk.py" --binary "$binary" &&
        "$cache/python/bin/python" "$here/crash/crash.py" --binary "$binary" --at-least "${ABIDE_CRASH_SECONDS:-100}"
}

listens() { (: >"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

server=
folder=$(mktemp -d)
clean_up() {
    [ -z "$server" ] || kill -KILL "$server" 2>/dev/null || true
    rm -rf "$folder"
}
trap clean_up EXIT

start_server() {
    # Below the ports that the system gives to connections.
    local port=$((20000 + RANDOM % 12000))
    while listens "$port"; do port=$((port + 1)); done
    "$binary" server start-dev --headless --ip 127.0.0.1 --port "$port" --db-filename "$folder/data.db" \
        --search-attribute CustomKeywordField=Keyword --search-attribute CustomIntField=Int \
        --search-attribute CustomTextField=Text --search-attribute CustomDoubleField=Double \
        --search-attribute CustomBoolField=Bool --search-attribute CustomDatetimeField=Datetime \
        --dynamic-config-value frontend.WorkflowPauseEnabled=true \
        --dynamic-config-value 'callback.allowedAddresses=[{"Pattern":"127.0.0.1:*","AllowInsecure":true}]' \
        >"$folder/server.log" 2>&1 &
    server=$!
    for _ in $(seq 300); do
        if listens "$port"; then
            export ABIDE_ADDRESS=127.0.0.1:$port
            return
        fi
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    echo "the server does not start:" >&2
    cat "$folder/server.log" >&2
    exit 1
}

failed=
for suite in $suites; do "prepare_$suite"; done
start_server
for suite in $suites; do
    echo "== $suite"
    # A subshell, because each suite goes to its own folder.
    if ! ("test_$suite"); then failed="$failed $suite"; fi
done

# It has to end by itself, and soon, also with workers' polls open.
kill -TERM "$server"
for _ in $(seq 100); do
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
done
if kill -0 "$server" 2>/dev/null; then failed="$failed shutdown"; fi

if [ -n "$failed" ]; then
    echo "failed:$failed; the server's last lines:" >&2
    tail -n 20 "$folder/server.log" >&2
    exit 1
fi
