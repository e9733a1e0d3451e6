//! One object opened up: what it is, and its fields, elements or entries as a tree of rows.
//!
//! Sections and structs open in place; long contents come by page, the last row of which asks for the next.
//! Opening reads the dump, so a worker does it; the rows themselves are plain text.

use std::borrow::Cow;

use super::format;
use super::object::{self, Card, Row};
use super::rows::{Cell, Column, Lead, Rows, Tone};
use crate::heap::{Graph, Heap, TypeKind, TypeName};
use crate::runtime::values::{Array, Collection, Inspector, Place, Value};

/// Rows of a page.
const PAGE: usize = 100;
/// Characters of a string that are shown.
const LONGEST: usize = 1 << 16;

/// See the module.
#[derive(Clone, Debug)]
pub struct Inspection {
    pub object: u32,
    pub card: Card,
    /// The text of a string, and how many characters it has.
    pub text: Option<(String, u32)>,
    pub lines: Vec<Line>,
}

/// A row of the tree.
#[derive(Clone, Debug)]
pub struct Line {
    depth: u32,
    name: String,
    value: String,
    type_name: TypeName,
    offset: Option<u32>,
    /// The object that the value refers to, and the one that is its key.
    pub target: Option<u32>,
    pub key: Option<u32>,
    is_entry: bool,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Plain,
    /// Something that opens; whether it is open.
    Parent(Content, bool),
    /// The rest of a content, from a cursor on.
    More(Content, u64),
}

/// What stands below a row.
#[derive(Clone, Debug)]
enum Content {
    Fields,
    Struct(Place),
    Elements(Array),
    Entries(Collection),
    /// Objects that it refers to: all that a .gcdump knows.
    References,
}

impl Inspection {
    /// Looks at an object.
    pub fn new(heap: &Heap, id: u32) -> Inspection {
        let card = object::card(heap, id);
        let mut out = Inspection { object: id, card, text: None, lines: Vec::new() };
        let graph = &heap.graph;
        let Some(inspector) = object::inspector(heap) else {
            out.section("References", graph.references.row(id).len() as u64, Content::References);
            out.toggle(heap, 0);
            return out;
        };
        if graph.type_of(id).kind == TypeKind::Free {
            return out;
        }
        let address = out.card.address;
        out.text = inspector.string(address, LONGEST);
        if let Some(array) = inspector.array(address) {
            out.section("Elements", array.length, Content::Elements(array));
        } else if let Some(collection) = inspector.collection(address) {
            out.section("Entries", collection.count(), Content::Entries(collection));
        }
        let fields = inspector.members(address).len() as u64;
        if fields > 0 {
            out.section("Fields", fields, Content::Fields);
        }
        out.toggle(heap, 0);
        out
    }

    fn section(&mut self, title: &str, count: u64, content: Content) {
        let what = if count > 0 { What::Parent(content, false) } else { What::Plain };
        self.lines.push(Line {
            depth: 0,
            name: title.to_owned(),
            value: format::count(count),
            type_name: TypeName::default(),
            offset: None,
            target: None,
            key: None,
            is_entry: false,
            what,
        });
    }

    /// Can this row be opened or closed, or does it stand for more rows?
    pub fn is_to_open(&self, row: usize) -> bool {
        self.lines.get(row).is_some_and(|line| !matches!(line.what, What::Plain))
    }

    /// Opens or closes a row, or shows the next page in place of the row that stands for it.
    pub fn toggle(&mut self, heap: &Heap, row: usize) {
        let Some(line) = self.lines.get_mut(row) else { return };
        let depth = line.depth + 1;
        match &mut line.what {
            What::Plain => {}
            What::Parent(_, open @ true) => {
                *open = false;
                let below = self.lines[row + 1..].iter().take_while(|below| below.depth >= depth).count();
                self.lines.drain(row + 1..=row + below);
            }
            What::Parent(content, open) => {
                *open = true;
                let content = content.clone();
                let lines = self.page(heap, &content, 0, depth);
                self.lines.splice(row + 1..row + 1, lines);
            }
            What::More(content, cursor) => {
                let (content, cursor) = (content.clone(), *cursor);
                let lines = self.page(heap, &content, cursor, depth - 1);
                self.lines.splice(row..=row, lines);
            }
        }
    }

    /// Rows of a content from a cursor on; the last one stands for what follows.
    fn page(&self, heap: &Heap, content: &Content, cursor: u64, depth: u32) -> Vec<Line> {
        let graph = &heap.graph;
        let Some(inspector) = object::inspector(heap) else { return self.references(graph, cursor, depth) };
        let (rows, next) = match content {
            Content::Fields => (object::fields(inspector, self.card.address), None),
            Content::Struct(place) => (object::struct_fields(inspector, *place), None),
            Content::Elements(array) => {
                let rows = object::elements(inspector, array, cursor, PAGE);
                let next = cursor.saturating_add(rows.len() as u64);
                (rows, (next < array.length).then_some(next))
            }
            Content::Entries(collection) => object::entries(inspector, collection, cursor, PAGE),
            Content::References => (Vec::new(), None),
        };
        let mut lines: Vec<Line> = rows.into_iter().map(|row| Line::new(graph, inspector, row, depth)).collect();
        let ordered = matches!(content, Content::Entries(Collection::Sequence { .. } | Collection::Reversed { .. }));
        for (line, at) in lines.iter_mut().zip(cursor..) {
            match content {
                Content::Elements(_) => line.name = format!("[{}]", line.name),
                Content::Entries(_) if ordered => line.name = format!("[{at}]"),
                _ => {}
            }
        }
        lines.extend(next.map(|next| Line::more(content, next, depth)));
        lines
    }

