//! The chapter's numbers as tables: the fields by depth, or the curves of the race.

use super::analysis::Growth;
use crate::labs::table::Table;
use crate::train::rain_job::RainSnapshot;

/// Pixels of the window, and how many of them one stack and two stacks miss, for every depth.
pub(super) fn fields(growth: &Growth) -> Table {
    let columns = [
        "layers",
        "kernel side",
        "window / pixels",
        "blind with one stack / pixels",
        "share of the window",
        "blind with two stacks / pixels",
    ];
    let row = |i: usize| {
        let counts = [i + 1, growth.kernel, growth.window[i], growth.missing[i]].map(|count| count.to_string());
        counts.into_iter().chain([growth.share(i + 1).to_string(), growth.missing_gated[i].to_string()]).collect()
    };
    Table { columns: columns.map(str::to_owned).into(), rows: (0..growth.missing.len()).map(row).collect() }
}

/// Both curves of both models: nats an image at each step that was measured.
pub(super) fn race(snapshot: &RainSnapshot) -> Table {
    let columns =
        ["model", "measured on", "step", "loss / nats an image", "entropy of the law / nats an image", "knowing nothing / nats an image"];
    let mut rows = Vec::new();
    for (name, racer) in ["one stack", "two stacks"].into_iter().zip(&snapshot.racers) {
        for (kind, curve) in [("batches", &racer.train), ("held-out images", &racer.test)] {
            rows.extend(curve.iter().map(|[step, nats]| {
                let numbers = [*step, *nats, snapshot.floor, snapshot.nothing].map(|number| number.to_string());
                [name.to_owned(), kind.to_owned()].into_iter().chain(numbers).collect()
            }));
        }
    }
    Table { columns: columns.map(str::to_owned).into(), rows }
}
