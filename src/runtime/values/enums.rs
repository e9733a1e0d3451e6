//! Enums: from a number to the names of its members.

use super::{Inspector, Value};
use crate::runtime::metadata::{Metadata, signature::element};

/// Members of an enum beyond which it is not believed.
const MOST_MEMBERS: usize = 1 << 16;

impl Inspector<'_> {
    /// The name of an enum's member, several joined by ` | ` for flags; `None` where the type is no enum
    /// or no member fits.
    pub(super) fn enum_text(self, mt: u64, value: Value) -> Option<String> {
        let value = match value {
            Value::Signed(value) => value as u64,
            Value::Unsigned(value) | Value::Native(value) => value,
            Value::Char(value) => value.into(),
            Value::Boolean(value) => value.into(),
            _ => return None,
        };
        if !self.types.is_enum(self.space, mt) {
            return None;
        }
        let module = self.types.module_of(self.space, mt)?;
        let metadata = module.metadata(self.space)?;
        let rid = self.types.shape().rid(self.space, mt)?;
        let members = members(metadata, rid);
        if let Some((name, _)) = members.iter().find(|&&(_, member)| member == value) {
            return Some(name.clone());
        }
        metadata.has_attribute(rid, "System", "FlagsAttribute").then(|| flags(members, value))?
    }
}

/// Name and value of each member, sign-extended to 64 bits.
fn members(metadata: Metadata, type_def: u32) -> Vec<(String, u64)> {
    let literals = metadata.fields(type_def).filter(|field| field.is_literal()).take(MOST_MEMBERS);
    literals
        .filter_map(|field| {
            let constant = metadata.constant(field.rid)?;
            let mut bytes = [0; 8];
            bytes.get_mut(..constant.bytes.len())?.copy_from_slice(constant.bytes);
            let value = u64::from_le_bytes(bytes);
            let value = match constant.element_type {
                element::I1 => value as i8 as u64,
                element::I2 => value as i16 as u64,
                element::I4 => value as i32 as u64,
                _ => value,
            };
            Some((field.name.into_owned(), value))
        })
        .collect()
}

/// The members that make up `value`, largest first taken, smallest first written, as .NET itself does.
fn flags(mut members: Vec<(String, u64)>, value: u64) -> Option<String> {
    members.sort_by_key(|&(_, member)| member);
    let mut rest = value;
    let mut names = Vec::new();
    for (name, member) in members.iter().rev() {
        if *member != 0 && rest & member == *member {
            rest -= member;
            names.push(name.as_str());
        }
    }
    names.reverse();
    (rest == 0 && !names.is_empty()).then(|| names.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::flags;

    #[test]
    fn flags_are_spelled_by_the_largest_members_that_fit() {
        let members =
            || [("None", 0), ("Read", 1), ("Write", 2), ("ReadWrite", 3), ("Sync", 8)].map(|(n, v)| (n.to_owned(), v));
        let text = |value| flags(members().to_vec(), value);
        assert_eq!(text(11).as_deref(), Some("ReadWrite | Sync"));
        assert_eq!(text(10).as_deref(), Some("Write | Sync"));
        assert_eq!(text(4), None);
        assert_eq!(text(12), None);
    }
}
