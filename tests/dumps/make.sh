#!/bin/bash
# Makes the dumps that README.md lists: make.sh SPECIMEN OUT [ORACLE]
# SPECIMEN is the specimen's folder (Zoo, createdump, libclrgc.so …), ORACLE that of the truth reader.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
specimen=$(realpath "$1") out=$(realpath -m "$2") oracle=${3:+$(realpath "$3")}
mkdir -p "$out"
work=$(mktemp -d)
running=""
trap '[ -z "$running" ] || kill -9 $running 2>/dev/null; rm -rf "$work"' EXIT

# start FOLDER ARGUMENTS...: runs FOLDER/Zoo until it says READY; its id is in $running.
start() {
  local folder=$1; shift
  : > "$work/out"
  (cd "$work" && ulimit -c unlimited && exec "$folder/Zoo" "$@") > "$work/out" 2>&1 & running=$!
  for _ in $(seq 300); do grep -q READY "$work/out" && break; sleep 0.2; done
  grep -q READY "$work/out"
  sleep 1
}
# The specimen's finalizer thread is blocked on purpose: only SIGKILL ends it.
stop() { kill -9 "$running" 2>/dev/null || true; wait "$running" 2>/dev/null || true; running=""; }
take() { "$specimen/createdump" "$1" -f "$out/$2.core" "$running" > /dev/null; }

truth() {
  [ -n "$oracle" ] || return 0
  "$oracle/truth" "$out/$1.core" "$out/$1.truth.json" "$specimen/libmscordaccore.so" > /dev/null 2>&1 ||
    echo "no truth for $1"
}

# The specimen at rest, with each GC and from each writer.
zoo() { # NAME SETTING OPTION
  export "${2?}"; start "$specimen" 1 600; unset "${2%%=*}"; take "$3" "$1"; stop; truth "$1"; echo "$1"
}
export DOTNET_gcServer=1
zoo server4 DOTNET_GCHeapCount=4 --full
unset DOTNET_gcServer
zoo clrgc DOTNET_GCName=libclrgc.so --full
zoo clrgcexp DOTNET_GCName=libclrgcexp.so --full
zoo nonconcurrent DOTNET_gcConcurrent=0 --full
zoo withheap ZOO=1 --withheap
zoo normal ZOO=1 --normal
zoo triage ZOO=1 --triage

if command -v gcore > /dev/null; then
  start "$specimen" 1 600
  gcore -o "$work/gcore" "$running" > /dev/null 2>&1 && mv "$work/gcore.$running" "$out/gcore.core"
  stop; truth gcore; echo gcore
else
  echo "no gcore: install gdb"
fi
if [ "$(cat /proc/sys/kernel/core_pattern)" = core ]; then
  start "$specimen" 1 600
  kill -XCPU "$running"; wait "$running" 2>/dev/null || true; running=""
  mv "$work"/core* "$out/kernel.core"; truth kernel; echo kernel
else
  echo "no kernel core: /proc/sys/kernel/core_pattern is not plain 'core'"
fi

# Twenty dumps in a row of a process that allocates on all its threads, then some of it while it runs on.
if command -v mcs > /dev/null; then
  cp -r "$specimen" "$work/churn"
  mcs -out:"$work/churn/Zoo.dll" -target:exe "$here/Churn.cs"
  export DOTNET_GCgen0size=0x4000000
  start "$work/churn" 4
  for n in $(seq -w 20); do take --full "alloc-$n"; echo "alloc-$n"; sleep 0.4; done
  for n in 1 2 3; do python3 "$here/torn.py" "$running" "$out/torn-$n.core"; echo "torn-$n"; done
  stop
  for n in $(seq -w 20); do truth "alloc-$n"; done
else
  echo "no dumps of a busy process: install mono-mcs"
fi
