//! What makes one way from a root better than another: the table of costs, in one place.
//!
//! The shortest way is often the wrong answer: it runs through a timer's queue, a weak table's container or
//! a type's reflection cache, all of which hold what something else is the cause of. So a way costs what
//! its root costs and what its steps cost, and the cheapest is shown first; of two equally cheap ones the
//! one whose last step starts nearer to the root, then at the lower address.

use crate::heap::{Graph, Root, RootKind};

use super::retaining::Retaining;

/// A plain step.
const STEP: u32 = 1;
/// A step out of an object of a type in [`SIDEWAYS_TYPES`].
const SIDEWAYS: u32 = 50;
/// More where both ends are of one type: a list's own links tell less than what holds the list.
const SAME_TYPE: u32 = 5;
/// A dependent handle's edge from key to value.
const DEPENDENT: u32 = 50;
/// No step costs as much.
pub const STEP_BOUND: u32 = 64;

/// Beginnings of the names of types that hold much and are the cause of little.
const SIDEWAYS_TYPES: [&str; 4] = [
    "System.Threading.Timer",
    "System.Runtime.CompilerServices.ConditionalWeakTable",
    "System.RuntimeType",
    "System.Diagnostics.Tracing.",
];

/// A static variable outside CoreLib.
const OWN_STATIC: u32 = 0;
/// A static variable of CoreLib.
const CORE_STATIC: u32 = 100;
/// Every other root, but for the stack.
const OTHER_ROOT: u32 = 200;
/// A conservative stack word. It may be a leftover, so it never outranks another root, however long the way.
pub const STACK: u32 = 1 << 31;

/// File names of the module that is the runtime's own library.
const CORE_LIBRARIES: [&str; 2] = ["System.Private.CoreLib.dll", "mscorlib.dll"];

/// What a way costs to begin with at this root.
pub fn root_cost(root: &Root) -> u32 {
    match root.kind {
        RootKind::Static if CORE_LIBRARIES.iter().any(|core| root.assembly.eq_ignore_ascii_case(core)) => CORE_STATIC,
        RootKind::Static => OWN_STATIC,
        RootKind::Stack => STACK,
        _ => OTHER_ROOT,
    }
}

/// The best label among roots of one object: the cheapest, then the first by kind and address.
pub fn best_root(graph: &Graph, roots: &[u32]) -> Option<u32> {
    let rank = |&index: &u32| {
        let root = &graph.roots[index as usize];
        (root_cost(root), root.kind, root.address, index)
    };
    roots.iter().copied().min_by_key(rank)
}

/// What steps cost, by the type they leave.
#[derive(Clone, Debug)]
pub struct StepCosts(Vec<u32>);

impl StepCosts {
    pub fn new(graph: &Graph) -> StepCosts {
        let sideways = |name: &str| SIDEWAYS_TYPES.iter().any(|beginning| name.starts_with(beginning));
        StepCosts(graph.types.iter().map(|info| if sideways(&info.name.full) { SIDEWAYS } else { STEP }).collect())
    }

    /// The least that a step out of an object of this type costs.
    #[inline]
    pub fn least(&self, type_index: u32) -> u32 {
        self.0[type_index as usize]
    }

    /// What the step from one object to the next costs.
    #[inline]
    pub fn step(&self, graph: &Graph, retaining: &Retaining, from: u32, to: u32) -> u32 {
        if retaining.is_dependent(from, to) {
            return DEPENDENT;
        }
        let own = graph.objects.type_index(from);
        self.least(own) + if own == graph.objects.type_index(to) { SAME_TYPE } else { 0 }
    }
}
