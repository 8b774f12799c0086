//! The chapter's numbers as tables.

use crate::labs::table::Table;
use crate::train::estimate_job::{MotionView, PROBES, SeriesView};

fn table(columns: &[&str], rows: impl Iterator<Item = Vec<f64>>) -> Table {
    let text = |row: Vec<f64>| row.into_iter().map(|v| if v.is_nan() { String::new() } else { v.to_string() }).collect();
    Table { columns: columns.iter().map(|&column| column.to_owned()).collect(), rows: rows.map(text).collect() }
}

/// The truncated series against its bound.
pub(super) fn series(view: &SeriesView) -> Table {
    let columns = ["terms n", "sum / nats", "exact / nats", "bound on the bias / nats"];
    table(&columns, (0..view.sums.len()).map(|i| vec![(i + 1) as f64, view.sums[i], view.exact, view.bounds[i]]))
}

/// The variance against the number of vectors.
pub(super) fn variances(view: &SeriesView) -> Table {
    let columns = ["vectors", "variance, normal", "by its formula, normal", "variance, signs", "by its formula, signs"];
    let row = |(i, &probes): (usize, &usize)| {
        let formula = view.variance_of_one.map(|variance| variance / probes as f64);
        vec![probes as f64, view.variances[0][i], formula[0], view.variances[1][i], formula[1]]
    };
    table(&columns, PROBES.iter().enumerate().map(row))
}

/// The mean of the first spins.
pub(super) fn roulette(view: &SeriesView) -> Table {
    let columns = ["spins", "mean / nats", "standard error / nats", "exact / nats"];
    table(&columns, view.roulette_running.iter().map(|row| vec![row[0], row[1], row[2], view.exact]))
}

/// The error of the inverse after each iteration.
pub(super) fn inverse(view: &SeriesView) -> Table {
    let columns = ["iteration", "error", "bound"];
    table(
        &columns,
        view.inverse.iter().enumerate().map(|(k, &error)| vec![k as f64, error, view.inverse[0] * view.contraction.powi(k as i32)]),
    )
}

/// What a solve costs, adaptive and fixed.
pub(super) fn motion(view: &MotionView) -> Table {
    let columns = ["tolerance", "evaluations", "rejected steps", "error", "distance from the trained flow", "error there and back"];
    let rows = view.adaptive.iter().chain(&view.fixed);
    table(
        &columns,
        rows.map(|row| {
            let counts = [row.evaluations as f64, row.rejected as f64];
            vec![row.tolerance.unwrap_or(f64::NAN), counts[0], counts[1], row.error, row.from_fixed, row.round_trip]
        }),
    )
}
