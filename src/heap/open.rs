//! From a file to a [`Heap`]: the order in which everything is found and read.
//!
//! Segments, then the type system, then objects (first pass), then what the allocation contexts say about
//! gaps, then references (second pass). Each step reports its phase and
//! how long it took.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use rayon::prelude::*;

use super::edges::{self, Edges};
use super::facts::{Facts, GcFacts, RuntimeFacts};
use super::locate::Locator;
use super::walk::{self, Piece, Stretch, Walked};
use super::{Graph, Heap, Objects, TypeInfo, TypeKind, Unread, ends, gaps, roots};
use crate::dump::Dump;
use crate::error::Result;
use crate::memory::{AddressSpace, ImageFiles};
use crate::progress::{Phase, Progress};
use crate::runtime::contract::Contract;
use crate::runtime::gc::{Gc, Segment};
use crate::runtime::method_table::{MethodTable, MethodTables};
use crate::runtime::types::{Help, TypeSystem};
use crate::runtime::{self, Hints, Runtime, version};

/// How a dump is to be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Folder with files for images that the dump lacks.
    pub images: Option<PathBuf>,
    pub hints: Hints,
}

impl Heap {
    /// Opens a dump file.
    pub fn open(path: &Path, options: &Options, progress: &Progress) -> Result<Heap> {
        let started = Instant::now();
        progress.begin(Phase::Map, 0);
        let dump = Dump::open(path, progress)?;
        let mut clock = Clock::new(started);
        clock.lap(Phase::Map);
        Heap::of_dump(dump, options, clock, progress)
    }

    /// Opens a dump that is mapped already.
    pub fn from_dump(dump: Dump, options: &Options, progress: &Progress) -> Result<Heap> {
        Heap::of_dump(dump, options, Clock::new(Instant::now()), progress)
    }

    fn of_dump(dump: Dump, options: &Options, mut clock: Clock, progress: &Progress) -> Result<Heap> {
        let mut space = AddressSpace::new(&dump);
        let files = options.images.as_deref().map(|folder| ImageFiles::read(folder, progress)).transpose()?;
        let supplied = match &files {
            Some(files) => space.supply(&dump, files, progress)?,
            None => Vec::new(),
        };
        progress.begin(Phase::FindRuntime, dump.ranges.iter().map(|range| range.len).sum());
        let mut gc = Gc::discover(&dump, &space, &options.hints, progress).map_err(runtime::Error::from)?;
        if gc.segments.iter().all(Segment::is_empty) {
            return Err(runtime::Error::no_heap(&dump).into());
        }
        let method_tables = MethodTables::new(gc.ranges());
        if gc.open_ends {
            ends::settle(&space, &method_tables, &mut gc, progress)?;
        }
        clock.lap(Phase::FindRuntime);

        progress.begin(Phase::Types, 0);
        let gc_ranges = gc.ranges();
        let contracts = if options.hints.no_contract { Vec::new() } else { Contract::find(&dump, &space) };
        let help = Help { contracts, files };
        let types = TypeSystem::discover(&space, &gc_ranges, help, progress)?;
        let version = match options.hints.hide_version {
            true => version::unknown("hidden"),
            false => {
                let inside = gc.vars.as_ref().map(|vars| vars.address);
                version::find(&dump, &space, inside, types.core_version(&space))
            }
        };
        clock.lap(Phase::Types);

        progress.begin(Phase::Walk, gc.segments.iter().map(Segment::len).sum());
        let mut walked = walk::walk(&space, &method_tables, &gc.segments, progress)?;
        let mut warnings = dump.warnings.clone();
        warnings.extend(supplied);
        warnings.append(&mut gc.warnings);
        warnings.extend(version.warning.clone());
        warnings.extend(types.how().warnings.iter().cloned());
        let os_threads = &dump.threads;
        let mut unread = Unread::default();
        let known = gaps::Known { space: &space, os_threads, gc: &gc, tables: &method_tables, types: &types };
        let gaps::Settled { mut consistency, left_out, how: contexts } =
            gaps::settle(&known, &mut walked, &mut unread, &mut warnings, progress)?;
        if walked.iter().any(|part| part.marked) {
            warnings.push("The dump was taken during a GC: objects carry its marks.".to_owned());
        }
        let tables = settle_types(&mut walked, &method_tables);
        let unit = space.pointer_size() as u32;
        let stretches = walked.iter_mut().flat_map(|walked| std::mem::take(&mut walked.stretches)).collect();
        let objects = Objects::from_stretches(stretches, unit);
        clock.lap(Phase::Walk);

        progress.begin(Phase::Roots, 0);
        let known =
            roots::Known { space: &space, os_threads, gc: &gc, types: &types, tables: &tables, objects: &objects };
        let found = roots::find(&known, progress)?;
        warnings.extend(found.warning());
        clock.lap(Phase::Roots);

        progress.begin(Phase::References, objects.len() as u64);
        let pieces: Vec<Piece> = walked.into_iter().flat_map(|walked| walked.pieces).collect();
        let locator = Locator::new(&objects);
        let extra = found.extra;
        let Edges { references, strays, missing } =
            edges::read(&objects, &pieces, &tables, &locator, &extra, space.pointer_size(), progress)?;
        drop((locator, pieces));
        unread.references = strays.len() as u64;
        consistency.judge(&strays, &left_out, &references, &found.roots, progress)?;
        warnings.extend(consistency.warning());
        if missing > 0 {
            warnings.push(format!("{missing} bytes in which objects keep references are not in the dump."));
        }
        clock.lap(Phase::References);

        progress.begin(Phase::Referrers, 0);
        let referrers = references.transpose();
        clock.lap(Phase::Referrers);

        let infos = type_infos(&space, &types, &tables, progress)?;
        let graph = Graph { objects, types: infos, references, referrers, extra, strays, roots: found.roots, unread };
        let facts = Facts {
            file: dump.path.clone(),
            container: dump.container,
            os: dump.os,
            architecture: dump.architecture,
            process: dump.process.clone(),
            runtime: RuntimeFacts {
                name: version.name,
                version: version.version,
                how: [
                    format!("version: {}", version.how),
                    format!("segments: {}", gc.how),
                    format!("method tables: {}", types.how().method_tables),
                    format!("metadata: {}", types.how().metadata),
                ]
                .into_iter()
                .chain(contexts.map(|how| format!("allocation contexts: the threads' records, {how}")))
                .chain(found.how)
                .collect(),
            },
            finalizable: found.finalizable,
            gc: GcFacts::of(&gc, consistency),
            warnings,
            timings: clock.laps,
        };
        Ok(Heap {
            graph,
            facts,
            runtime: Some(Runtime {
                space,
                gc,
                method_tables: tables,
                types,
                threads: found.threads,
                early_statics: found.early_statics,
            }),
        })
    }
}

