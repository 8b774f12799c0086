//! The pages' numbers as tables.

use super::chain::Path;
use super::reading::Reading;
use super::state::{ChainState, PlaneState};
use crate::flows::maps::{Law, det};
use crate::labs::table::Table;
use crate::train::det_job::DetSnapshot;

/// Rows of the table of the line.
const ROWS: usize = 201;

/// The map and both densities along x.
pub(super) fn line(reading: &Reading) -> Table {
    let columns = ["x", "y = f(x)", "slope f'(x)", "p(x)", "p(y)", "p(y) without the Jacobian"];
    let (map, law) = (&reading.pushed.map, reading.pushed.law);
    let [low, high] = if law == Law::Uniform { [0.0, 1.0] } else { [-4.0, 4.0] };
    let row = |i: usize| {
        let x = low + (high - low) * i as f64 / (ROWS - 1) as f64;
        let y = map.forward(x);
        let numbers = [x, y, map.slope(x), law.density(x), reading.pushed.density(y), reading.pushed.without_jacobian(y)];
        numbers.into_iter().map(|v| if v.is_finite() { v.to_string() } else { String::new() }).collect()
    };
    Table { columns: columns.map(str::to_owned).into(), rows: (0..ROWS).map(row).collect() }
}

/// Columns of words and rows of numbers.
fn table(columns: &[&str], rows: Vec<Vec<String>>) -> Table {
    Table { columns: columns.iter().map(|&name| name.to_owned()).collect(), rows }
}

/// Places of a grid, where they go, and the determinant there.
pub(super) fn plane(state: &PlaneState) -> Table {
    let map = state.chosen();
    let places = (-5..=5).flat_map(|i| (-5..=5).map(move |j| [0.5 * f64::from(i), 0.5 * f64::from(j)]));
    let row = |x: [f64; 2]| {
        let y = map.forward(x);
        [x[0], x[1], y[0], y[1], det(&map.jacobian(x))].map(|v| v.to_string()).into()
    };
    table(&["x1", "x2", "y1", "y2", "det J"], places.map(row).collect())
}

/// Each map's factor at the probe, and the product and the sum so far.
pub(super) fn chain(state: &ChainState, path: &Path) -> Table {
    let logs = path.logs();
    let row = |k: usize| {
        let numbers = [path.dets[k], logs[k], path.product(k + 1), logs[..=k].iter().sum()].map(|v: f64| v.to_string());
        [(k + 1).to_string(), state.links[k].name().to_owned()].into_iter().chain(numbers).collect()
    };
    table(&["map", "name", "det", "log |det| / nats", "product so far", "sum so far / nats"], (0..path.dets.len()).map(row).collect())
}

/// The measured times.
pub(super) fn cost(snapshot: &DetSnapshot) -> Table {
    let row = |cost: &crate::train::det_job::Cost| vec![cost.m.to_string(), cost.dense.to_string(), cost.coupling.to_string()];
    table(&["m", "dense by LU / s", "coupling's sum / s"], snapshot.costs.iter().map(row).collect())
}
