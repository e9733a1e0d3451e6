//! The flame tree against a naive one that groups whole paths in a map, on random trees.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::heap::{Graph, Objects, Root, RootKind, TypeInfo, TypeKind, TypeName};
use crate::progress::Progress;

/// A random tree: per object its type, size and parent (an earlier object, or a root of its own).
#[derive(Clone, Debug)]
struct Case {
    objects: Vec<(u32, u64, Option<u32>)>,
    shared: Vec<bool>,
    hidden: Vec<bool>,
    fold: bool,
}

const TYPES: u32 = 4;
const ROOTS: u32 = 3;

fn cases() -> impl Strategy<Value = Case> {
    let object = (0..TYPES, 1u64..100, prop::option::weighted(0.9, any::<prop::sample::Index>()));
    let objects = prop::collection::vec(object, 1..120);
    let hidden = prop::collection::vec(prop::bool::weighted(0.2), TYPES as usize);
    (objects, prop::collection::vec(any::<bool>(), 120), hidden, any::<bool>()).prop_map(
        |(objects, shared, hidden, fold)| {
            let parent = |i: usize, at: Option<prop::sample::Index>| at.filter(|_| i > 0).map(|at| at.index(i) as u32);
            let objects = objects.into_iter().enumerate().map(|(i, (t, size, at))| (t, size, parent(i, at))).collect();
            Case { objects, shared, hidden, fold }
        },
    )
}

/// Everything a [`Source`] borrows.
struct World {
    graph: Graph,
    labels: Labels,
    parents: Vec<u32>,
    order: Preorder,
    entries: Vec<Entry>,
    tops: Vec<Top>,
    limits: Limits,
}

impl World {
    fn new(case: &Case) -> World {
        let n = case.objects.len();
        let info = |i: u32| TypeInfo {
            method_table: 0,
            name: TypeName { full: format!("N.T{i}").into(), short: format!("T{i}").into(), namespace: 2 },
            assembly: "a.dll".into(),
            kind: TypeKind::Object,
        };
        let root = |i: u32| Root {
            kind: RootKind::Static,
            name: format!("N.R.{i}").into(),
            address: 0,
            object: 0,
            assembly: "".into(),
        };
        let list: Vec<_> = case.objects.iter().enumerate().map(|(i, &(t, size, _))| (i as u64 * 8, t, size)).collect();
        let graph = Graph {
            objects: Objects::from_list(&list),
            types: (0..TYPES).map(info).collect(),
            roots: (0..ROOTS).map(root).collect(),
            ..Graph::default()
        };
        let labels = Labels::new(&graph);
        let parents: Vec<u32> = case.objects.iter().map(|object| object.2.unwrap_or(n as u32)).collect();
        let above = |i: u32| case.objects[i as usize].2.map_or(Above::Nothing, Above::Object);
        let order = Preorder::new(n, above, &Progress::new()).unwrap();
        let tree = order.tree();
        let kind = |i: u32| labels.of_type(case.objects[i as usize].0);
        let entries = tree.entries(kind, |i| case.objects[i as usize].1, &Progress::new()).unwrap();
        let tops: Vec<Top> = tree
            .children(0)
            .map(|number| {
                let object = tree.objects[number as usize];
                Top { number, label: labels.of_root(object % ROOTS), shared: case.shared[object as usize] }
            })
            .collect();
        let hidden = case.hidden.clone();
        let limits = Limits { min_percent: 0.0, fold_chains: case.fold, hidden, ..Limits::default() };
        World { graph, labels, parents, order, entries, tops, limits }
    }

