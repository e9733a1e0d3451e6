//! Field signatures (ECMA-335 II.23.2.4, II.23.2.12), read as a flat list of what they say.
//!
//! A type's signature is a tree written in prefix order. [`Reader`] gives its nodes one by one and never
//! recurses; who spells or resolves a type keeps the little stack that it needs for that.

use super::heaps::compressed;
use super::tables::Token;

/// Element types (II.23.1.16) that the runtime's FieldDescs and signatures have in common.
pub mod element {
    pub const VOID: u8 = 0x01;
    pub const BOOLEAN: u8 = 0x02;
    pub const CHAR: u8 = 0x03;
    pub const I1: u8 = 0x04;
    pub const U1: u8 = 0x05;
    pub const I2: u8 = 0x06;
    pub const U2: u8 = 0x07;
    pub const I4: u8 = 0x08;
    pub const U4: u8 = 0x09;
    pub const I8: u8 = 0x0A;
    pub const U8: u8 = 0x0B;
    pub const R4: u8 = 0x0C;
    pub const R8: u8 = 0x0D;
    pub const STRING: u8 = 0x0E;
    pub const POINTER: u8 = 0x0F;
    pub const BY_REF: u8 = 0x10;
    pub const VALUE_TYPE: u8 = 0x11;
    pub const CLASS: u8 = 0x12;
    pub const VARIABLE: u8 = 0x13;
    pub const ARRAY: u8 = 0x14;
    pub const GENERIC_INSTANCE: u8 = 0x15;
    pub const TYPED_BY_REF: u8 = 0x16;
    pub const I: u8 = 0x18;
    pub const U: u8 = 0x19;
    pub const FUNCTION: u8 = 0x1B;
    pub const OBJECT: u8 = 0x1C;
    pub const SZ_ARRAY: u8 = 0x1D;
    pub const METHOD_VARIABLE: u8 = 0x1E;
    pub const MODIFIER_REQUIRED: u8 = 0x1F;
    pub const MODIFIER_OPTIONAL: u8 = 0x20;
    pub const SENTINEL: u8 = 0x41;
    pub const PINNED: u8 = 0x45;
}

/// One node of a type's signature; its parts, where it has any, are the nodes that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    /// A type that its element type says all of: the primitives, string, object, void, TypedReference.
    Plain(u8),
    Class(Token),
    ValueType(Token),
    /// An instantiation of a generic type; `arguments` types follow.
    Instance {
        value_type: bool,
        token: Token,
        arguments: u32,
    },
    /// One type follows, each.
    Pointer,
    ByRef,
    SzArray,
    /// The element type follows; then [`Reader::array_rank`] is due.
    Array,
    /// A generic parameter of the type, of the method.
    Variable(u32),
    MethodVariable(u32),
    /// The return type and `parameters` types follow.
    Function {
        parameters: u32,
    },
}

/// Reads one type of a signature, node by node.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// The type of a field, from the field's whole signature blob.
    pub fn of_field(signature: &'a [u8]) -> Option<Reader<'a>> {
        let (&convention, rest) = signature.split_first()?;
        (convention & 0x0F == 0x06).then_some(Reader { rest })
    }

    /// A type, from the blob of a TypeSpec.
    pub fn of_type_spec(blob: &'a [u8]) -> Reader<'a> {
        Reader { rest: blob }
    }

    /// The next node; custom modifiers, `pinned` and the vararg sentinel are passed over.
    pub fn node(&mut self) -> Option<Node> {
        loop {
            let (&kind, rest) = self.rest.split_first()?;
            self.rest = rest;
            return Some(match kind {
                element::MODIFIER_REQUIRED | element::MODIFIER_OPTIONAL => {
                    compressed(&mut self.rest)?;
                    continue;
                }
                element::PINNED | element::SENTINEL => continue,
                element::VOID..=element::STRING | element::TYPED_BY_REF | element::I | element::U | element::OBJECT => {
                    Node::Plain(kind)
                }
                element::POINTER => Node::Pointer,
                element::BY_REF => Node::ByRef,
                element::SZ_ARRAY => Node::SzArray,
                element::ARRAY => Node::Array,
                element::CLASS => Node::Class(self.token()?),
                element::VALUE_TYPE => Node::ValueType(self.token()?),
                element::VARIABLE => Node::Variable(compressed(&mut self.rest)?),
                element::METHOD_VARIABLE => Node::MethodVariable(compressed(&mut self.rest)?),
                element::GENERIC_INSTANCE => {
                    let (&of, rest) = self.rest.split_first()?;
                    self.rest = rest;
                    let token = self.token()?;
                    let arguments = compressed(&mut self.rest)?;
                    Node::Instance { value_type: of == element::VALUE_TYPE, token, arguments }
                }
                element::FUNCTION => {
                    let (&convention, rest) = self.rest.split_first()?;
                    self.rest = rest;
                    if convention & 0x10 != 0 {
                        compressed(&mut self.rest)?;
                    }
                    Node::Function { parameters: compressed(&mut self.rest)? }
                }
                _ => return None,
            });
        }
    }

    /// The rank of an array, behind its element type; sizes and bounds are passed over.
    pub fn array_rank(&mut self) -> Option<u32> {
        let rank = compressed(&mut self.rest)?;
        for _ in 0..2 {
            for _ in 0..compressed(&mut self.rest)? {
                compressed(&mut self.rest)?;
            }
        }
        Some(rank)
    }

    fn token(&mut self) -> Option<Token> {
        Token::type_def_or_ref(compressed(&mut self.rest)?)
    }
}

/// The element type that a field's signature begins with, modifiers passed over.
pub fn field_element(signature: &[u8]) -> Option<u8> {
    Some(match Reader::of_field(signature)?.node()? {
        Node::Plain(kind) => kind,
        Node::Class(_) | Node::Instance { value_type: false, .. } => element::CLASS,
        Node::ValueType(_) | Node::Instance { value_type: true, .. } => element::VALUE_TYPE,
        Node::Pointer => element::POINTER,
        Node::ByRef => element::BY_REF,
        Node::SzArray => element::SZ_ARRAY,
        Node::Array => element::ARRAY,
        Node::Variable(_) => element::VARIABLE,
        Node::MethodVariable(_) => element::METHOD_VARIABLE,
        Node::Function { .. } => element::FUNCTION,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::metadata::Table;

    #[test]
    fn a_signature_is_read_node_by_node() {
        // modreq([4]) Dictionary<int[], T0>[,] with bounds
        let blob = [0x06, 0x1F, 0x11, 0x14, 0x15, 0x12, 0x0D, 0x02, 0x1D, 0x08, 0x13, 0x00, 0x02, 0x01, 0x05, 0x00];
        let mut reader = Reader::of_field(&blob).unwrap();
        let token = Token { table: Table::TypeRef, rid: 3 };
        let nodes: Vec<Node> = std::iter::from_fn(|| reader.node()).take(5).collect();
        let instance = Node::Instance { value_type: false, token, arguments: 2 };
        assert_eq!(nodes, [Node::Array, instance, Node::SzArray, Node::Plain(element::I4), Node::Variable(0)]);
        assert_eq!(reader.array_rank(), Some(2));
        assert_eq!(reader.node(), None);
        assert_eq!(field_element(&blob), Some(element::ARRAY));
    }

    #[test]
    fn a_blob_that_is_no_field_signature_is_refused() {
        assert!(Reader::of_field(&[0x20, 0x08]).is_none());
        assert_eq!(field_element(&[0x06, 0x15, 0x12]), None);
        assert_eq!(field_element(&[]), None);
    }
}
