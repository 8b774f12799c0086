//! The sequence as a table: one row a step, with its distribution, its price, what it cost, and the value of every node in its column.

use crate::data::Melody;
use crate::labs::table::Table;
use crate::train::stack_job::StackRun;

/// The numbers of a sequence. A node's value is the root of the mean square of its channels, as the picture shows it.
pub(super) fn of(run: &StackRun) -> Table {
    let melody = Melody::prelude();
    let channels = run.config.channels;
    let mut columns: Vec<String> = ["step", "symbol", "note"].map(str::to_owned).into();
    columns.extend((0..run.config.levels).map(|k| format!("p({})", melody.name(k))));
    columns.extend(
        ["u", "price −ln p / nats", "sum before / nats", "multiply-adds with the cache", "multiply-adds without"].map(str::to_owned),
    );
    columns.extend((0..run.values.len()).map(|row| if row == 0 { "input convolution".to_owned() } else { format!("layer {row}") }));
    let row = |step: usize| {
        let symbol = usize::from(run.symbols[step]);
        let mut cells = vec![(step + 1).to_string(), symbol.to_string(), melody.name(symbol)];
        cells.extend(run.distribution(step).iter().map(f32::to_string));
        // What the melody gave was chosen by no u.
        cells.push(if run.u[step].is_finite() { run.u[step].to_string() } else { String::new() });
        cells.extend([run.price[step], run.sum[step]].map(|nats| nats.to_string()));
        cells.extend([run.cached_cost[step], run.full_cost].map(|cost| cost.to_string()));
        cells.extend(run.values.iter().map(|layer| strength(&layer[step * channels..][..channels]).to_string()));
        cells
    };
    Table { columns, rows: (0..run.len()).map(row).collect() }
}

fn strength(channels: &[f32]) -> f64 {
    (channels.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / channels.len() as f64).sqrt()
}
