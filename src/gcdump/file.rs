//! The one object of a `.gcdump`, `GCHeapDump`: a graph and what its writer knew about the process.
//!
//! Versions 4 to 7 begin with the same graph and have no more that is needed here; version 8 was never
//! released. From 9 on newer writers only add tagged fields at the end. Field order: PerfView's
//! `GCHeapDump.cs` and `DotNetHeapInfo.cs`.

use super::graph::MemoryGraph;
use super::stream::Stream;
use super::{Problem, Stop};
use crate::progress::Progress;

const SIGNATURE: &str = "!FastSerialization.1";
/// The newest reader version any known writer asks for.
const READER: i32 = 10;

/// A `.gcdump` file.
#[derive(Clone, Debug, Default)]
pub struct Gcdump {
    pub graph: MemoryGraph,
    pub version: i32,
    /// Bytes of a pointer, where the file says so.
    pub pointer_size: Option<usize>,
    pub process: Option<Box<str>>,
    pub process_id: Option<u32>,
}

pub(super) fn read(bytes: &[u8], progress: &Progress) -> Result<Gcdump, Stop> {
    let mut stream = Stream::new(bytes);
    if stream.string().ok().flatten().as_deref() != Some(SIGNATURE) {
        return Err(Problem::NotAGcdump.into());
    }
    let kind = stream.begin()?.ok_or_else(|| stream.damaged("there is no object in it"))?;
    if *kind.name != *"GCHeapDump" {
        return Err(Problem::OtherContent(kind.name).into());
    }
    match kind {
        _ if kind.minimum > READER => return Err(Problem::NewVersion { name: kind.name, minimum: kind.minimum }.into()),
        _ if kind.version < 4 || kind.version == 8 => return Err(Problem::OldVersion(kind.version).into()),
        _ => {}
    }
    let graph_kind =
        stream.begin_named("Graphs.MemoryGraph")?.ok_or_else(|| stream.damaged("there is no graph in it"))?;
    let (graph, wide) = MemoryGraph::read(&mut stream, &graph_kind, progress)?;
    let pointer_size = wide.map(|wide| if wide { 8 } else { 4 });
    let mut out = Gcdump { graph, version: kind.version, pointer_size, ..Gcdump::default() };
    if kind.version >= 9 {
        out.read_process(&mut stream)?;
    }
    Ok(out)
}

impl Gcdump {
    /// What follows the graph, up to the count multipliers of a sampled heap.
    fn read_process(&mut self, stream: &mut Stream) -> Result<(), Problem> {
        stream.part = "description of the process";
        stream.u8()?;
        // Averages over all types of what the multipliers below say by type.
        stream.f32()?;
        stream.f32()?;
        if stream.begin_named("JSHeapInfo")?.is_some() {
            stream.end()?;
        }
        if stream.begin_named("DotNetHeapInfo")?.is_some() {
            Self::skip_segments(stream)?;
            stream.end()?;
        }
        // The writer's log.
        stream.string()?;
        // When (local time) and on which machine.
        stream.i64()?;
        stream.string()?;
        self.process = stream.string()?;
        self.process_id = u32::try_from(stream.i32()?).ok().filter(|id| *id != 0);
        // Bytes committed and in the working set.
        stream.i64()?;
        stream.i64()?;
        let count = stream.count(4)?;
        if count != 0 && count != self.graph.types.len() {
            return Err(stream.damaged("not every type has a multiplier"));
        }
        for _ in 0..count {
            let multiplier = stream.f32()?;
            if !(multiplier.is_finite() && multiplier >= 0.0) {
                return Err(stream.damaged("a multiplier that is no number"));
            }
            self.graph.multipliers.push(multiplier);
        }
        Ok(())
    }

    fn skip_segments(stream: &mut Stream) -> Result<(), Problem> {
        stream.i64()?;
        for _ in 0..stream.count(1)? {
            if let Some(kind) = stream.begin_named("GCHeapDumpSegment")? {
                // Start, end, and where each generation ends; the pinned heap came later.
                stream.take(if kind.version >= 1 { 56 } else { 48 })?;
                stream.end()?;
            }
        }
        Ok(())
    }
}
