//! The FastSerialization container: numbers, strings and tagged objects, one after another.
//!
//! Everything is little endian. An object is tag 4, its type, its fields, then whatever a newer writer
//! added as tagged fields, and tag 6; a type is spelled at its first use and referred to by file position
//! afterwards. Every read is checked against the end of the file and says what it was reading.

use super::Problem;

const OBJECT_NULL: u8 = 1;
const OBJECT_REFERENCE: u8 = 2;
const BEGIN_OBJECT: u8 = 4;
const BEGIN_PRIVATE_OBJECT: u8 = 5;
const END_OBJECT: u8 = 6;
const FORWARD_DEFINITION: u8 = 7;
const BYTE: u8 = 8;
const INT16: u8 = 9;
const INT32: u8 = 10;
const INT64: u8 = 11;
const SKIP_REGION: u8 = 12;
const STRING: u8 = 13;
const BLOB: u8 = 14;

/// Writers know six; a limit keeps looking one up cheap.
const MOST_TYPES: usize = 64;

/// The type of an object in the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ObjectType {
    pub name: Box<str>,
    pub version: i32,
    /// The oldest reader that can read it.
    pub minimum: i32,
}

/// A cursor over the bytes of a file.
pub(super) struct Stream<'a> {
    bytes: &'a [u8],
    at: usize,
    /// What is being read, for the message when the file ends in it.
    pub part: &'static str,
    /// Types spelled so far, by the position of their tag.
    types: Vec<(usize, ObjectType)>,
}

