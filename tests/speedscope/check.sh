#!/usr/bin/env bash
# Holds the speedscope export and the folded stacks against speedscope's own importer: every box, every byte.
#
#   tests/speedscope/check.sh [DUMP]
#
# Needs Node.js and the npm registry, so it is no part of `cargo test`. Without a dump it takes the bundled sample.
# HEAPGLASS names a built program; else cargo builds one.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
version=1.25.0
integrity=sha512-cpf9HWTZf1ijLXBJrk87Ve/54tnYx6rlf0gUThvn3ook6h63hLXVOQiMf44PT+XoV503cPfvfiT5gP5vojp6Ag==

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

(cd "$folder" && npm pack --silent "speedscope@$version" >/dev/null)
package=$folder/speedscope-$version.tgz
[ "sha512-$(openssl dgst -sha512 -binary "$package" | base64 -w0)" = "$integrity" ] ||
    { echo "speedscope $version is not the one this was written for" >&2; exit 1; }
tar -xzf "$package" -C "$folder"

dump=${1:-$here/../../assets/sample.dmp.zst}
if [ -z "${HEAPGLASS:-}" ]; then
    cargo build --quiet --manifest-path "$here/../../Cargo.toml"
    HEAPGLASS=$here/../../target/debug/heapglass
fi

for tree in retained shortest perfview; do
    echo "$tree:"
    for file in shop.speedscope.json shop.folded; do
        "$HEAPGLASS" flame "$dump" --tree "$tree" -o "$folder/$file"
    done
    node "$here/import.mjs" "$folder"/package/dist/release/speedscope-*.js "$folder"/shop.*
done
