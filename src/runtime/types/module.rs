//! Module: what a method table belongs to, and the metadata that names it.
//!
//! Several routes lead from a module to its metadata, each with a proof: the module's own map of TypeDefs
//! has one entry more than the metadata has rows. The map is a chain of {next, table, u32 count}.

use std::fmt;
use std::sync::Arc;

use crate::memory::{AddressSpace, ImageFiles};
use crate::runtime::metadata::{MAGIC, Metadata, Root, Table};

use super::catalog::Catalog;
use super::shape::Shape;
use super::{file, image};

/// Links of a TypeDef map's chain, and entries in all, beyond which it is not believed.
const MOST_LINKS: usize = 1 << 12;
const MOST_ENTRIES: u64 = 1 << 20;
/// How far into Module the saved metadata of Reflection.Emit lies (0x698 at most in 2.1 to 10).
const SAVED_COPY_WORDS: u64 = 0x800;

/// Which way led to a module's metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Route {
    /// The module's simple name is the text in the metadata itself.
    SimpleName,
    /// Through the image that the module was loaded from.
    Image,
    /// From an image file that the user supplied.
    File,
    /// Reflection.Emit: the copy that the runtime saves for debuggers.
    SavedCopy,
    /// The dump does not hold it.
    Missing,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Route::SimpleName => "by simple name",
            Route::Image => "by image",
            Route::File => "from an image file",
            Route::SavedCopy => "saved by Reflection.Emit",
            Route::Missing => "without",
        })
    }
}

/// A loaded module.
#[derive(Debug)]
pub struct Module {
    /// Address of the runtime's Module object.
    pub address: u64,
    /// File name, as its metadata says or, without it, its path; empty for Reflection.Emit.
    pub file: Box<str>,
    /// Full path it was loaded from, as the process saw it; empty where it came from bytes.
    pub path: Box<str>,
    /// Name of its assembly; empty where not known.
    pub assembly: Box<str>,
    pub version: [u16; 4],
    pub route: Route,
    root: Option<Arc<Root>>,
}

impl Module {
    /// Reads the module at `address`.
    pub(super) fn read(
        space: &AddressSpace,
        shape: &Shape,
        catalog: &Catalog,
        files: Option<&ImageFiles>,
        address: u64,
    ) -> Module {
        let images = image::pe_images(space, address);
        let (route, root) = find_metadata(space, shape, catalog, files, address, &images);
        let metadata = root.as_ref().map(|root| root.metadata(space));
        let assembly = metadata.and_then(Metadata::assembly);
        let named = metadata.and_then(Metadata::module_name).map(|name| name.into_owned());
        let path = images.into_iter().next().map(|image| image.path).unwrap_or_default();
        let file = match route {
            Route::SavedCopy => String::new(),
            _ => named.unwrap_or_else(|| path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()),
        };
        Module {
            address,
            file: file.into(),
            path: path.into(),
            version: assembly.as_ref().map_or([0; 4], |assembly| assembly.version),
            assembly: assembly.map_or_else(Box::default, |assembly| assembly.name.into()),
            route,
            root,
        }
    }

    /// The same module, its metadata proved to be another's.
    pub(super) fn without_metadata(&self) -> Module {
        Module {
            address: self.address,
            file: self.file.clone(),
            path: self.path.clone(),
            assembly: Box::default(),
            version: [0; 4],
            route: Route::Missing,
            root: None,
        }
    }

    pub fn metadata<'a>(&'a self, space: &'a AddressSpace) -> Option<Metadata<'a>> {
        self.root.as_ref().map(|root| root.metadata(space))
    }

    /// Where its metadata lies.
    pub fn metadata_address(&self) -> Option<u64> {
        self.root.as_ref().map(|root| root.address)
    }

    /// What its map of types says: (row in TypeDef, method table), ascending rows; not proved.
    pub fn type_defs(&self, space: &AddressSpace, shape: &Shape) -> Vec<(u32, u64)> {
        let mut out = Vec::new();
        let mut rid = 0;
        for (table, count) in map_links(space, shape, self.address) {
            for i in 0..u64::from(count) {
                // A claimed count ends where the dump's memory does.
                let Some(entry) = map_entry(space, shape, table, i) else { break };
                if entry != 0 {
                    out.push((rid + i as u32, entry));
                }
            }
            rid = rid.saturating_add(count);
        }
        out
    }

