//! The sample as a table: one row a pixel, with the whole distribution that its value was drawn from.

use crate::labs::table::Table;
use crate::train::pixelcnn_job::SampleRun;

/// The numbers of a sample, in the order in which its pixels are drawn. Prices are nats at the temperature of the sample.
pub(super) fn of(run: &SampleRun) -> Table {
    let mut columns: Vec<String> = ["pixel", "row", "column", "level"].map(str::to_owned).into();
    columns.extend((0..run.levels).map(|k| format!("p(level {k})")));
    columns.extend(["u", "price −ln p / nats", "entropy / nats", "sum before / nats"].map(str::to_owned));
    let row = |i: usize| {
        let mut cells: Vec<String> = [i, i / run.cols, i % run.cols, usize::from(run.pixels[i])].map(|n| n.to_string()).into();
        cells.extend(run.distribution(i).iter().map(f32::to_string));
        // A level that was given was chosen by no u.
        cells.push(if run.u[i].is_finite() { run.u[i].to_string() } else { String::new() });
        cells.extend([run.price[i], run.entropy[i], run.sum[i]].map(|nats| nats.to_string()));
        cells
    };
    Table { columns, rows: (0..run.len()).map(row).collect() }
}
