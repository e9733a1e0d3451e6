//! The steps of opening a dump, as a list that fills up.

use super::format;
use crate::progress::{Phase, Snapshot, Unit};

/// What a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Done,
    Now,
    Ahead,
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub label: &'static str,
    pub stage: Stage,
}

/// Steps up to a usable type table; unpacking only where the file is packed.
pub fn steps(now: Phase, unpacked: bool) -> Vec<Step> {
    use Phase::{FindRuntime, Map, References, Referrers, Roots, Types, Unpack, Walk};
    [Unpack, Map, FindRuntime, Types, Walk, Roots, References, Referrers]
        .into_iter()
        .filter(|phase| *phase != Unpack || unpacked)
        .map(|phase| {
            let stage = match phase.cmp(&now) {
                std::cmp::Ordering::Less => Stage::Done,
                std::cmp::Ordering::Equal => Stage::Now,
                std::cmp::Ordering::Greater => Stage::Ahead,
            };
            Step { label: phase.label(), stage }
        })
        .collect()
}

/// The share of the current step that is done, where that is known.
pub fn part(now: Snapshot) -> Option<f32> {
    (now.total > 0).then(|| (now.done as f64 / now.total as f64).min(1.0) as f32)
}

/// `412 MB of 1.12 GB · 380 MB/s`; `rate` in units a second.
pub fn figures(now: Snapshot, rate: f64) -> String {
    if now.done == 0 {
        return String::new();
    }
    let amount = |n: u64| match now.phase.unit() {
        Unit::Bytes => format::bytes(n),
        Unit::Objects => format::short_count(n),
    };
    let noun = if now.phase.unit() == Unit::Objects { " objects" } else { "" };
    let done = if now.total > 0 {
        format!("{} of {}{noun}", amount(now.done.min(now.total)), amount(now.total))
    } else {
        format!("{}{noun}", amount(now.done))
    };
    format!("{done} · {}/s", amount(rate as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_fills_up_in_order() {
        let stages: Vec<Stage> = steps(Phase::Walk, false).into_iter().map(|step| step.stage).collect();
        assert_eq!(
            stages,
            [Stage::Done, Stage::Done, Stage::Done, Stage::Now, Stage::Ahead, Stage::Ahead, Stage::Ahead]
        );
        assert_eq!(steps(Phase::Unpack, true)[0], Step { label: "Unpacking the file", stage: Stage::Now });
    }

    #[test]
    fn figures_have_the_unit_of_the_step() {
        let snapshot = |phase, done, total| Snapshot { phase, done, total };
        assert_eq!(figures(snapshot(Phase::Walk, 412_000_000, 1_120_000_000), 380e6), "412 MB of 1.12 GB · 380 MB/s");
        assert_eq!(figures(snapshot(Phase::References, 4_200_000, 0), 10e6), "4.20 M objects · 10.00 M/s");
        assert_eq!(figures(snapshot(Phase::Map, 0, 10), 0.0), "");
        assert_eq!(part(snapshot(Phase::Walk, 3, 2)), Some(1.0));
    }
}
