//! Which colour a box has, as a token; the theme says what it looks like.
//!
//! By assembly (the default): what the program and its libraries brought is warm, the framework cool, the core
//! library grey. The shade within a family comes from the name alone, so a type looks the same in every
//! picture of every dump. Shades of one family differ in lightness too, and warm from cool in hue that every
//! kind of colour vision tells apart.

use crate::analysis::flame::{Name, NameKind};
use crate::heap::RootKind;

/// What the colours of a picture say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorBy {
    #[default]
    Assembly,
    Namespace,
    /// Where the objects of a box live.
    Generation,
    /// What kind of root a box hangs from.
    RootKind,
    /// How much a type grew or shrank between two dumps.
    Growth,
}

impl ColorBy {
    pub const ALL: [ColorBy; 5] =
        [ColorBy::Assembly, ColorBy::Namespace, ColorBy::Generation, ColorBy::RootKind, ColorBy::Growth];

    /// A word for a button.
    pub fn id(self) -> &'static str {
        match self {
            ColorBy::Assembly => "assembly",
            ColorBy::Namespace => "namespace",
            ColorBy::Generation => "generation",
            ColorBy::RootKind => "root kind",
            ColorBy::Growth => "growth",
        }
    }

    /// A line for a menu.
    pub fn words(self) -> &'static str {
        match self {
            ColorBy::Assembly => "By assembly: user code warm, framework cool",
            ColorBy::Namespace => "By namespace: user code warm, framework cool",
            ColorBy::Generation => "By generation",
            ColorBy::RootKind => "By kind of root",
            ColorBy::Growth => "By growth between the compared dumps",
        }
    }
}

/// A colour by its meaning. Numbers are shades: taken modulo what the theme has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tone {
    /// The whole.
    Empty,
    /// What the chosen colours say nothing about.
    Untold,
    Root,
    /// What hangs from roots of one kind.
    RootKind(RootFamily),
    User(u8),
    Framework(u8),
    Core(u8),
    /// Namespaces of user code and of the framework, as [`Namespaces`](super::Namespaces) numbers them.
    UserSpace(u8),
    FrameworkSpace(u8),
    /// 0, 1, 2, large, pinned, frozen.
    Generation(u8),
    /// As [`GROWTH`] names it.
    Growth(u8),
}

/// Kinds of roots that a picture tells apart, in the order in which the theme has their colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RootFamily {
    Static,
    ThreadStatic,
    Handle,
    Finalizer,
    Stack,
}

impl RootFamily {
    pub const ALL: [RootFamily; 5] =
        [RootFamily::Static, RootFamily::ThreadStatic, RootFamily::Handle, RootFamily::Finalizer, RootFamily::Stack];

    pub fn of(kind: RootKind) -> RootFamily {
        match kind {
            RootKind::Static | RootKind::CollectibleStatic => RootFamily::Static,
            RootKind::ThreadStatic | RootKind::CollectibleThreadStatic => RootFamily::ThreadStatic,
            RootKind::FinalizerQueue => RootFamily::Finalizer,
            RootKind::Stack => RootFamily::Stack,
            RootKind::StrongHandle
            | RootKind::PinnedHandle
            | RootKind::AsyncPinnedHandle
            | RootKind::RefCountedHandle
            | RootKind::SizedRefHandle
            | RootKind::DependentHandle
            | RootKind::WeakHandle
            | RootKind::Other => RootFamily::Handle,
        }
    }

    pub fn text(self) -> &'static str {
        match self {
            RootFamily::Static => "static variables",
            RootFamily::ThreadStatic => "thread statics",
            RootFamily::Handle => "handles",
            RootFamily::Finalizer => "finalizer queue",
            RootFamily::Stack => "thread stacks",
        }
    }
}

/// What the numbers of [`Tone::Generation`] are called.
pub const GENERATIONS: [&str; 6] =
    ["generation 0", "generation 1", "generation 2", "large objects", "pinned objects", "frozen"];

/// What the numbers of [`Tone::Growth`] are called.
pub const GROWTH: [&str; 5] = ["shrunk by 1 % of the heap", "shrunk", "as before", "grown", "grown by 1 % of the heap"];

