//! What roots are called.

use super::format;
use crate::heap::{Root, RootKind};

/// `static var N.T.field`, `thread static N.T.field (thread 7)`, `strong handle`, `stack of thread 7
/// (conservative)`.
pub fn title(root: &Root) -> String {
    let variable = |kind: &str| match root.name.rsplit_once(".<") {
        Some((owner, field)) => format!("{kind} {owner}.{}", format::field(&format!("<{field}"))),
        None => format!("{kind} {}", root.name),
    };
    match root.kind {
        RootKind::Static | RootKind::CollectibleStatic => variable("static var"),
        RootKind::ThreadStatic | RootKind::CollectibleThreadStatic => variable("thread static"),
        _ => root.name.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_static_property_is_called_by_its_name() {
        let root = |kind, name: &str| Root { kind, name: name.into(), address: 0, object: 0, assembly: "".into() };
        let instances = root(RootKind::Static, "System.Threading.TimerQueue.<Instances>k__BackingField");
        assert_eq!(title(&instances), "static var System.Threading.TimerQueue.Instances");
        assert_eq!(title(&root(RootKind::Static, "N.T<A.B>.f")), "static var N.T<A.B>.f");
        assert_eq!(title(&root(RootKind::StrongHandle, "strong handle")), "strong handle");
    }
}
