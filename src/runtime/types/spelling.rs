//! Spells type names as ClrMD does, and their short forms, from the parts.
//!
//! A name is a list of [`Piece`]s; a piece that is itself a type is taken apart into pieces when its turn
//! comes. So nothing recurses, namespaces are known where they stand (the short form leaves them out),
//! and a loop in broken memory ends at a fixed number of pieces.

use super::TypeName;
use crate::runtime::metadata::signature::{Node, Reader, element};
use crate::runtime::metadata::{Metadata, Token, TypePath};

/// Pieces and bytes after which a name is cut: longer ones come from loops in broken memory.
const MOST_PIECES: usize = 1 << 13;
const LONGEST: usize = 1 << 14;

/// A part of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Left out of the short form; ends in a dot.
    Namespace(String),
    Text(String),
    /// A type by its handle, to be taken apart.
    Handle(u64),
    /// Where the next argument of a generic type goes.
    Argument,
}

impl Piece {
    pub fn text(text: &str) -> Piece {
        Piece::Text(text.to_owned())
    }
}

/// The text of pieces; `expand` takes a type handle apart.
pub(super) fn spell(pieces: Vec<Piece>, mut expand: impl FnMut(u64) -> Vec<Piece>) -> TypeName {
    let (mut full, mut short, mut namespace) = (String::new(), String::new(), 0);
    let mut stack = pieces;
    stack.reverse();
    let mut left = MOST_PIECES;
    while let Some(piece) = stack.pop() {
        if left == 0 || full.len() > LONGEST {
            full.push('…');
            short.push('…');
            break;
        }
        left -= 1;
        match piece {
            Piece::Namespace(text) => {
                if full.is_empty() {
                    namespace = text.len() as u32;
                }
                full.push_str(&text);
            }
            Piece::Text(text) => {
                full.push_str(&text);
                short.push_str(&text);
            }
            Piece::Handle(handle) => stack.extend(expand(handle).into_iter().rev()),
            Piece::Argument => {}
        }
    }
    TypeName { full: full.into(), short: short.into(), namespace }
}

/// A type by its path: arity marks taken off, `arguments` holes dealt to the names by their marks,
/// outermost first; what is left over goes to the innermost.
pub(super) fn of_path(path: &TypePath, arguments: usize) -> Vec<Piece> {
    let mut out = Vec::new();
    if !path.namespace.is_empty() {
        out.push(Piece::Namespace(format!("{}.", path.namespace)));
    }
    let mut left = arguments;
    for (i, name) in path.names.iter().enumerate() {
        let (name, arity) = split_arity(name);
        let last = i + 1 == path.names.len();
        let take = if last { left } else { arity.min(left) };
        left -= take;
        out.push(Piece::Text(if i == 0 { name.to_owned() } else { format!("+{name}") }));
        for argument in 0..take {
            out.push(Piece::text(if argument == 0 { "<" } else { ", " }));
            out.push(Piece::Argument);
        }
        if take > 0 {
            out.push(Piece::text(">"));
        }
    }
    out
}

/// `Dictionary`2` → (`Dictionary`, 2).
fn split_arity(name: &str) -> (&str, usize) {
    let mark = name.rsplit_once('`').and_then(|(name, arity)| Some((name, arity.parse().ok()?)));
    mark.unwrap_or((name, 0))
}

/// Puts the type handles into the holes.
pub(super) fn fill(pieces: Vec<Piece>, arguments: &[u64]) -> Vec<Piece> {
    let mut next = arguments.iter();
    let fill = |piece| match piece {
        Piece::Argument => next.next().map_or(Piece::Argument, |&handle| Piece::Handle(handle)),
        other => other,
    };
    pieces.into_iter().map(fill).collect()
}

/// `[]`, `[*]` (one dimension that does not begin at 0), `[,]` …
pub(super) fn array_suffix(rank: u32) -> String {
    match rank {
        0 => "[]".to_owned(),
        1 => "[*]".to_owned(),
        rank => format!("[{}]", ",".repeat(rank.min(64) as usize - 1)),
    }
}