    fn source(&self) -> Source<'_> {
        let World { graph, labels, order, entries, tops, .. } = self;
        Source { graph, labels, tree: order.tree(), entries, count: false, tops }
    }

    fn number(&self, object: u32) -> u32 {
        self.order.tree().numbers[object as usize]
    }

    fn object(&self, number: u32) -> u32 {
        self.order.tree().objects[number as usize]
    }

    /// Labels from the root down to an object, as its box is found by; and the root it starts at.
    fn path(&self, object: u32) -> (Vec<u32>, Top) {
        let mut labels = Vec::new();
        let mut at = object;
        loop {
            labels.push(self.labels.of_type(self.graph.objects.type_index(at)));
            match self.parents[at as usize] {
                parent if (parent as usize) < self.parents.len() => at = parent,
                _ => break,
            }
        }
        labels.retain(|&label| !self.limits.hidden[label as usize]);
        let top = *self.tops.iter().find(|top| self.object(top.number) == at).unwrap();
        labels.push(top.label);
        labels.reverse();
        (labels, top)
    }
}

/// Objects, own, weight, shared of every path of labels.
type Naive = BTreeMap<Vec<u32>, [u64; 4]>;

fn naive(world: &World) -> Naive {
    let mut out = Naive::new();
    for object in 0..world.parents.len() as u32 {
        let (mut path, top) = world.path(object);
        let size = world.graph.objects.size(object);
        let hidden = world.limits.hidden[world.graph.objects.type_index(object) as usize];
        if world.limits.fold_chains {
            path.dedup();
        }
        let here = out.entry(path.clone()).or_default();
        here[0] += u64::from(!hidden);
        here[1] += size;
        // A group of roots counts what is right below it.
        if object == world.object(top.number) {
            out.entry(vec![top.label]).or_default()[0] += 1;
        }
        for len in 0..=path.len() {
            let above = out.entry(path[..len].to_vec()).or_default();
            above[2] += size;
            above[3] += if top.shared { size } else { 0 };
        }
    }
    out
}

fn boxes(tree: &FlameTree) -> Naive {
    let each = |at: u32| {
        let frame = &tree.frames[at as usize];
        (tree.labels_to(at), [u64::from(frame.objects), frame.own, frame.weight, frame.shared])
    };
    (0..tree.frames.len() as u32).map(each).collect()
}

fn adds_up(tree: &FlameTree) {
    for (at, frame) in tree.frames.iter().enumerate() {
        let children = &tree.frames[frame.first_child as usize..][..frame.children as usize];
        assert_eq!(frame.own + frame.smaller + children.iter().map(|child| child.weight).sum::<u64>(), frame.weight);
        assert!(children.iter().all(|child| child.parent == at as u32));
        assert!(children.is_sorted_by_key(|child| (std::cmp::Reverse(child.weight), tree.labels[child.name as usize])));
        assert!(frame.shared <= frame.weight);
        assert_eq!(frame.smaller == 0, frame.smaller_types == 0);
    }
}