/// The colour of a type whose objects came to so many more bytes, in a heap of `whole` bytes.
pub fn by_growth(delta: i64, whole: u64) -> Tone {
    let much = delta.unsigned_abs().saturating_mul(100) >= whole.max(1);
    Tone::Growth(match (delta.signum(), much) {
        (-1, true) => 0,
        (-1, false) => 1,
        (1, false) => 3,
        (1, true) => 4,
        _ => 2,
    })
}

/// The colour of a name by its assembly.
pub fn by_assembly(name: &Name) -> Tone {
    let shade = shade(&name.full);
    match name.kind {
        NameKind::Whole => Tone::Empty,
        NameKind::Root(_) => Tone::Root,
        NameKind::Type(_) => match origin(name) {
            Origin::Core => Tone::Core(shade),
            Origin::Framework => Tone::Framework(shade),
            Origin::User => Tone::User(shade),
        },
    }
}

/// Where code comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Core,
    Framework,
    /// The program itself and its libraries.
    User,
}

/// Where a name's code comes from; see [`origin_of`].
pub fn origin(name: &Name) -> Origin {
    origin_of(&name.full, &name.assembly)
}

/// Where a type's code comes from, by the file name of its assembly; by its namespace where there is none.
pub fn origin_of(full: &str, file: &str) -> Origin {
    let bare = file.strip_suffix(".dll").or_else(|| file.strip_suffix(".ni.dll")).unwrap_or(file);
    let of = if bare.is_empty() { full } else { bare };
    let starts = |prefix: &str| of.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    let is = |whole: &str| of.eq_ignore_ascii_case(whole);
    if is("mscorlib") || is("System.Private.CoreLib") || (bare.is_empty() && starts("System.")) {
        Origin::Core
    } else if ["System.", "Microsoft.", "Windows", "Presentation", "netstandard"].iter().any(|prefix| starts(prefix))
        || is("System")
    {
        Origin::Framework
    } else {
        Origin::User
    }
}

/// The same number for the same name, for ever.
fn shade(name: &str) -> u8 {
    let hash = name.bytes().fold(0x811c_9dc5u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    // Names that differ in their last letter only still part.
    let mixed = (hash ^ (hash >> 15)).wrapping_mul(0x2c1b_3c6d);
    (mixed >> 24) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::TypeKind;

    fn name(full: &str, assembly: &str) -> Name {
        let kind = NameKind::Type(TypeKind::Object);
        Name { full: full.into(), short: full.into(), namespace: 0, assembly: assembly.into(), kind }
    }

    #[test]
    fn warm_is_what_the_program_brought() {
        let cases = [
            ("System.String", "System.Private.CoreLib.dll", Origin::Core),
            ("System.String", "mscorlib.dll", Origin::Core),
            ("System.Data.SqlClient.SqlCommand", "System.Data.SqlClient.dll", Origin::Framework),
            ("System.Uri", "System.dll", Origin::Framework),
            ("Microsoft.Extensions.Logging.Logger", "Microsoft.Extensions.Logging.dll", Origin::Framework),
            ("System.Data.Entity.DbContext", "EntityFramework.dll", Origin::User),
            ("SystemShop.Cart", "SystemShop.dll", Origin::User),
            ("Shop.Cart", "", Origin::User),
            ("System.Object", "", Origin::Core),
        ];
        for (full, assembly, want) in cases {
            assert_eq!(origin(&name(full, assembly)), want, "{full} of {assembly}");
        }
    }

    #[test]
    fn growth_is_told_from_shrinking_and_much_from_little() {
        let tones = [-10, -9, 0, 9, 10].map(|delta| by_growth(delta, 1000));
        assert_eq!(tones, [0, 1, 2, 3, 4].map(Tone::Growth));
        assert_eq!(by_growth(i64::MIN, u64::MAX), Tone::Growth(0));
        assert_eq!(by_growth(0, 0), Tone::Growth(2));
    }

    #[test]
    fn a_name_has_the_same_shade_everywhere() {
        let tone = by_assembly(&name("Shop.Cart", "Shop.dll"));
        assert_eq!(tone, by_assembly(&name("Shop.Cart", "Other.dll")));
        assert_eq!(tone, Tone::User(shade("Shop.Cart")));
        let shades: std::collections::HashSet<u8> = (0..50).map(|i| shade(&format!("Shop.T{i}")) % 5).collect();
        assert_eq!(shades.len(), 5);
    }
}
