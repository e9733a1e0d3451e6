//! All metadata roots of the dump, by place and by the address of their assembly's name.
//!
//! A process holds many copies of one assembly's metadata: mapped, flat, inside byte arrays. The one that
//! a module uses is told by address, never by name: the module's simple name points into it.

use std::sync::Arc;

use crate::memory::AddressSpace;
use crate::progress::{Cancelled, Progress};
use crate::runtime::metadata::Root;

/// Bytes that all roots together may copy out of the dump.
const MOST_COPIED: usize = 64 << 20;

/// The metadata roots that the scan found, whole ones only.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    /// By address.
    roots: Vec<Arc<Root>>,
    /// Address of the assembly's name → index of its root.
    names: Vec<(u64, u32)>,
}

impl Catalog {
    /// Reads the roots at these ascending addresses.
    pub fn read(space: &AddressSpace, addresses: &[u64], progress: &Progress) -> Result<Catalog, Cancelled> {
        let mut out = Catalog::default();
        let mut copied = 0;
        for &address in addresses {
            progress.check()?;
            let Some(root) = Root::read(space, address) else { continue };
            copied += root.copied();
            if copied > MOST_COPIED {
                log::warn!("metadata lies across so many memory ranges that some of it is left out");
                break;
            }
            if let Some(offset) = root.metadata(space).assembly_name_offset() {
                out.names.push((address + offset as u64, out.roots.len() as u32));
            }
            out.roots.push(Arc::new(root));
        }
        out.names.sort_unstable();
        Ok(out)
    }

    /// The root whose assembly's name is the very text at `address`.
    pub fn named_at(&self, address: u64) -> Option<&Arc<Root>> {
        let found = self.names.binary_search_by_key(&address, |&(name, _)| name).ok()?;
        Some(&self.roots[self.names[found].1 as usize])
    }

    /// The root at `address`; read now where the scan did not meet it.
    pub fn at(&self, space: &AddressSpace, address: u64) -> Option<Arc<Root>> {
        match self.roots.binary_search_by_key(&address, |root| root.address) {
            Ok(found) => Some(self.roots[found].clone()),
            Err(_) => Root::read(space, address).map(Arc::new),
        }
    }

    /// The roots in which System.String and System.Object have these rows: candidates for the core library.
    pub fn with_core_types(&self, space: &AddressSpace, string: u32, object: u32) -> Option<&Arc<Root>> {
        self.roots.iter().find(|root| {
            let metadata = root.metadata(space);
            metadata.find_type("System", "String") == Some(string)
                && metadata.find_type("System", "Object") == Some(object)
        })
    }
}
