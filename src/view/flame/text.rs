//! The tree as text that other programs read: JSON, folded stacks, speedscope.
//!
//! Written box by box as one walks down the tree, without recursion and without holding the text; weights add
//! up in each of them as they do in the tree, what was too small for a box of its own included.

use std::io::{self, Write};

use super::card::smaller_text;
use super::{Measure, Unit};
use crate::analysis::flame::FlameTree;

/// What a walk meets.
enum Event {
    Open(u32),
    Close(u32),
}

/// Levels below the whole that a JSON tree goes down: readers refuse more than 128 brackets inside one another.
pub const JSON_LEVELS: u32 = 61;

/// Goes through the tree as one reads, so many levels down: each box, then its children from left to right, then its
/// end.
fn walk<E>(tree: &FlameTree, levels: u32, mut each: impl FnMut(Event) -> Result<(), E>) -> Result<(), E> {
    let mut open: Vec<(u32, u32)> = Vec::new();
    let mut next = (!tree.frames.is_empty()).then_some(0);
    loop {
        if let Some(frame) = next {
            each(Event::Open(frame))?;
            open.push((frame, tree.children(frame).start));
        }
        let open_levels = open.len() as u32;
        let Some((frame, child)) = open.last_mut() else { return Ok(()) };
        next = (*child < tree.children(*frame).end && open_levels <= levels).then_some(*child);
        *child += 1;
        if next.is_none() {
            each(Event::Close(*frame))?;
            open.pop();
        }
    }
}

/// `{name, bytes, objects, own, shared, children: […], smaller_bytes, smaller_types}`. What is more than
/// [`JSON_LEVELS`] below the whole counts as smaller; the whole says how much that is: `levels`, `deeper_bytes`.
pub fn write_json(tree: &FlameTree, unit: Unit, out: &mut impl Write) -> io::Result<()> {
    let key = if unit == Unit::Bytes { "bytes" } else { "count" };
    let (mut level, mut deeper) = (0, 0);
    walk(tree, JSON_LEVELS, |event| match event {
        Event::Open(at) => {
            level += 1;
            let frame = &tree.frames[at as usize];
            let first = at == 0 || tree.children(frame.parent).start == at;
            let name = serde_json::to_string(&tree.name(at).full)?;
            write!(out, "{}{{\"name\":{name},\"{key}\":{},", if first { "" } else { "," }, frame.weight)?;
            write!(out, "\"objects\":{},\"own\":{},\"shared\":{},", frame.objects, frame.own, frame.shared)?;
            write!(out, "\"children\":[")
        }
        Event::Close(at) => {
            level -= 1;
            let frame = &tree.frames[at as usize];
            let (mut smaller, mut types) = (frame.smaller, frame.smaller_types);
            if level == JSON_LEVELS {
                (smaller, types) = (frame.weight - frame.own, types + frame.children);
                deeper += smaller;
            }
            write!(out, "],\"smaller_{key}\":{smaller},\"smaller_types\":{types}")?;
            if at == 0 {
                write!(out, ",\"levels\":{JSON_LEVELS},\"deeper_{key}\":{deeper}")?;
            }
            write!(out, "}}")
        }
    })?;
    writeln!(out)
}

/// Folded stacks, one line a box that has a part of its own: `a;b;c 123`, as flamegraph.pl and inferno read it.
pub fn write_folded(tree: &FlameTree, out: &mut impl Write) -> io::Result<()> {
    let mut line = String::new();
    let mut ends = Vec::new();
    walk(tree, u32::MAX, |event| {
        match event {
            Event::Open(at) => {
                let frame = &tree.frames[at as usize];
                ends.push(line.len());
                if !line.is_empty() {
                    line.push(';');
                }
                line.extend(tree.name(at).full.chars().map(|c| if c == ';' || c.is_control() { ',' } else { c }));
                if frame.own > 0 {
                    writeln!(out, "{line} {}", frame.own)?;
                }
                if frame.smaller > 0 {
                    writeln!(out, "{line};({} smaller) {}", frame.smaller_types, frame.smaller)?;
                }
            }
            Event::Close(_) => line.truncate(ends.pop().unwrap_or_default()),
        }
        Ok(())
    })
}

/// speedscope's own format, an evented profile: <https://www.speedscope.app/file-format-schema.json>.
pub fn write_speedscope(tree: &FlameTree, title: &str, what: Measure, out: &mut impl Write) -> io::Result<()> {
    // Frames by name; the smaller ones get one each by their number.
    let mut frames: Vec<String> = tree.names.iter().map(|name| name.full.to_string()).collect();
    let smaller: std::collections::BTreeMap<u32, usize> = {
        let mut counts: Vec<u32> =
            tree.frames.iter().filter(|frame| frame.smaller > 0).map(|frame| frame.smaller_types).collect();
        counts.sort_unstable();
        counts.dedup();
        counts.into_iter().enumerate().map(|(i, types)| (types, frames.len() + i)).collect()
    };
    frames.extend(smaller.keys().map(|&types| format!("({})", smaller_text(types))));
    let unit = if what.unit == Unit::Bytes { "bytes" } else { "none" };
    let total = tree.frames.first().map_or(0, |frame| frame.weight);
    let title = serde_json::to_string(title)?;
    let profile = serde_json::to_string(what.label())?;
    write!(out, "{{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",")?;
    write!(out, "\"exporter\":\"heapglass {}\",\"name\":{title},", env!("CARGO_PKG_VERSION"))?;
    write!(out, "\"activeProfileIndex\":0,\"shared\":{{\"frames\":[")?;
    for (i, name) in frames.iter().enumerate() {
        write!(out, "{}{{\"name\":{}}}", if i > 0 { "," } else { "" }, serde_json::to_string(name)?)?;
    }
    write!(out, "]}},\"profiles\":[{{\"type\":\"evented\",\"name\":{profile},\"unit\":\"{unit}\",")?;
    write!(out, "\"startValue\":0,\"endValue\":{total},\"events\":[")?;
    let mut at = 0u64;
    let mut first = true;
    let mut event = |kind: char, frame: usize, at: u64, out: &mut dyn Write| {
        let comma = if std::mem::take(&mut first) { "" } else { "," };
        write!(out, "{comma}{{\"type\":\"{kind}\",\"frame\":{frame},\"at\":{at}}}")
    };
    walk(tree, u32::MAX, |step| match step {
        Event::Open(index) => event('O', tree.frames[index as usize].name as usize, at, out),
        Event::Close(index) => {
            let frame = &tree.frames[index as usize];
            if frame.smaller > 0 {
                let name = smaller[&frame.smaller_types];
                event('O', name, at, out)?;
                at += frame.smaller;
                event('C', name, at, out)?;
            }
            at += frame.own;
            event('C', frame.name as usize, at, out)
        }
    })?;
    writeln!(out, "]}}]}}")
}