    fn references(&self, graph: &Graph, cursor: u64, depth: u32) -> Vec<Line> {
        let targets = graph.references.row(self.object);
        let first = cursor as usize;
        let mut lines: Vec<Line> = targets
            .iter()
            .enumerate()
            .skip(first)
            .take(PAGE)
            .map(|(at, &target)| Line {
                depth,
                name: format!("[{at}]"),
                value: format!("{} @ {:#x}", graph.type_of(target).name.short, graph.objects.address(target)),
                type_name: TypeName::default(),
                offset: None,
                target: Some(target),
                key: None,
                is_entry: false,
                what: What::Plain,
            })
            .collect();
        let next = first + lines.len();
        if next < targets.len() {
            lines.push(Line::more(&Content::References, next as u64, depth));
        }
        lines
    }
}

impl Line {
    fn new(graph: &Graph, inspector: Inspector<'_>, row: Row, depth: u32) -> Line {
        let object = |value: Value| match value {
            Value::Reference(address) if address != 0 => graph.objects.at(address),
            _ => None,
        };
        let what = match row.item.value {
            Value::Struct(place) if place.mt != 0 => What::Parent(Content::Struct(place), false),
            _ => What::Plain,
        };
        Line {
            depth,
            value: object::shown(inspector, &row.item),
            target: object(row.item.value),
            is_entry: row.key.is_some(),
            key: row.key.as_ref().and_then(|key| object(key.value)),
            name: format::field(&row.name).to_owned(),
            type_name: row.type_name,
            offset: row.offset,
            what,
        }
    }

    fn more(content: &Content, cursor: u64, depth: u32) -> Line {
        Line {
            depth,
            name: String::from("…"),
            value: String::from("show more"),
            type_name: TypeName::default(),
            offset: None,
            target: None,
            key: None,
            is_entry: false,
            what: What::More(content.clone(), cursor),
        }
    }
}

const COLUMNS: [Column; 4] = [
    Column::words("Name", "Field, index or key", 204.0).fixed().kept(),
    Column::name("Value", "Its value; of a reference what it refers to. ⏎ opens that object").fixed(),
    Column::words("Type", "As declared", 150.0).fixed(),
    Column::figure("Offset", "Bytes behind the method table", 64.0).fixed().optional(),
];

impl Rows for Inspection {
    fn columns(&self) -> &[Column] {
        // Elements and entries have neither type nor offset.
        if self.lines.iter().any(|line| line.offset.is_some()) { &COLUMNS } else { &COLUMNS[..2] }
    }

    fn len(&self) -> usize {
        self.lines.len()
    }

    fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        let line = &self.lines[row];
        let is_section = line.depth == 0;
        match column {
            // Keys of entries are values: what they begin with tells them apart.
            0 if line.is_entry => Cell::Text { text: Cow::Borrowed(&*line.name), link: false },
            0 => {
                let tone = if is_section { Tone::Strong } else { Tone::Muted };
                Cell::Name { spans: vec![(tone, Cow::Borrowed(&*line.name))], root: false }
            }
            1 if is_section => Cell::Words(Cow::Borrowed(&*line.value)),
            1 => {
                let link = line.target.is_some() || matches!(line.what, What::More(..));
                Cell::Text { text: Cow::Borrowed(&*line.value), link }
            }
            2 => Cell::Words(Cow::Borrowed(&*line.type_name.short)),
            _ => line.offset.map_or(Cell::Empty, |offset| Cell::Figure(format!("+{offset:#x}"))),
        }
    }

    fn copied(&self, row: usize, column: usize) -> Cell<'_> {
        match column {
            0 => Cell::Words(Cow::Borrowed(&*self.lines[row].name)),
            _ => self.cell(row, column),
        }
    }

    fn name(&self, row: usize) -> Cow<'_, str> {
        let line = &self.lines[row];
        Cow::Owned(format!("{} = {}", line.name, line.value))
    }

    fn hint(&self, row: usize, column: usize) -> Option<Cow<'_, str>> {
        let declared = &self.lines[row].type_name;
        (column == 2 && !declared.full.is_empty()).then_some(Cow::Borrowed(&*declared.full))
    }

    fn lead(&self, row: usize) -> Lead {
        let line = &self.lines[row];
        let open = match line.what {
            What::Parent(_, open) => Some(open),
            What::Plain | What::More(..) => None,
        };
        Lead { depth: line.depth, open }
    }
}
