//! The rules to begin with: PerfView's own, and ours.
//!
//! PerfView's defaults name `mscorlib`. Since .NET Core 2 the core library is `System.Private.CoreLib`, so
//! on today's heaps its fold pattern matches nothing, `System.String` is not folded into its owners and
//! heads every table. Ours name both; that is the only difference. Groups need no new name there
//! (`System%!` matches the new one too), but it says what is meant.

use super::Rules;

/// Local variables and COM last, for they say little. (The patterns with `!` match nothing: PerfView
/// compares them with type names that have no module.)
const PRIORITIES: &str = r"v4.0.30319\%!->-1;v2.0.50727\%!->-1;[*local vars]->-1000;mscorlib!Runtime.CompilerServices.ConditionalWeakTable->-10000;[COM/WinRT Objects]->-1000000;[*handles]->-2000000;[other roots]->-2000000";

impl Rules {
    /// What PerfView's heap window opens with.
    pub fn perfview() -> Rules {
        Rules {
            group: "[group Framework] mscorlib!=>LIB;System%!=>LIB;".into(),
            fold: "[];mscorlib!String".into(),
            ..Rules::plain()
        }
    }

    /// Every type by itself: nothing is grouped or folded, only what no root reaches is left out.
    pub fn plain() -> Rules {
        Rules {
            group: String::new(),
            fold: String::new(),
            exclude: super::names::NOT_REACHABLE.into(),
            include: String::new(),
            priority: PRIORITIES.into(),
            fold_percent: 0.0,
        }
    }
}

/// PerfView's, with today's core library beside `mscorlib`.
impl Default for Rules {
    fn default() -> Rules {
        Rules {
            group: "[group Framework] System.Private.CoreLib!=>LIB;mscorlib!=>LIB;System%!=>LIB;".into(),
            fold: "[];System.Private.CoreLib!String;mscorlib!String".into(),
            ..Rules::plain()
        }
    }
}
