//! Collections, shown as what is in them instead of how they keep it.
//!
//! The class is recognised by name (or by its base class), its parts by the field names that .NET
//! Framework 4 to 10 gave them. A page begins at a cursor, a place in the collection's own storage, so
//! that paging through ten million entries never counts from the start.

use super::arrays::Array;
use super::{Inspector, Item, Place, Value};
use crate::runtime::types::ElementKind;

/// Nodes in one bucket of a ConcurrentDictionary, beyond which its chain is taken for a loop.
const LONGEST_CHAIN: usize = 1 << 12;
/// Slots that one page looks at; a page over free slots only is empty and goes on.
const MOST_SLOTS: u64 = 1 << 20;

/// How a collection keeps its entries.
#[derive(Clone, Debug)]
pub enum Collection {
    /// `count` elements of an array from `start` on, going round its end (List, Queue) …
    Sequence { array: Array, start: u64, count: u64 },
    /// … or from its `count`th element down (Stack).
    Reversed { array: Array, count: u64 },
    /// Structs in an array, free ones among them (Dictionary, HashSet, Hashtable).
    Slots { array: Array, used: u64, count: u64, slot: Slot },
    /// Chains of nodes (ConcurrentDictionary).
    Chains { buckets: Array, count: u64 },
}

/// What one slot of an array of structs is made of.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    key: &'static [&'static str],
    value: &'static [&'static str],
}

const DICTIONARY: Slot = Slot { key: &["key"], value: &["value"] };
const SET: Slot = Slot { key: &[], value: &["Value", "value"] };
const HASHTABLE: Slot = Slot { key: &["key"], value: &["val"] };

/// One entry; sequences and sets have no keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key: Option<Item>,
    pub value: Item,
}

/// Some entries, and the cursor of those that follow.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    pub entries: Vec<Entry>,
    pub next: Option<u64>,
}

impl Collection {
    /// How many entries there are.
    pub fn count(&self) -> u64 {
        match self {
            Collection::Sequence { count, .. }
            | Collection::Reversed { count, .. }
            | Collection::Slots { count, .. }
            | Collection::Chains { count, .. } => *count,
        }
    }
}