/// Each box of types has the objects that its path leads to; roots have those of the box before them, none twice.
fn outward_boxes_lead_to_objects(world: &World, start: Start<'_>, tree: &FlameTree) {
    let source = world.source();
    let objects = |frame: u32| {
        let path = tree.labels_to(frame);
        objects_of_outward(&source, start, &path, &world.limits, &Progress::new()).unwrap()
    };
    for at in 0..tree.frames.len() as u32 {
        let (frame, label) = (&tree.frames[at as usize], tree.labels[tree.frames[at as usize].name as usize]);
        let found = objects(at);
        assert!(found.is_sorted_by(|a, b| a < b));
        if at > 0 {
            assert_eq!(found.len() as u32, frame.objects, "{:?}", tree.labels_to(at));
        }
        if source.labels.is_type(label) {
            assert_eq!(found.len() as u32, frame.objects);
            assert!(found.iter().all(|&object| source.label(world.number(object)) == label));
            assert!(found.contains(&frame.sample));
        } else if at > 0 {
            let above = objects(frame.parent);
            assert!(!found.is_empty() && found.iter().all(|object| above.contains(object)));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn boxes_are_the_paths_of_all_objects(case in cases()) {
        let world = World::new(&case);
        let source = world.source();
        let tree = top_down(&source, source.tops, "all", &world.limits, &Progress::new()).unwrap();
        adds_up(&tree);
        let mut want = naive(&world);
        want.get_mut(&vec![]).unwrap()[0] = case.objects.len() as u64;
        prop_assert_eq!(boxes(&tree), want);
    }

    #[test]
    fn cutting_takes_boxes_away_and_nothing_else(case in cases(), percent in 0.0..30.0) {
        let mut world = World::new(&case);
        let all = top_down(&world.source(), &world.tops, "all", &world.limits, &Progress::new()).unwrap();
        world.limits.min_percent = percent;
        world.limits.max_depth = 3;
        let cut = top_down(&world.source(), &world.tops, "all", &world.limits, &Progress::new()).unwrap();
        adds_up(&cut);
        let floor = percent / 100.0 * all.frames[0].weight as f64;
        let mut want = boxes(&all);
        want.retain(|path, sums| path.is_empty() || (path.len() <= 3 && sums[2] as f64 >= floor));
        prop_assert_eq!(boxes(&cut), want);
    }

    #[test]
    fn a_box_leads_back_to_its_objects(case in cases()) {
        let world = World::new(&case);
        let source = world.source();
        let tree = top_down(&source, source.tops, "all", &world.limits, &Progress::new()).unwrap();
        for at in 1..tree.frames.len() as u32 {
            let path = tree.labels_to(at);
            let objects = objects_of(&source, source.tops, &path, &world.limits, &Progress::new()).unwrap();
            prop_assert_eq!(objects.len() as u32, tree.frames[at as usize].objects);
        }
    }

    #[test]
    fn a_selection_starts_at_its_outermost_objects(case in cases()) {
        let mut world = World::new(&case);
        world.limits.hidden.clear();
        let source = world.source();
        let set: Vec<u32> = (0..world.parents.len() as u32).filter(|&i| case.objects[i as usize].0 == 0).collect();
        let start = outermost(&source, &set, &Progress::new()).unwrap();
        let up = |i: u32| std::iter::successors(Some(i), |&i| case.objects[i as usize].2);
        let mut want: Vec<(u32, bool)> = set.iter()
            .filter(|&&i| !up(i).skip(1).any(|i| case.objects[i as usize].0 == 0))
            .map(|&i| (world.number(i), case.shared[up(i).last().unwrap() as usize]))
            .collect();
        want.sort_unstable();
        prop_assert_eq!(start.iter().map(|top| (top.number, top.shared)).collect::<Vec<_>>(), want);
        let tree = top_down(&source, &start, "all", &world.limits, &Progress::new()).unwrap();
        adds_up(&tree);
        if !set.is_empty() {
            let up = bottom_up(&source, Start::From(&start), "all", &world.limits, &Progress::new()).unwrap();
            adds_up(&up);
            prop_assert_eq!(up.frames[0].weight, tree.frames[0].weight);
            outward_boxes_lead_to_objects(&world, Start::From(&start), &up);
            prop_assert_eq!(&*tree.name(0).full, "N.T0");
            prop_assert_eq!(tree.frames[0].weight, start.iter().map(|top| source.weight(top.number)).sum::<u64>());
        }
    }

    #[test]
    fn bottom_up_turns_every_path_round(case in cases()) {
        let world = World::new(&case);
        let source = world.source();
        let size = |number: u32| world.graph.objects.size(world.object(number));
        let start: Vec<Top> = (1..=case.objects.len() as u32).map(|number| {
            let shared = world.path(world.object(number)).1.shared;
            Top { number, label: source.label(number), shared }
        }).collect();
        let tree = bottom_up(&source, Start::Everything, "all", &world.limits, &Progress::new()).unwrap();
        adds_up(&tree);
        let one = build::only_type(&world.labels, &start);
        let mut want: BTreeMap<Vec<u32>, [u64; 2]> = BTreeMap::new();
        for top in &start {
            let (mut path, _) = world.path(world.object(top.number));
            path.reverse();
            path.dedup();
            // A selection of one type has that type for its first box.
            let path = &path[usize::from(one == path.first().copied())..];
            for len in 0..=path.len() {
                let sums = want.entry(path[..len].to_vec()).or_default();
                sums[0] += size(top.number);
                sums[1] += if top.shared { size(top.number) } else { 0 };
            }
        }
        let got: BTreeMap<Vec<u32>, [u64; 2]> = boxes(&tree).into_iter().map(|(path, s)| (path, [s[2], s[3]])).collect();
        prop_assert_eq!(got, want);
        outward_boxes_lead_to_objects(&world, Start::Everything, &tree);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_box_is_of_the_generation_that_most_of_its_own_bytes_are_in(case in cases(), percent in 0.0..20.0) {
        let mut world = World::new(&case);
        world.limits.min_percent = percent;
        let source = world.source();
        let of = |object: u32| (object % 4) as u8;
        let tree = top_down(&source, source.tops, "all", &world.limits, &Progress::new()).unwrap();
        let found = generations(&source, source.tops, &tree, &world.limits, of, &Progress::new()).unwrap();
        let mut want: BTreeMap<Vec<u32>, [u64; 4]> = BTreeMap::new();
        for object in 0..world.parents.len() as u32 {
            let (mut path, _) = world.path(object);
            if world.limits.fold_chains {
                path.dedup();
            }
            want.entry(path).or_default()[usize::from(of(object))] += world.graph.objects.size(object);
        }
        for frame in 0..tree.frames.len() as u32 {
            let sums = want.get(&tree.labels_to(frame)).copied().unwrap_or_default();
            let most = (0..4).max_by_key(|&at| (sums[at], std::cmp::Reverse(at))).filter(|&at| sums[at] > 0);
            prop_assert_eq!(found[frame as usize], most.map_or(NO_GENERATION, |at| at as u8));
        }
    }
}

#[test]
fn a_linked_list_folds_into_one_box_with_its_length() {
    let n = 20_000u32;
    let case = Case {
        objects: (0..n).map(|i| (u32::from(i % 2 == 1 && i < 2), 40, i.checked_sub(1))).collect(),
        shared: vec![false; n as usize],
        hidden: vec![false; TYPES as usize],
        fold: true,
    };
    let world = World::new(&case);
    let tree = top_down(&world.source(), &world.tops, "all", &world.limits, &Progress::new()).unwrap();
    adds_up(&tree);
    assert_eq!(tree.frames.len(), 5, "all, root, T0, T1, T0");
    let last = tree.frames[4];
    assert_eq!((last.objects, last.chain, last.own), (n - 2, n - 2, 40 * u64::from(n - 2)));

    let up = bottom_up(&world.source(), Start::From(&world.tops), "all", &world.limits, &Progress::new()).unwrap();
    adds_up(&up);
}

#[test]
fn an_unfolded_chain_ends_at_the_depth_limit_and_still_adds_up() {
    let n = 500u32;
    let case = Case {
        objects: (0..n).map(|i| (0, 40, i.checked_sub(1))).collect(),
        shared: vec![true; n as usize],
        hidden: vec![false; TYPES as usize],
        fold: false,
    };
    let mut world = World::new(&case);
    world.limits.max_depth = 61;
    let tree = top_down(&world.source(), &world.tops, "all", &world.limits, &Progress::new()).unwrap();
    adds_up(&tree);
    assert_eq!(tree.frames.len(), 62);
    let last = tree.frames[61];
    assert_eq!((last.own, last.smaller, last.smaller_types), (40, 40 * u64::from(n - 60), 1));
    assert_eq!(last.shared, last.weight);
}

#[test]
fn a_cancelled_tree_stops() {
    let case = Case { objects: vec![(0, 1, None)], shared: vec![false], hidden: vec![false; 4], fold: true };
    let world = World::new(&case);
    let progress = Progress::new();
    progress.cancel();
    let up = bottom_up(&world.source(), Start::From(&world.tops), "all", &world.limits, &progress);
    assert!(up.is_err());
}
