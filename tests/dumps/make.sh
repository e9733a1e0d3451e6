#!/bin/bash
# Makes the dumps that README.md lists: make.sh SPECIMEN OUT [ORACLE]
# SPECIMEN is the specimen's folder (Zoo, createdump, libclrgc.so …), ORACLE that of the truth reader; NET9 and
# NET31 in the environment name folders with the specimen on these runtimes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
specimen=$(realpath "$1") out=$(realpath -m "$2") oracle=${3:+$(realpath "$3")}
mkdir -p "$out"
work=$(mktemp -d)
running=""
trap '[ -z "$running" ] || kill -9 $running 2>/dev/null; rm -rf "$work"' EXIT

# use FOLDER: what runs next; beside the runtime lie its createdump and the library that the truth reader needs.
use() {
  program=$(realpath "$1") runtime=$program command=("$program/Zoo")
  if [ -e "$program/dotnet" ]; then
    runtime=$(dirname "$(find "$(dirname "$(realpath "$program/dotnet")")" -name libcoreclr.so | head -1)")
    command=("$program/dotnet" "$program/Zoo.dll")
  fi
}
# start SETTINGS... -- ARGUMENTS...: runs the program until it says READY; its id is in $running.
start() {
  local settings=()
  while [ "$1" != -- ]; do settings+=("$1"); shift; done
  shift
  : > "$work/out"
  (cd "$work" && ulimit -c unlimited && exec env "${settings[@]}" "${command[@]}" "$@") > "$work/out" 2>&1 & running=$!
  for _ in $(seq 300); do grep -q READY "$work/out" && break; sleep 0.2; done
  grep -q READY "$work/out"
  sleep 1
}
# The specimen's finalizer thread is blocked on purpose: only SIGKILL ends it.
stop() { kill -9 "$running" 2>/dev/null || true; wait "$running" 2>/dev/null || true; running=""; }
take() { "$runtime/createdump" "$1" -f "$out/$2.core" "$running" > /dev/null; }

truth() {
  [ -n "$oracle" ] || return 0
  "$oracle/truth" "$out/$1.core" "$out/$1.truth.json" "$runtime/libmscordaccore.so" > /dev/null 2>&1 ||
    echo "no truth for $1"
}

# zoo NAME OPTION SETTINGS...: the specimen at rest.
zoo() {
  local name=$1 option=$2; shift 2
  start "$@" -- 1 600; take "$option" "$name"; stop; truth "$name"; echo "$name"
}
use "$specimen"
zoo clrgc -u DOTNET_GCName=libclrgc.so
zoo clrgcexp -u DOTNET_GCName=libclrgcexp.so
zoo nonconcurrent -u DOTNET_gcConcurrent=0
zoo withheap -h
zoo normal -n
zoo triage -t

# The runtime makes no more heaps than processors: it is told of four.
if gcc -shared -fPIC -O1 -o "$work/processors.so" "$here/processors.c" -ldl; then
  four=(PROCESSORS=4 "LD_PRELOAD=$work/processors.so" DOTNET_gcServer=1)
  heaps=("${four[@]}" DOTNET_GCHeapCount=4 DOTNET_GCNoAffinitize=1)
  zoo server4 -u "${heaps[@]}"
  zoo server4-clrgc -u "${heaps[@]}" DOTNET_GCName=libclrgc.so
  zoo datas -u "${four[@]}" DOTNET_GCDynamicAdaptationMode=1
  if [ -n "${NET9:-}" ]; then
    use "$NET9"
    zoo net9-server4 -u "${heaps[@]}"
    zoo net9-server4-clrgc -u "${heaps[@]}" DOTNET_GCName=libclrgc.so
    zoo net9-datas -u "${four[@]}" DOTNET_GCDynamicAdaptationMode=1
  fi
  if [ -n "${NET31:-}" ]; then
    use "$NET31"
    zoo net31 -u
    zoo net31-server4 -u "${four[@]}" COMPlus_gcServer=1 COMPlus_GCHeapCount=4 COMPlus_GCNoAffinitize=1
  fi
  use "$specimen"
else
  echo "no server GC with four heaps: install gcc"
fi

if command -v gcore > /dev/null; then
  start -- 1 600
  gcore -o "$work/gcore" "$running" > /dev/null 2>&1 && mv "$work/gcore.$running" "$out/gcore.core"
  stop; truth gcore; echo gcore
else
  echo "no gcore: install gdb"
fi
if [ "$(cat /proc/sys/kernel/core_pattern)" = core ]; then
  start -- 1 600
  kill -XCPU "$running"; wait "$running" 2>/dev/null || true; running=""
  mv "$work"/core* "$out/kernel.core"; truth kernel; echo kernel
else
  echo "no kernel core: /proc/sys/kernel/core_pattern is not plain 'core'"
fi

# series NAME COUNT: dumps in a row of what runs.
series() {
  for n in $(seq -w "$2"); do take -u "$1-$n"; echo "$1-$n"; sleep 0.4; done
}
if command -v mcs > /dev/null; then
  for source in Churn Collect; do
    cp -r "$specimen" "$work/$source"
    mcs -out:"$work/$source/Zoo.dll" -target:exe "$here/$source.cs"
  done
  # Twenty dumps in a row of a process that allocates on all its threads, then some of it while it runs on.
  use "$work/Churn"
  start DOTNET_GCgen0size=0x4000000 -- 4
  series alloc 20
  for n in 1 2 3; do python3 "$here/torn.py" "$running" "$out/torn-$n.core"; echo "torn-$n"; done
  stop
  for n in $(seq -w 20); do truth "alloc-$n"; done
  # And of one that is nearly always in a GC.
  use "$work/Collect"
  start -- 2
  series gc 8
  stop
  for n in $(seq 8); do truth "gc-$n"; done
else
  echo "no dumps of a busy process: install mono-mcs"
fi
