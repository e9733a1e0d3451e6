//! Two numbers that tell whether two readers found the very same heap.
//!
//! FNV-1a 64 over little-endian 64-bit words: address, method table and size of every object; and every
//! object's address with its references in ascending order (null ones and edges that are no fields left
//! out, strays included).

use super::Graph;
use crate::progress::{Cancelled, Progress};

const OFFSET: u64 = 14695981039346656037;
const PRIME: u64 = 1099511628211;

#[derive(Clone, Copy)]
struct Fnv(u64);

impl Fnv {
    fn word(&mut self, word: u64) {
        for byte in word.to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(PRIME);
        }
    }
}

/// (`digest`, `digest_references`).
pub fn digests(graph: &Graph, progress: &Progress) -> Result<(u64, u64), Cancelled> {
    let objects = || -> Result<u64, Cancelled> {
        let mut hash = Fnv(OFFSET);
        for (id, address) in graph.objects.ids().zip(graph.objects.addresses_from(0)) {
            progress.check_at(id as usize)?;
            hash.word(address);
            hash.word(graph.type_of(id).method_table);
            hash.word(graph.objects.size(id));
        }
        Ok(hash.0)
    };
    let (objects, references) = rayon::join(objects, || reference_digest(graph, progress));
    Ok((objects?, references?))
}

fn reference_digest(graph: &Graph, progress: &Progress) -> Result<u64, Cancelled> {
    let mut hash = Fnv(OFFSET);
    let (mut extra, mut strays) = (graph.extra.iter().peekable(), graph.strays.iter().peekable());
    let mut row = Vec::new();
    for id in graph.objects.ids() {
        progress.check_at(id as usize)?;
        hash.word(graph.objects.address(id));
        let mut fields = graph.references.row(id).len();
        while extra.next_if(|edge| edge.from == id).is_some() {
            fields -= 1;
        }
        row.clear();
        row.extend(graph.references.row(id)[..fields].iter().map(|&target| graph.objects.address(target)));
        while let Some(stray) = strays.next_if(|stray| stray.from == id) {
            row.push(stray.target);
        }
        row.sort_unstable();
        for &target in &row {
            hash.word(target);
        }
    }
    Ok(hash.0)
}
