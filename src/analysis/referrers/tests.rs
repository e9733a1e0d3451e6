//! Referrer rows on graphs small enough to see through: held objects, cycles, fields, what folds together.

use super::*;
use crate::analysis::liveness::Liveness;
use crate::analysis::testing::Sketch;
use crate::heap::{Graph, RootKind};

struct Made {
    graph: Graph,
    liveness: Liveness,
    groups: TypeGroups,
    fields: FieldNames,
}

impl Made {
    fn of(graph: Graph) -> Made {
        let liveness = Liveness::new(&graph, &[], &Progress::new()).unwrap();
        let (groups, fields) = (TypeGroups::by_name_and_assembly(&graph), FieldNames::new(&graph));
        Made { graph, liveness, groups, fields }
    }

    fn scene(&self) -> Scene<'_> {
        let holders = Holders { graph: &self.graph, liveness: &self.liveness };
        Scene { holders, groups: &self.groups, fields: &self.fields, runtime: None }
    }

    fn referrers(&self, objects: &[u32]) -> Referrers {
        Referrers::of(self.scene(), objects.to_vec(), None)
    }

    fn name(&self, who: Who) -> String {
        match who {
            Who::Root(root) => self.graph.roots[root as usize].name.to_string(),
            Who::Type { group, field } => {
                let name = &self.graph.types[self.groups.first[group as usize] as usize].name.full;
                format!("{name}{}", self.fields.name(field))
            }
        }
    }

    /// Opens a row and says of each row above it: name, referring, held objects, held bytes, cycle.
    fn open(&self, tree: &mut Referrers, parent: Option<u32>) -> Vec<(String, u64, u64, u64, bool)> {
        let rows = tree.open(self.scene(), parent, &Progress::new()).unwrap();
        rows.map(|row| tree.row(row))
            .map(|row| (self.name(row.who), row.referring, row.held_objects, row.held_bytes, row.cycle))
            .collect()
    }
}

fn row(name: &str, referring: u64, held_objects: u64, held_bytes: u64, cycle: bool) -> (String, u64, u64, u64, bool) {
    (name.to_owned(), referring, held_objects, held_bytes, cycle)
}

/// Cache 0 → entries 1 → plans 2, 3 → commands 4, 5, 6 (2 holds 4 and 5); command 4 refers back to plan 2, each
/// command has a child that refers back to it.
fn cache() -> Made {
    let mut sketch = Sketch::default();
    sketch.object("Cache", 40, &[1]);
    sketch.object("Entry[]", 56, &[2, 3]);
    sketch.object("Plan", 32, &[4, 5]);
    sketch.object("Plan", 32, &[6]);
    for (command, child) in [(4, 7), (5, 8), (6, 9)] {
        let back = if command == 4 { vec![child, 2] } else { vec![child] };
        sketch.object("Command", 100, &back);
    }
    for command in [4, 5, 6] {
        sketch.object("Parameters", 10, &[command]);
    }
    sketch.root(RootKind::Static, "App.Cache.s_all", 0, 8);
    sketch.root(RootKind::Stack, "stack of thread 1 (conservative)", 3, 16);
    Made::of(sketch.graph())
}

#[test]
fn rows_lead_from_a_type_to_its_root_and_count_what_of_it_they_hold() {
    let made = cache();
    let mut tree = made.referrers(&[4, 5, 6]);
    assert_eq!((tree.asked().len(), tree.bytes()), (3, 330));
    let first = made.open(&mut tree, None);
    assert_eq!(first, [row("Plan", 2, 3, 330, false), row("Parameters", 3, 3, 330, true)]);
    // Command 4 is asked for and refers to plan 2: already on the way.
    let second = made.open(&mut tree, Some(0));
    let stack = row("stack of thread 1 (conservative)", 1, 1, 110, false);
    assert_eq!(second, [row("Entry[][]", 1, 3, 330, false), row("Command", 1, 2, 220, true), stack]);
    let third = made.open(&mut tree, Some(2));
    assert_eq!(third, [row("Cache", 1, 3, 330, false)]);
    let cache = tree.row(2).children.clone().map(|rows| rows.start);
    let fourth = made.open(&mut tree, cache);
    assert_eq!(fourth, [row("App.Cache.s_all", 1, 3, 330, false)]);
}

#[test]
fn the_heaviest_path_ends_at_the_root() {
    let made = cache();
    let mut tree = made.referrers(&[4, 5, 6]);
    let way = tree.open_heaviest(made.scene(), &Progress::new()).unwrap();
    let names: Vec<String> = way.iter().map(|&row| made.name(tree.row(row).who)).collect();
    assert_eq!(names, ["Plan", "Entry[][]", "Cache", "App.Cache.s_all"]);
}

#[test]
fn a_row_is_found_once_and_then_stays() {
    let made = cache();
    let mut tree = made.referrers(&[4]);
    let rows = tree.open(made.scene(), None, &Progress::new()).unwrap();
    assert_eq!(tree.open(made.scene(), None, &Progress::new()).unwrap(), rows);
}

#[test]
fn the_nodes_of_a_list_refer_to_each_other_only_in_a_cycle_row() {
    let mut sketch = Sketch::default();
    let list = sketch.object("List", 24, &[1]);
    for next in 2..=9 {
        sketch.object("Node", 24, &[next]);
    }
    sketch.object("Node", 24, &[]);
    sketch.root(RootKind::StrongHandle, "strong handle", list, 8);
    let made = Made::of(sketch.graph());
    let nodes: Vec<u32> = (1..=9).collect();
    let mut tree = made.referrers(&nodes);
    let rows = made.open(&mut tree, None);
    assert_eq!(rows, [row("List", 1, 1, 9 * 24, false), row("Node", 8, 8, 8 * 24, true)]);
}

#[test]
fn what_a_static_holds_is_told_by_the_static_not_by_its_bucket() {
    let mut sketch = Sketch::default();
    let bucket = sketch.object("System.Object[]", 64, &[1]);
    sketch.object("Cache", 24, &[]);
    let slot = sketch.address(bucket) + 16;
    sketch.root(RootKind::StrongHandle, "strong handle", bucket, 8);
    sketch.root(RootKind::Static, "App.Cache.s_all", 1, slot);
    let made = Made::of(sketch.graph());
    let mut tree = made.referrers(&[1]);
    assert_eq!(made.open(&mut tree, None), [row("App.Cache.s_all", 1, 1, 24, false)]);
}

#[test]
fn an_object_with_a_million_referrers_is_one_row() {
    let mut sketch = Sketch::default();
    let count = 1 << 20;
    let all: Vec<u32> = (2..2 + count).collect();
    sketch.object("Object[]", 24, &all);
    sketch.object("Logger", 24, &[]);
    for _ in 0..count {
        sketch.object("Item", 24, &[1]);
    }
    sketch.root(RootKind::StrongHandle, "strong handle", 0, 8);
    let made = Made::of(sketch.graph());
    let mut tree = made.referrers(&[1]);
    assert_eq!(made.open(&mut tree, None), [row("Item", u64::from(count), 1, 24, false)]);
    assert_eq!(made.open(&mut tree, Some(0)), [row("Object[][]", 1, 1, 24, false)]);
}