    /// The method table of one TypeDef; `None` where it is not loaded.
    pub fn type_def(&self, space: &AddressSpace, shape: &Shape, rid: u32) -> Option<u64> {
        let mut index = rid;
        for (table, count) in map_links(space, shape, self.address) {
            if index < count {
                return map_entry(space, shape, table, u64::from(index)).filter(|&entry| entry != 0);
            }
            index -= count;
        }
        None
    }
}

/// One entry of a TypeDef map, its flag bits taken off.
pub(super) fn map_entry(space: &AddressSpace, shape: &Shape, table: u64, index: u64) -> Option<u64> {
    let slot = table.checked_add(index.checked_mul(shape.pointer)?)?;
    shape.slot(space, slot, shape.relative_map).map(|entry| entry & !3)
}

/// The parts of a module's TypeDef map: address and number of entries of each.
fn map_links(space: &AddressSpace, shape: &Shape, module: u64) -> Vec<(u64, u32)> {
    let p = shape.pointer;
    let mut out = Vec::new();
    let mut entries = 0;
    let mut node = shape.type_def_map.and_then(|slot| module.checked_add(slot - p));
    while let Some(at) = node.filter(|&at| at != 0 && out.len() < MOST_LINKS) {
        let link = || Some((space.pointer(at.checked_add(p)?)?, space.u32(at.checked_add(2 * p)?)?));
        let Some((table, count)) = link() else { break };
        entries += u64::from(count);
        if entries > MOST_ENTRIES {
            break;
        }
        out.push((table, count));
        node = space.pointer(at);
    }
    out
}

fn find_metadata(
    space: &AddressSpace,
    shape: &Shape,
    catalog: &Catalog,
    files: Option<&ImageFiles>,
    module: u64,
    images: &[image::PeImage],
) -> (Route, Option<Arc<Root>>) {
    let entries: u64 = map_links(space, shape, module).iter().map(|&(_, count)| u64::from(count)).sum();
    let fits = |root: &Arc<Root>| {
        let rows = root.metadata(space).layout().rows(Table::TypeDef);
        shape.type_def_map.is_none() || entries == u64::from(rows) + 1
    };
    let by_name = image::module_words(space, module).filter_map(|word| catalog.named_at(word)).find(|root| fits(root));
    if let Some(root) = by_name {
        return (Route::SimpleName, Some(root.clone()));
    }
    let bases = image::bases(space, module, images);
    let by_image = bases.into_iter().flat_map(|base| image::metadata(space, base));
    if let Some(root) = by_image.filter_map(|address| catalog.at(space, address)).find(fits) {
        return (Route::Image, Some(root));
    }
    if let Some(root) = saved_copy(space, module).and_then(|address| catalog.at(space, address)) {
        return (Route::SavedCopy, Some(root));
    }
    let paths = images.iter().filter_map(|image| Some(files?.named(&image.path))).flatten();
    let by_file = paths.filter_map(|path| file::metadata(path, space.pointer_size()));
    let found = by_file.filter(|file| file.may_be_of(space, shape, module)).map(|file| Arc::new(file.root)).find(fits);
    (if found.is_some() { Route::File } else { Route::Missing }, found)
}

/// Where Reflection.Emit's metadata was saved: a word of the module points at {u32 size, bytes} (9 and
/// later) or at {u32 size, u32 allocated, u32 flags, pointer to the bytes} (up to 8).
fn saved_copy(space: &AddressSpace, module: u64) -> Option<u64> {
    let p = space.pointer_size() as u64;
    let buffer = if p == 8 { 0x10 } else { 0xC };
    let words = (1..SAVED_COPY_WORDS / p).map_while(|i| space.pointer(module.checked_add(i * p)?));
    words.filter(|&word| word != 0 && word.is_multiple_of(p)).find_map(|word| {
        let inline = word.checked_add(4);
        let pointed = word.checked_add(buffer).and_then(|at| space.pointer(at));
        [inline, pointed].into_iter().flatten().find(|&at| {
            let mut magic = [0; MAGIC.len()];
            space.read(at, &mut magic).is_some() && magic == MAGIC
        })
    })
}
