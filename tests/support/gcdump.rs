//! Writes small `.gcdump` files, so that tests can damage them everywhere.

/// A node: type index, size, address, children.
pub type Node = (u32, u32, u64, Vec<u32>);

/// A file of version 10 with the given types (name and module), nodes and multipliers; the root is node 0.
pub fn file(types: &[(&str, Option<&str>)], nodes: &[Node], multipliers: &[f32]) -> Vec<u8> {
    let mut out = File(Vec::new());
    out.string(Some("!FastSerialization.1"));
    out.begin("GCHeapDump", 10, 8);
    out.begin("Graphs.MemoryGraph", 1, 0);
    out.long(nodes.iter().map(|node| u64::from(node.1)).sum());
    out.int(0);
    out.int(types.len() as u32);
    for (name, module) in types {
        out.string(Some(name));
        out.int(0);
        out.string(*module);
    }
    let mut blob = vec![0, 0];
    out.int(nodes.len() as u32);
    for (index, (kind, size, _, children)) in nodes.iter().enumerate() {
        out.int(blob.len() as u32);
        packed(&mut blob, i64::from(kind << 1 | 1));
        packed(&mut blob, i64::from(*size));
        packed(&mut blob, children.len() as i64);
        children.iter().for_each(|child| packed(&mut blob, i64::from(*child) - index as i64));
    }
    out.int(blob.len() as u32);
    out.0.extend(&blob);
    out.int(nodes.len() as u32);
    nodes.iter().for_each(|node| out.long(node.2));
    out.0.extend([8, 1, 6]);
    out.0.extend([1, 0, 0, 0x80, 0x3F, 0, 0, 0x80, 0x3F, 1]);
    out.begin("DotNetHeapInfo", 0, 0);
    out.long(4096);
    out.int(2);
    for _ in 0..2 {
        out.begin("GCHeapDumpSegment", 1, 1);
        (0..7).for_each(|n| out.long(n << 12));
        out.0.push(6);
    }
    out.0.push(6);
    out.string(Some("log"));
    out.long(0);
    out.string(None);
    out.string(Some("shop"));
    out.int(4711);
    out.long(0);
    out.long(0);
    out.int(multipliers.len() as u32);
    multipliers.iter().for_each(|times| out.0.extend(times.to_le_bytes()));
    out.0.extend([13, 0xFF, 0xFF, 0xFF, 0xFF, 6, 6]);
    let table = out.0.len() as u32;
    out.int(0);
    out.int(table);
    out.int(table + 4);
    out.0
}

struct File(Vec<u8>);

impl File {
    fn int(&mut self, value: u32) {
        self.0.extend(value.to_le_bytes());
    }

    fn long(&mut self, value: u64) {
        self.0.extend(value.to_le_bytes());
    }

    fn string(&mut self, text: Option<&str>) {
        self.int(text.map_or(u32::MAX, |text| text.len() as u32));
        self.0.extend(text.unwrap_or_default().as_bytes());
    }

    /// Every object spells its type; that is allowed.
    fn begin(&mut self, name: &str, version: u32, minimum: u32) {
        self.0.extend([4, 4, 1]);
        self.int(version);
        self.int(minimum);
        self.string(Some(name));
        self.0.push(6);
    }
}

fn packed(out: &mut Vec<u8>, value: i64) {
    let groups = (1..5).find(|groups| (-(1 << (7 * groups - 1))..1 << (7 * groups - 1)).contains(&value)).unwrap_or(5);
    for group in (0..groups).rev() {
        out.push((value >> (7 * group)) as u8 & 0x7F | if group > 0 { 0x80 } else { 0 });
    }
}
