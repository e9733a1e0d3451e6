//! `object`: one object, field by field.

use std::io::{self, Write};
use std::path::PathBuf;

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::common::Reading;
use super::print::{Address, Print};
use super::table::{Align, Table, count};
use crate::analysis::dominators::Dominators;
use crate::analysis::retained::Retained;
use crate::error::{Error, Result};
use crate::heap::{Heap, TypeKind};
use crate::progress::Progress;
use crate::runtime::values::{Inspector, Item, Value};
use crate::view::object::{self, Card, Row};

/// Structs within structs that JSON opens, and how many of them in all.
const DEEPEST: usize = 8;
const MOST_STRUCTS: usize = 10_000;
/// Characters of a string that JSON has.
const LONGEST: usize = 1 << 20;

/// One object: its size, who holds how much, its fields and what is in it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  heapglass object shop.dmp 0x7f165d039730
  heapglass object shop.dmp 7f165d039730 --from 1000 --limit 50    elements 1000 to 1049")]
pub struct Args {
    /// The dump
    dump: PathBuf,
    /// Where the object is, in hexadecimal
    #[arg(value_parser = address)]
    address: u64,
    /// Show this many elements of an array, or entries of a collection
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    /// Begin with this element; of a collection, with the entry that an answer before gave as `next`
    #[arg(long, value_name = "N", default_value_t = 0)]
    from: u64,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    print: Print,
}

fn address(text: &str) -> std::result::Result<u64, String> {
    let digits = text.trim_start_matches("0x").trim_start_matches("0X").replace('`', "");
    u64::from_str_radix(&digits, 16).map_err(|_| "an address is a hexadecimal number, as 0x7f165d039730".to_owned())
}

#[derive(Serialize)]
struct Answer {
    address: Address,
    #[serde(rename = "type")]
    type_name: Box<str>,
    size: u64,
    generation: &'static str,
    retained_bytes: u64,
    /// The text of a string, the value of a boxed one, else what a list would show of it.
    value: Option<String>,
    fields: Vec<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    length: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    elements: Option<Vec<Json>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<Vec<Json>>,
    /// Where the elements or entries go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
    referrers_count: u64,
    /// For people: headline and rows of each part.
    #[serde(skip)]
    parts: Vec<(String, Vec<[String; 4]>)>,
}

/// Opens the dump and prints one of its objects.
pub fn run(args: &Args) -> Result<()> {
    let answer = args.reading.ask(&args.dump, |heap, progress| answer(args, heap, progress))?;
    args.print.answer(&answer, people)
}

fn answer(args: &Args, heap: &Heap, progress: &Progress) -> Result<Answer> {
    let id = find(heap, args.address)?;
    let Card { address, type_name, size, generation, referrers, text } = object::card(heap, id);
    let dominators = Dominators::new(&heap.graph, &args.reading.retaining(&heap.graph, progress)?, progress)?;
    let retained = Retained::new(&heap.graph, &dominators, progress)?;
    let mut out = Answer {
        address: Address(address),
        type_name: type_name.full,
        size,
        generation,
        retained_bytes: retained.of(id),
        value: text,
        fields: Vec::new(),
        length: None,
        elements: None,
        count: None,
        entries: None,
        next: None,
        referrers_count: referrers,
        parts: Vec::new(),
    };
    if let Some(inspector) = object::inspector(heap).filter(|_| heap.graph.type_of(id).kind != TypeKind::Free) {
        look_into(args, inspector, &mut out);
    }
    Ok(out)
}

/// Reads fields, elements and entries.
fn look_into(args: &Args, inspector: Inspector, out: &mut Answer) {
    let address = out.address.0;
    if let Some((text, _)) = inspector.string(address, LONGEST) {
        out.value = Some(text);
    }
    let mut json = JsonRows { inspector, structs_left: MOST_STRUCTS };
    let fields = object::fields(inspector, address);
    out.fields = json.fields(&fields, 0);
    out.add_part(inspector, "Fields", &fields);
    if let Some(array) = inspector.array(address) {
        let rows = object::elements(inspector, &array, args.from, args.limit);
        out.length = Some(array.length);
        out.elements = Some(json.elements(&rows));
        out.next = Some(args.from.saturating_add(rows.len() as u64)).filter(|&next| next < array.length);
        out.add_part(inspector, &format!("Elements ({} in all)", count(array.length)), &rows);
    } else if let Some(collection) = inspector.collection(address) {
        let (rows, next) = object::entries(inspector, &collection, args.from, args.limit);
        out.count = Some(collection.count());
        out.entries = Some(json.entries(&rows));
        out.next = next;
        out.add_part(inspector, &format!("Entries ({} in all)", count(collection.count())), &rows);
    }
}

