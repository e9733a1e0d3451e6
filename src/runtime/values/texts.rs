//! Short texts of objects, for lists: what a person would want to see first of it.

use super::{DEEPEST, Inspector, PREVIEW, Place, Value};

/// Chunks of a StringBuilder that a preview goes back through.
const MOST_CHUNKS: usize = 64;

impl Inspector<'_> {
    /// A short text of the object: a string in quotes, the value of a boxed one, the number of entries of
    /// a collection, the message of an exception; `None` where nothing short says anything.
    pub fn text(self, object: u64) -> Option<String> {
        self.object_text(object, 0)
    }

    /// The whole text of a string object, at most `limit` characters of it, and how long it is.
    pub fn string(self, object: u64, limit: usize) -> Option<(String, u32)> {
        if self.method_table(object)? != self.types.string() {
            return None;
        }
        let body = self.body(object);
        let length = self.space.u32(body)?;
        let first = body.checked_add(4)?;
        let units = (0..u64::from(length)).take(limit).map_while(|i| self.space.u16(first.checked_add(2 * i)?));
        let text = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        Some((text, length))
    }

    /// The text of a value; plain numbers have none of their own.
    pub(super) fn text_of(self, value: Value, declared: u64, depth: u32) -> Option<String> {
        match value {
            Value::Reference(0) | Value::Missing => None,
            Value::Reference(object) => self.object_text(object, depth + 1),
            Value::Struct(place) => self.struct_text(place, depth),
            value if declared != 0 => self.enum_text(declared, value),
            _ => None,
        }
    }

    fn object_text(self, object: u64, depth: u32) -> Option<String> {
        if depth > DEEPEST {
            return None;
        }
        let place = self.place(object)?;
        if place.mt == self.types.string() {
            return self.quoted(object);
        }
        if let Some(array) = self.array(object) {
            let lengths: Vec<String> = array.dimensions.iter().map(|(length, _)| length.to_string()).collect();
            let length = if lengths.is_empty() { array.length.to_string() } else { lengths.join(" × ") };
            return Some(format!("Length = {length}"));
        }
        if self.types.is_value_type(self.space, place.mt) {
            return self.boxed_text(place, depth);
        }
        if let Some(collection) = self.collection(object) {
            return Some(format!("Count = {}", collection.count()));
        }
        self.known_class_text(place, depth)
    }

    fn boxed_text(self, place: Place, depth: u32) -> Option<String> {
        let item = self.item(self.kind_of(place.mt), place.mt, place.address, depth);
        item.text.or_else(|| item.value.text())
    }

    fn quoted(self, string: u64) -> Option<String> {
        let (text, length) = self.string(string, PREVIEW)?;
        let cut = if length as usize > PREVIEW { "…" } else { "" };
        Some(format!("\"{}{cut}\"", text.escape_debug()))
    }

    /// Classes of the core library whose fields hide what they are about.
    fn known_class_text(self, place: Place, depth: u32) -> Option<String> {
        for mt in self.types.bases(self.space, place.mt) {
            let base = Place { mt, ..place };
            let text = match self.types.definition_name(self.space, mt).as_str() {
                "System.RuntimeType" => {
                    let handle = self.integer_in(place, &["m_handle", "_handle"])? as u64;
                    Some(format!("typeof({})", self.types.name(self.space, handle).full))
                }
                "System.Exception" => self.string_in(base, &["_message"]),
                "System.Uri" => self.string_in(base, &["m_String", "_string"]),
                "System.Globalization.CultureInfo" => self.string_in(base, &["_name", "m_name"]),
                "System.Threading.Thread" => self.thread_text(base),
                "System.Version" => self.version_text(base),
                "System.Text.StringBuilder" => self.builder_text(place),
                "System.Delegate" => self.delegate_text(base),
                "System.WeakReference" | "System.WeakReference`1" => None,
                name if name.starts_with("System.Tuple`") => self.tuple(base, depth),
                _ => continue,
            };
            return text;
        }
        None
    }

    fn string_in(self, place: Place, names: &[&str]) -> Option<String> {
        self.quoted(self.reference_in(place, names)?)
    }

    fn thread_text(self, place: Place) -> Option<String> {
        let id = self.integer_in(place, &["_managedThreadId", "m_ManagedThreadId"])?;
        let name = self.string_in(place, &["_name", "m_Name"]);
        Some(name.map_or_else(|| format!("thread {id}"), |name| format!("thread {id} {name}")))
    }

    fn version_text(self, place: Place) -> Option<String> {
        let names = [["_Major", "_major"], ["_Minor", "_minor"], ["_Build", "_build"], ["_Revision", "_revision"]];
        let parts = names.map(|names| self.integer_in(place, &names));
        let parts = parts.into_iter().map_while(|part| part.filter(|&part| part >= 0));
        let parts: Vec<String> = parts.map(|part| part.to_string()).collect();
        (!parts.is_empty()).then(|| parts.join("."))
    }

    /// The target of a delegate; one with several targets is a collection.
    fn delegate_text(self, place: Place) -> Option<String> {
        let target = self.reference_in(place, &["_target"])?;
        // A delegate to a static method is its own target.
        let mt = self.method_table(target).filter(|_| self.body(target) != place.address)?;
        Some(format!("on {}", self.types.name(self.space, mt).short))
    }

    /// A StringBuilder keeps its text in chunks, the last one first.
    fn builder_text(self, place: Place) -> Option<String> {
        let mut chunks = Vec::new();
        let mut next = Some(place);
        while let Some(chunk) = next.filter(|_| chunks.len() < MOST_CHUNKS) {
            let characters = self.reference_in(chunk, &["m_ChunkChars"])?;
            let array = self.array(characters)?;
            let length = u64::try_from(self.integer_in(chunk, &["m_ChunkLength"])?).ok()?;
            chunks.push((array.data, length.min(array.length)));
            next = self.reference_in(chunk, &["m_ChunkPrevious"]).and_then(|previous| self.place(previous));
        }
        let mut units: Vec<u16> = Vec::new();
        for (data, length) in chunks.into_iter().rev() {
            let room = (PREVIEW + 1 - units.len()) as u64;
            units.extend((0..length.min(room)).map_while(|i| self.space.u16(data.checked_add(2 * i)?)));
            if units.len() > PREVIEW {
                break;
            }
        }
        let cut = if units.len() > PREVIEW { "…" } else { "" };
        let lead = if next.is_some() { "…" } else { "" };
        units.truncate(PREVIEW);
        Some(format!("\"{lead}{}{cut}\"", String::from_utf16_lossy(&units).escape_debug()))
    }
}
