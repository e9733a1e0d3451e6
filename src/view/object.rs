//! One object, as a person looks at it: what it is, its fields, its elements or entries.
//!
//! Rows come when they are asked for: fields at once, elements and entries by page, a struct's own fields
//! when it is opened. A row keeps the value as it was read and says what to show for it.

use crate::heap::Heap;
use crate::runtime::gc::Generation;
use crate::runtime::types::TypeName;
use crate::runtime::values::{Array, Collection, Inspector, Item, Member, Place, Value};

/// What is known of an object without looking into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    pub address: u64,
    pub type_name: TypeName,
    /// Bytes.
    pub size: u64,
    /// `gen2`, `loh` …; empty where nothing tells.
    pub generation: &'static str,
    /// References to it, from live and dead objects.
    pub referrers: u64,
    /// The whole of a short text about it.
    pub text: Option<String>,
}

/// A field, an element or an entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Field name as in metadata, index, or the key as it is shown.
    pub name: String,
    /// The key's value, of an entry that has one.
    pub key: Option<Item>,
    /// Declared type; empty for elements and entries.
    pub type_name: TypeName,
    /// Bytes behind the method table; of fields only.
    pub offset: Option<u32>,
    pub item: Item,
}

/// The card of an object.
pub fn card(heap: &Heap, object: u32) -> Card {
    let graph = &heap.graph;
    let address = graph.objects.address(object);
    Card {
        address,
        type_name: graph.type_of(object).name.clone(),
        size: graph.objects.size(object),
        generation: heap.facts.gc.generation(address).map_or("", Generation::id),
        referrers: graph.referrers.row(object).len() as u64,
        text: inspector(heap).and_then(|inspector| inspector.text(address)),
    }
}

/// The reader of values of an open dump; `None` for a .gcdump, which has none.
pub fn inspector(heap: &Heap) -> Option<Inspector<'_>> {
    heap.runtime.as_ref().map(|runtime| Inspector::new(&runtime.space, &runtime.types))
}

/// The fields of an object, inherited ones first.
pub fn fields(inspector: Inspector, address: u64) -> Vec<Row> {
    inspector.members(address).into_iter().map(Row::from).collect()
}

/// The fields of a struct.
pub fn struct_fields(inspector: Inspector, place: Place) -> Vec<Row> {
    inspector.struct_members(place).into_iter().map(Row::from).collect()
}

/// Up to `count` elements of an array, from index `from` on.
pub fn elements(inspector: Inspector, array: &Array, from: u64, count: usize) -> Vec<Row> {
    let items = inspector.elements(array, from, count).into_iter();
    items.zip(from..).map(|(item, index)| Row::bare(array.index_text(index), None, item)).collect()
}

/// Up to `count` entries of a collection from a cursor on (0 is the first), and the next cursor.
pub fn entries(inspector: Inspector, collection: &Collection, cursor: u64, count: usize) -> (Vec<Row>, Option<u64>) {
    let page = inspector.entries(collection, cursor, count);
    let rows = page.entries.into_iter().map(|entry| {
        let name = entry.key.as_ref().map_or_else(String::new, |key| shown(inspector, key));
        Row::bare(name, entry.key, entry.value)
    });
    (rows.collect(), page.next)
}

impl Row {
    fn bare(name: String, key: Option<Item>, item: Item) -> Row {
        Row { name, key, type_name: TypeName::default(), offset: None, item }
    }
}

impl From<Member> for Row {
    fn from(member: Member) -> Row {
        Row {
            name: member.field.name.into(),
            key: None,
            type_name: member.type_name,
            offset: Some(member.field.offset),
            item: member.item,
        }
    }
}

/// A value in one line: its text, else the plain value, else what it refers to.
pub fn shown(inspector: Inspector, item: &Item) -> String {
    match (item.value, &item.text) {
        (Value::Missing, _) => "not in the dump".to_owned(),
        (Value::Signed(_) | Value::Unsigned(_), Some(text)) => {
            format!("{text} ({})", item.value.text().unwrap_or_default())
        }
        (Value::Reference(address), Some(text)) if !text.starts_with('"') && !text.starts_with("typeof(") => {
            format!("{} {{ {text} }}", inspector.type_name(address).short)
        }
        (_, Some(text)) => text.clone(),
        (Value::Reference(address), None) if address != 0 => {
            format!("{} @ {address:#x}", inspector.type_name(address).short)
        }
        (Value::Struct(_), None) => "{…}".to_owned(),
        (value, None) => value.text().unwrap_or_default(),
    }
}