fn find(heap: &Heap, address: u64) -> Result<u32> {
    let objects = &heap.graph.objects;
    objects.at(address).ok_or_else(|| {
        let inside =
            objects.containing(address).map(|id| format!("; it lies inside the object at {:#x}", objects.address(id)));
        Error::Question(format!("no object starts at {address:#x}{}", inside.unwrap_or_default()))
    })
}

impl Answer {
    fn add_part(&mut self, inspector: Inspector, title: &str, rows: &[Row]) {
        let line = |row: &Row| {
            let offset = row.offset.map_or_else(String::new, |offset| format!("+{offset:#x}"));
            [offset, row.name.clone(), row.type_name.short.to_string(), object::shown(inspector, &row.item)]
        };
        if !rows.is_empty() {
            self.parts.push((title.to_owned(), rows.iter().map(line).collect()));
        }
    }
}

/// Makes JSON of rows; counts the structs that it opens.
struct JsonRows<'a> {
    inspector: Inspector<'a>,
    structs_left: usize,
}

impl JsonRows<'_> {
    fn fields(&mut self, rows: &[Row], depth: usize) -> Vec<Json> {
        let field = |row: &Row| {
            let head = json!({ "name": row.name, "type": row.type_name.full, "offset": row.offset });
            self.with_value(head, &row.item, depth)
        };
        rows.iter().map(field).collect()
    }

    fn elements(&mut self, rows: &[Row]) -> Vec<Json> {
        rows.iter().map(|row| self.with_value(json!({ "index": row.name }), &row.item, 0)).collect()
    }

    fn entries(&mut self, rows: &[Row]) -> Vec<Json> {
        let entry = |row: &Row| {
            let key = row.key.as_ref().map(|key| self.with_value(json!({}), key, 0));
            let head = key.map_or_else(|| json!({}), |key| json!({ "key": key }));
            self.with_value(head, &row.item, 0)
        };
        rows.iter().map(entry).collect()
    }

    /// Adds `value`: references as `0x…`, null as null; beside it, where there is one, what a person reads
    /// (`text`), the type of the object it refers to (`object_type`), the fields of a struct (`fields`).
    fn with_value(&mut self, mut out: Json, item: &Item, depth: usize) -> Json {
        out["value"] = match item.value {
            Value::Boolean(value) => value.into(),
            Value::Char(unit) => String::from_utf16_lossy(&[unit]).into(),
            Value::Signed(value) => value.into(),
            Value::Unsigned(value) => value.into(),
            Value::Single(value) => f64::from(value).into(),
            Value::Double(value) => value.into(),
            Value::Native(value) => json!(Address(value)),
            Value::Reference(0) | Value::Missing | Value::Struct(_) => Json::Null,
            Value::Reference(object) => json!(Address(object)),
        };
        if let Some(text) = text(item) {
            out["text"] = text.into();
        }
        match item.value {
            Value::Reference(object) if object != 0 => {
                out["object_type"] = json!(self.inspector.type_name(object).full);
            }
            Value::Struct(place) if depth < DEEPEST && self.structs_left > 0 => {
                self.structs_left -= 1;
                let rows = object::struct_fields(self.inspector, place);
                out["fields"] = self.fields(&rows, depth + 1).into();
            }
            _ => {}
        }
        out
    }
}

fn text(item: &Item) -> Option<String> {
    match item.value {
        Value::Missing => Some("not in the dump".to_owned()),
        // JSON has no number for them.
        Value::Single(value) if !value.is_finite() => Some(value.to_string()),
        Value::Double(value) if !value.is_finite() => Some(value.to_string()),
        _ => item.text.clone(),
    }
}

fn people(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} at {}", answer.type_name, answer.address)?;
    if let Some(value) = &answer.value {
        writeln!(out, "{value}")?;
    }
    writeln!(
        out,
        "{} bytes in {}, retains {}, {} references to it",
        count(answer.size),
        if answer.generation.is_empty() { "the heap" } else { answer.generation },
        count(answer.retained_bytes),
        count(answer.referrers_count),
    )?;
    for (title, rows) in &answer.parts {
        writeln!(out, "\n{title}")?;
        let mut table = Table::new([
            ("Offset", Align::Right),
            ("Name", Align::Left),
            ("Type", Align::Left),
            ("Value", Align::Left),
        ]);
        rows.iter().for_each(|row| table.row(row.clone()));
        table.write(out)?;
    }
    if let Some(next) = answer.next {
        writeln!(out, "\nmore with --from {next}")?;
    }
    Ok(())
}