/// What is under way around the type that a signature is at.
enum Frame {
    Suffix(&'static str),
    /// Behind the element type follows the shape.
    Array,
    /// The pieces behind the argument that is being read.
    Instance(std::vec::IntoIter<Piece>),
    /// Types still to read and not to show.
    Function(u32),
}

/// The type that the reader is at, to its end; generic parameters of the type become `arguments`.
pub(super) fn of_signature(metadata: Metadata, reader: &mut Reader, arguments: &[u64]) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut frames: Vec<Frame> = Vec::new();
    let mut muted = 0;
    'types: while let Some(node) = reader.node().filter(|_| out.len() < MOST_PIECES) {
        let mut pieces = match node {
            Node::Pointer => return_to(&mut frames, Frame::Suffix("*")),
            Node::ByRef => return_to(&mut frames, Frame::Suffix("&")),
            Node::SzArray => return_to(&mut frames, Frame::Suffix("[]")),
            Node::Array => return_to(&mut frames, Frame::Array),
            Node::Function { parameters } => {
                muted += 1;
                return_to(&mut frames, Frame::Function(parameters.saturating_add(1)))
            }
            Node::Plain(kind) => plain(kind),
            Node::Class(token) | Node::ValueType(token) => of_path(&path_of(metadata, token), 0),
            Node::Instance { token, arguments, .. } => {
                let holes = (arguments as usize).min(MOST_PIECES);
                let mut pieces = of_path(&path_of(metadata, token), holes).into_iter();
                let head: Vec<Piece> = pieces.by_ref().take_while(|piece| *piece != Piece::Argument).collect();
                push(&mut out, muted, head);
                if arguments == 0 { Vec::new() } else { return_to(&mut frames, Frame::Instance(pieces)) }
            }
            Node::Variable(index) => match arguments.get(index as usize) {
                Some(&handle) => vec![Piece::Handle(handle)],
                None => vec![Piece::Text(format!("T{index}"))],
            },
            Node::MethodVariable(index) => vec![Piece::Text(format!("M{index}"))],
        };
        if is_open(&node) {
            continue;
        }
        // A whole type was read: close what it completes.
        loop {
            push(&mut out, muted, std::mem::take(&mut pieces));
            let Some(frame) = frames.last_mut() else { break 'types };
            match frame {
                Frame::Suffix(suffix) => pieces = vec![Piece::text(suffix)],
                Frame::Array => pieces = vec![Piece::Text(md_suffix(reader.array_rank().unwrap_or(1)))],
                Frame::Instance(rest) => {
                    let mut more = false;
                    let next = rest.by_ref().take_while(|piece| {
                        more = *piece == Piece::Argument;
                        !more
                    });
                    pieces = next.collect();
                    if more {
                        push(&mut out, muted, pieces);
                        continue 'types;
                    }
                }
                Frame::Function(left) => {
                    *left -= 1;
                    if *left > 0 {
                        continue 'types;
                    }
                    muted -= 1;
                    pieces = vec![Piece::text("(fnptr)")];
                }
            }
            frames.pop();
        }
    }
    out
}

/// The path of what a token names, `?` where metadata does not say.
pub(super) fn path_of(metadata: Metadata, token: Token) -> TypePath {
    metadata.path(token).unwrap_or(TypePath { namespace: "".into(), names: vec!["?".into()] })
}

/// Opens a frame; the node itself says nothing yet.
fn return_to(frames: &mut Vec<Frame>, frame: Frame) -> Vec<Piece> {
    frames.push(frame);
    Vec::new()
}

/// Does the type of this node go on with the next one?
fn is_open(node: &Node) -> bool {
    match node {
        Node::Pointer | Node::ByRef | Node::SzArray | Node::Array | Node::Function { .. } => true,
        Node::Instance { arguments, .. } => *arguments > 0,
        _ => false,
    }
}

fn push(out: &mut Vec<Piece>, muted: usize, pieces: Vec<Piece>) {
    if muted == 0 {
        out.extend(pieces);
    }
}

/// A signature's `ARRAY` is never the zero-based kind, whatever its rank.
fn md_suffix(rank: u32) -> String {
    array_suffix(rank.max(1))
}

/// The type that an element type alone says.
fn plain(kind: u8) -> Vec<Piece> {
    let name = match kind {
        element::VOID => "Void",
        element::BOOLEAN => "Boolean",
        element::CHAR => "Char",
        element::I1 => "SByte",
        element::U1 => "Byte",
        element::I2 => "Int16",
        element::U2 => "UInt16",
        element::I4 => "Int32",
        element::U4 => "UInt32",
        element::I8 => "Int64",
        element::U8 => "UInt64",
        element::R4 => "Single",
        element::R8 => "Double",
        element::STRING => "String",
        element::TYPED_BY_REF => "TypedReference",
        element::I => "IntPtr",
        element::U => "UIntPtr",
        element::OBJECT => "Object",
        _ => return vec![Piece::text("?")],
    };
    vec![Piece::Namespace("System.".to_owned()), Piece::text(name)]
}
