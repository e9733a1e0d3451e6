#!/usr/bin/env python3
"""Writes a core of a process that runs on meanwhile: torn.py PID OUT.core

Memory is copied range after range without stopping anything, so that no two ranges are of one moment, as
some writers of Windows minidumps do. The core has memory and NT_FILE, but no threads."""
import struct
import sys

pid, out = int(sys.argv[1]), sys.argv[2]
ranges, files = [], []
for line in open(f"/proc/{pid}/maps"):
    fields = line.split(maxsplit=5)
    start, end = (int(part, 16) for part in fields[0].split("-"))
    path = fields[5].strip() if len(fields) > 5 else ""
    if path.startswith("/"):
        files.append((start, end, int(fields[2], 16), path))
    if fields[1][0] == "r" and path not in ("[vvar]", "[vsyscall]", "[vvar_vclock]"):
        ranges.append((start, end))

pieces = []
with open(f"/proc/{pid}/mem", "rb", 0) as memory:
    for start, end in ranges:
        at = start
        while at < end:
            size = min(end - at, 1 << 20)
            try:
                memory.seek(at)
                data = memory.read(size)
            except OSError:
                data = b""
            if data:
                pieces.append((at, len(data), data if data.strip(b"\0") else None))
            at += size

note = struct.pack("<QQ", len(files), 0x1000)
note += b"".join(struct.pack("<QQQ", start, end, offset // 0x1000) for start, end, offset, _ in files)
note += b"".join(path.encode() + b"\0" for *_, path in files)
note += b"\0" * (-len(note) % 4)
note = struct.pack("<III", 5, len(note), 0x46494C45) + b"CORE\0\0\0\0" + note
headers = 64 + 56 * (len(pieces) + 1)
with open(out, "wb") as core:
    core.write(b"\x7fELF\x02\x01\x01" + b"\0" * 9)
    core.write(struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, len(pieces) + 1, 0, 0, 0))
    core.write(struct.pack("<IIQQQQQQ", 4, 0, headers, 0, 0, len(note), 0, 4))
    offset = headers + len(note)
    for address, size, _ in pieces:
        core.write(struct.pack("<IIQQQQQQ", 1, 6, offset, address, 0, size, size, 1))
        offset += size
    core.write(note)
    for _, size, data in pieces:
        # Zeros stay holes of the file.
        core.write(data) if data else core.seek(size, 1)
    core.truncate()