impl<'a> Stream<'a> {
    pub fn new(bytes: &'a [u8]) -> Stream<'a> {
        Stream { bytes, at: 0, part: "header", types: Vec::new() }
    }

    pub fn damaged(&self, what: &'static str) -> Problem {
        Problem::Damaged { at: self.at as u64, what }
    }

    pub fn take(&mut self, len: usize) -> Result<&'a [u8], Problem> {
        let rest = &self.bytes[self.at..];
        let taken = rest.get(..len).ok_or(Problem::CutShort(self.part))?;
        self.at += len;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Problem> {
        let bytes = self.take(N)?;
        Ok(bytes.try_into().expect("N bytes were taken"))
    }

    pub fn u8(&mut self) -> Result<u8, Problem> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub fn i32(&mut self) -> Result<i32, Problem> {
        self.array().map(i32::from_le_bytes)
    }

    pub fn i64(&mut self) -> Result<i64, Problem> {
        self.array().map(i64::from_le_bytes)
    }

    pub fn f32(&mut self) -> Result<f32, Problem> {
        self.array().map(f32::from_le_bytes)
    }

    /// A count of things that take at least `each` bytes, so that no count exceeds what the file can hold.
    pub fn count(&mut self, each: usize) -> Result<usize, Problem> {
        let count = usize::try_from(self.i32()?).map_err(|_| self.damaged("a negative count"))?;
        if count > (self.bytes.len() - self.at) / each {
            return Err(Problem::CutShort(self.part));
        }
        Ok(count)
    }

    /// A string: the number of its UTF-16 units, then each unit as one to three bytes. `None` is null.
    pub fn string(&mut self) -> Result<Option<Box<str>>, Problem> {
        let units = self.i32()?;
        if units < 0 {
            return Ok(None);
        }
        let units = units as usize;
        let rest = &self.bytes[self.at..];
        let plain = rest.get(..units).ok_or(Problem::CutShort(self.part))?;
        if let Ok(text) = std::str::from_utf8(plain)
            && plain.is_ascii()
        {
            self.at += units;
            return Ok(Some(text.into()));
        }
        let mut wide = Vec::with_capacity(units);
        for _ in 0..units {
            wide.push(self.utf16_unit()?);
        }
        Ok(Some(String::from_utf16_lossy(&wide).into()))
    }

    fn utf16_unit(&mut self) -> Result<u16, Problem> {
        let first = u16::from(self.u8()?);
        let more = match first {
            0..0xC0 => return Ok(first),
            0xC0..0xE0 => 1,
            _ => 2,
        };
        let mut unit = first & if more == 1 { 0x1F } else { 0x0F };
        for _ in 0..more {
            unit = unit << 6 | u16::from(self.u8()? & 0x3F);
        }
        Ok(unit)
    }

    /// Begins an object and gives its type; `None` is a null reference.
    pub fn begin(&mut self) -> Result<Option<ObjectType>, Problem> {
        let mut tag = self.u8()?;
        if tag == FORWARD_DEFINITION {
            self.i32()?;
            tag = self.u8()?;
        }
        match tag {
            OBJECT_NULL => Ok(None),
            BEGIN_OBJECT | BEGIN_PRIVATE_OBJECT => self.object_type().map(Some),
            _ => Err(self.damaged("no object begins here")),
        }
    }

    /// Begins an object that must be of the named type.
    pub fn begin_named(&mut self, name: &'static str) -> Result<Option<ObjectType>, Problem> {
        match self.begin()? {
            Some(found) if *found.name != *name => Err(self.damaged("an object of another type than expected")),
            found => Ok(found),
        }
    }

    fn object_type(&mut self) -> Result<ObjectType, Problem> {
        let at = self.at;
        match self.u8()? {
            OBJECT_REFERENCE => {
                let label = self.i32()?;
                let known = self.types.iter().find(|(at, _)| i64::try_from(*at) == Ok(i64::from(label)));
                known.map(|(_, found)| found.clone()).ok_or_else(|| self.damaged("a type that was not spelled before"))
            }
            BEGIN_OBJECT => {
                if self.u8()? != OBJECT_NULL {
                    return Err(self.damaged("a type that has a type"));
                }
                let (version, minimum) = (self.i32()?, self.i32()?);
                let name = self.string()?.ok_or_else(|| self.damaged("a type without a name"))?;
                if self.u8()? != END_OBJECT {
                    return Err(self.damaged("a type that does not end"));
                }
                if self.types.len() == MOST_TYPES {
                    return Err(self.damaged("more types of objects than any writer has"));
                }
                let found = ObjectType { name, version, minimum };
                self.types.push((at, found.clone()));
                Ok(found)
            }
            _ => Err(self.damaged("no type begins here")),
        }
    }

    /// A tagged byte, if that is what comes next.
    pub fn tagged_byte(&mut self) -> Result<Option<u8>, Problem> {
        if self.bytes.get(self.at) != Some(&BYTE) {
            return Ok(None);
        }
        self.at += 1;
        self.u8().map(Some)
    }

    /// Ends an object: skips the tagged fields of newer writers up to its end tag.
    pub fn end(&mut self) -> Result<(), Problem> {
        loop {
            match self.u8()? {
                END_OBJECT => return Ok(()),
                BYTE => self.skip(1)?,
                INT16 => self.skip(2)?,
                INT32 => self.skip(4)?,
                INT64 => self.skip(8)?,
                STRING => {
                    self.string()?;
                }
                BLOB => {
                    let len = self.count(1)?;
                    self.skip(len)?;
                }
                SKIP_REGION => self.skip_region()?,
                _ => return Err(self.damaged("an unknown tag")),
            }
        }
    }

    fn skip(&mut self, len: usize) -> Result<(), Problem> {
        self.take(len).map(|_| ())
    }

    /// Jumps to the end of a region, which only the table at the end of the file knows: its last four
    /// bytes are the position of the trailer, that holds the position of the table.
    fn skip_region(&mut self) -> Result<(), Problem> {
        let index = usize::try_from(self.i32()?).map_err(|_| self.damaged("a negative region"))?;
        let label = |at: usize| -> Option<usize> {
            let bytes = self.bytes.get(at..at.checked_add(4)?)?;
            Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
        };
        let end = (|| {
            let table = label(label(self.bytes.len().checked_sub(4)?)?)?;
            let known = index < label(table)?;
            known.then(|| label(table + 4 + 4 * index)).flatten()
        })();
        match end {
            Some(end) if end >= self.at && end <= self.bytes.len() => {
                self.at = end;
                Ok(())
            }
            _ => Err(self.damaged("a region without an end")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_utf16_units_of_one_to_three_bytes() {
        let mut bytes = 5i32.to_le_bytes().to_vec();
        bytes.extend([b'a', 0xC3, 0xA9, 0xE2, 0x82, 0xAC, 0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80]);
        bytes.extend((-1i32).to_le_bytes());
        let mut stream = Stream::new(&bytes);
        assert_eq!(stream.string().unwrap().as_deref(), Some("aé€😀"));
        assert_eq!(stream.string().unwrap(), None);
        assert_eq!(stream.string(), Err(Problem::CutShort("header")));
    }

    #[test]
    fn unknown_tagged_fields_are_skipped_up_to_the_end_tag() {
        let mut bytes = vec![BYTE, 1, INT16, 1, 2, INT32, 1, 2, 3, 4, INT64, 1, 2, 3, 4, 5, 6, 7, 8];
        bytes.extend([STRING, 2, 0, 0, 0, b'h', b'i', BLOB, 3, 0, 0, 0, 6, 6, 6]);
        bytes.extend([SKIP_REGION, 0, 0, 0, 0, 99, 99]);
        let region_end = bytes.len() as u32;
        bytes.extend([END_OBJECT, 42]);
        let table = bytes.len() as u32;
        bytes.extend([1u32, region_end].iter().flat_map(|n| n.to_le_bytes()));
        let trailer = bytes.len() as u32;
        bytes.extend([table, trailer].iter().flat_map(|n| n.to_le_bytes()));
        let mut stream = Stream::new(&bytes);
        stream.end().unwrap();
        assert_eq!(stream.u8(), Ok(42));
    }

    #[test]
    fn a_region_cannot_lead_back() {
        let mut bytes = vec![SKIP_REGION, 0, 0, 0, 0];
        bytes.extend([1u32, 0, 5, 13].iter().flat_map(|n| n.to_le_bytes()));
        assert!(matches!(Stream::new(&bytes).end(), Err(Problem::Damaged { .. })));
    }
}