/// Gives types their final index, by method table address, and drops those that lost all their objects.
fn settle_types(walked: &mut [Walked], method_tables: &MethodTables) -> Vec<Arc<MethodTable>> {
    let tables = method_tables.tables();
    let stretches: Vec<&mut Stretch> = walked.iter_mut().flat_map(|walked| &mut walked.stretches).collect();
    let used = stretches
        .par_iter()
        .fold(
            || vec![false; tables.len()],
            |mut used, stretch| {
                stretch.types.iter().for_each(|&index| used[index as usize] = true);
                used
            },
        )
        .reduce(|| vec![false; tables.len()], |a, b| a.iter().zip(&b).map(|(a, b)| a | b).collect());
    let mut order: Vec<u32> = (0..tables.len() as u32).filter(|&index| used[index as usize]).collect();
    order.sort_by_key(|&index| tables[index as usize].address);
    let mut place = vec![0; tables.len()];
    for (new, &old) in order.iter().enumerate() {
        place[old as usize] = new as u32;
    }
    stretches.into_par_iter().for_each(|stretch| {
        stretch.types.iter_mut().for_each(|index| *index = place[*index as usize]);
    });
    order.into_iter().map(|index| tables[index as usize].clone()).collect()
}

/// Names, modules and kinds of all types that have objects.
fn type_infos(
    space: &AddressSpace,
    types: &TypeSystem,
    tables: &[Arc<MethodTable>],
    progress: &Progress,
) -> Result<Vec<TypeInfo>> {
    let addresses: Vec<u64> = tables.iter().map(|table| table.address).collect();
    let names = types.names(space, &addresses, progress)?;
    let kind = |table: &MethodTable| {
        if table.is_free() {
            TypeKind::Free
        } else if table.address == types.string() {
            TypeKind::String
        } else if types.is_array(space, table.address) {
            TypeKind::Array
        } else {
            TypeKind::Object
        }
    };
    let info = |(table, (name, assembly)): (&Arc<MethodTable>, _)| TypeInfo {
        method_table: table.address,
        name,
        assembly,
        kind: kind(table),
    };
    Ok(tables.iter().zip(names).map(info).collect())
}

/// Measures the phases.
#[derive(Debug)]
struct Clock {
    last: Instant,
    laps: Vec<(Phase, f64)>,
}

impl Clock {
    fn new(start: Instant) -> Clock {
        Clock { last: start, laps: Vec::new() }
    }

    fn lap(&mut self, phase: Phase) {
        self.laps.push((phase, self.last.elapsed().as_secs_f64()));
        self.last = Instant::now();
    }
}