impl Inspector<'_> {
    /// The object as a collection; `None` where it is none that is known, or is broken.
    pub fn collection(self, object: u64) -> Option<Collection> {
        let whole = self.place(object)?;
        for mt in self.types.bases(self.space, whole.mt) {
            let place = Place { mt, ..whole };
            let found = match self.types.definition_name(self.space, mt).as_str() {
                "System.Collections.Generic.List`1" | "System.Collections.ArrayList" => self.sequence(place, "_items"),
                "System.Collections.Generic.Queue`1" | "System.Collections.Queue" => self.queue(place),
                "System.Collections.Generic.Stack`1" | "System.Collections.Stack" => self.stack(place),
                "System.Collections.Generic.Dictionary`2" => self.dictionary(place),
                "System.Collections.Generic.HashSet`1" => self.hash_set(place),
                "System.Collections.Hashtable" => self.hashtable(place),
                // A wrapper around another one.
                "System.Collections.Hashtable+SyncHashtable" => {
                    self.hashtable(self.place(self.reference_in(place, &["_table"])?)?)
                }
                "System.Collections.Concurrent.ConcurrentDictionary`2" => self.concurrent_dictionary(place),
                "System.MulticastDelegate" => self.targets(place),
                _ => continue,
            };
            return found;
        }
        None
    }

    /// Up to `limit` entries (a chain of nodes is never cut) from `cursor` on; 0 is the first.
    pub fn entries(self, collection: &Collection, cursor: u64, limit: usize) -> Page {
        let limit = limit as u64;
        match collection {
            Collection::Sequence { array, start, count } => self.page(cursor, *count, limit, |i| {
                let index = (start + i) % array.length.max(1);
                vec![Entry { key: None, value: self.element(array, index, 0) }]
            }),
            Collection::Reversed { array, count } => self.page(cursor, *count, limit, |i| {
                vec![Entry { key: None, value: self.element(array, count - 1 - i, 0) }]
            }),
            Collection::Slots { array, used, slot, .. } => {
                self.page(cursor, *used, limit, |i| self.slot(array, i, *slot).into_iter().collect())
            }
            Collection::Chains { buckets, .. } => self.page(cursor, buckets.length, limit, |i| self.chain(buckets, i)),
        }
    }

    fn page(self, cursor: u64, end: u64, limit: u64, entries_at: impl Fn(u64) -> Vec<Entry>) -> Page {
        let mut entries = Vec::new();
        let mut at = cursor;
        while at < end && (entries.len() as u64) < limit && at - cursor < MOST_SLOTS {
            entries.extend(entries_at(at));
            at += 1;
        }
        Page { entries, next: (at < end).then_some(at) }
    }

    /// An array in a field and a count in another that fits it; a null array has no elements.
    fn array_in(self, place: Place, names: &[&str]) -> Option<Array> {
        match self.reference_in(place, names) {
            Some(object) => self.array(object),
            None => {
                self.field_of(place, names)?;
                let kind = ElementKind::Other(0);
                Some(Array { length: 0, dimensions: Vec::new(), element: 0, kind, stride: 0, data: 0 })
            }
        }
    }

    fn count_in(self, place: Place, names: &[&str], most: u64) -> Option<u64> {
        u64::try_from(self.integer_in(place, names)?).ok().filter(|&count| count <= most)
    }

    fn sequence(self, place: Place, items: &str) -> Option<Collection> {
        let array = self.array_in(place, &[items])?;
        let count = self.count_in(place, &["_size"], array.length)?;
        Some(Collection::Sequence { array, start: 0, count })
    }

    fn queue(self, place: Place) -> Option<Collection> {
        let array = self.array_in(place, &["_array"])?;
        let count = self.count_in(place, &["_size"], array.length)?;
        let start = self.count_in(place, &["_head"], array.length)?;
        Some(Collection::Sequence { array, start, count })
    }

    fn stack(self, place: Place) -> Option<Collection> {
        let array = self.array_in(place, &["_array"])?;
        let count = self.count_in(place, &["_size"], array.length)?;
        Some(Collection::Reversed { array, count })
    }

    fn dictionary(self, place: Place) -> Option<Collection> {
        let array = self.array_in(place, &["_entries", "entries"])?;
        let used = self.count_in(place, &["_count", "count"], array.length)?;
        let free = self.count_in(place, &["_freeCount", "freeCount"], used)?;
        Some(Collection::Slots { array, used, count: used - free, slot: DICTIONARY })
    }

    fn hash_set(self, place: Place) -> Option<Collection> {
        let array = self.array_in(place, &["_entries", "_slots", "m_slots"])?;
        // Up to 3.1 the count leaves free slots out and another field says how far slots are used.
        if let Some(used) = self.count_in(place, &["_lastIndex", "m_lastIndex"], array.length) {
            let count = self.count_in(place, &["_count", "m_count"], used)?;
            return Some(Collection::Slots { array, used, count, slot: SET });
        }
        let used = self.count_in(place, &["_count"], array.length)?;
        let free = self.count_in(place, &["_freeCount"], used)?;
        Some(Collection::Slots { array, used, count: used - free, slot: SET })
    }

    fn hashtable(self, place: Place) -> Option<Collection> {
        let array = self.array_in(place, &["_buckets", "buckets"])?;
        let count = self.count_in(place, &["_count", "count"], array.length)?;
        Some(Collection::Slots { used: array.length, array, count, slot: HASHTABLE })
    }

    fn concurrent_dictionary(self, place: Place) -> Option<Collection> {
        let tables = self.place(self.reference_in(place, &["_tables", "m_tables"])?)?;
        let buckets = self.array_in(tables, &["_buckets", "m_buckets"])?;
        let counts = self.array_in(tables, &["_countPerLock", "m_countPerLock"])?;
        let counts = (0..counts.length.min(MOST_SLOTS)).filter_map(|i| match self.element(&counts, i, 0).value {
            Value::Signed(count) => u64::try_from(count).ok(),
            _ => None,
        });
        Some(Collection::Chains { buckets, count: counts.sum() })
    }

    /// The delegates of a delegate with several targets.
    fn targets(self, place: Place) -> Option<Collection> {
        let list = self.reference_in(place, &["_invocationList"])?;
        let array = self.array(list)?;
        let count = self.count_in(place, &["_invocationCount"], array.length)?;
        Some(Collection::Sequence { array, start: 0, count })
    }

    /// The entry in a slot; `None` where the slot is free.
    fn slot(self, array: &Array, index: u64, slot: Slot) -> Option<Entry> {
        let address = array.data.checked_add(index.checked_mul(array.stride)?)?;
        let place = Place { mt: array.element, address };
        if !self.is_used(place) {
            return None;
        }
        let item = |names: &[&str]| {
            let (field, _) = self.field_of(place, names)?;
            Some(self.field_item(place, &field, 0))
        };
        let key = item(slot.key);
        // Hashtable: an empty bucket has no key; a removed one has the bucket array itself for it.
        if slot.value == HASHTABLE.value && !self.is_hashtable_key(key.as_ref()?, array) {
            return None;
        }
        Some(Entry { key, value: item(slot.value)? })
    }

    /// Is a slot in use? From 3.0 (sets: 5.0) on a free one has a `next` below −1, before it had a
    /// negative hash code; the hash code became unsigned with that (not in sets, which then renamed it).
    fn is_used(self, place: Place) -> bool {
        let next = self.integer_in(place, &["Next", "next"]).unwrap_or(-1);
        let old = self.field_of(place, &["hashCode"]);
        match old {
            Some((field, _)) if field.kind == ElementKind::Int32 => {
                self.integer_in(place, &["hashCode"]).is_some_and(|hash| hash >= 0)
            }
            _ => next >= -1,
        }
    }

    fn is_hashtable_key(self, key: &Item, buckets: &Array) -> bool {
        let header = 2 * self.space.pointer_size() as u64;
        !matches!(key.value, Value::Reference(key) if key == 0 || key == buckets.data.wrapping_sub(header))
    }

    /// The nodes of one bucket; from 8.0 on the bucket is a struct around the node.
    fn chain(self, buckets: &Array, index: u64) -> Vec<Entry> {
        let slot = buckets.data.saturating_add(index.saturating_mul(buckets.stride));
        let mut node = self.space.pointer(slot).unwrap_or(0);
        let mut entries = Vec::new();
        while node != 0
            && entries.len() < LONGEST_CHAIN
            && let Some(place) = self.place(node)
        {
            let item = |names: &[&str]| {
                let (field, _) = self.field_of(place, names)?;
                Some(self.field_item(place, &field, 0))
            };
            let Some(value) = item(&["_value", "m_value"]) else { break };
            entries.push(Entry { key: item(&["_key", "m_key"]), value });
            node = self.reference_in(place, &["_next", "m_next"]).unwrap_or(0);
        }
        entries
    }
}
