//! Kind and name of a handle as a root.
//!
//! The runtime has more kinds of handles than matter to whoever asks what keeps an object alive; the
//! name still tells them apart.

use super::RootKind;
use crate::runtime::handles::{Handle, HandleKind};

/// Strength of a variable handle: VHT_WEAK_SHORT, VHT_WEAK_LONG, VHT_STRONG, VHT_PINNED.
const VARIABLE_WEAK: u64 = 0x100 | 0x200;
const VARIABLE_STRONG: u64 = 0x400;
const VARIABLE_PINNED: u64 = 0x800;

/// What a handle is as a root, and its name.
pub(super) fn of_handle(handle: &Handle) -> (RootKind, &'static str) {
    match handle.kind {
        HandleKind::WeakShort => (RootKind::WeakHandle, "weak handle (short)"),
        HandleKind::WeakLong => (RootKind::WeakHandle, "weak handle (long)"),
        HandleKind::WeakNativeCom => (RootKind::WeakHandle, "weak handle (native COM)"),
        HandleKind::Strong => (RootKind::StrongHandle, "strong handle"),
        HandleKind::Pinned => (RootKind::PinnedHandle, "pinned handle"),
        HandleKind::AsyncPinned => (RootKind::AsyncPinnedHandle, "async pinned handle"),
        HandleKind::RefCounted => (RootKind::RefCountedHandle, "ref-counted handle"),
        HandleKind::SizedRef => (RootKind::SizedRefHandle, "sized-ref handle"),
        HandleKind::Dependent => (RootKind::DependentHandle, "dependent handle"),
        HandleKind::Variable => match handle.extra {
            mask if mask & VARIABLE_PINNED != 0 => (RootKind::PinnedHandle, "variable handle (pinned)"),
            mask if mask & VARIABLE_STRONG != 0 => (RootKind::StrongHandle, "variable handle (strong)"),
            mask if mask & VARIABLE_WEAK != 0 => (RootKind::WeakHandle, "variable handle (weak)"),
            _ => (RootKind::Other, "variable handle"),
        },
        HandleKind::WeakInterior => (RootKind::Other, "weak interior handle"),
        HandleKind::CrossReference => (RootKind::Other, "cross-reference handle"),
        HandleKind::Unknown => (RootKind::Other, "handle of an unknown kind"),
    }
}
