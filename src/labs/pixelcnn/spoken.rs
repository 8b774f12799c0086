//! What a screen reader says of the picture.

use crate::train::pixelcnn_job::SampleRun;
use crate::ui::units::Units;

/// The picture in two sentences.
pub(super) fn summary(run: &SampleRun, at: usize, units: Units) -> String {
    if at == run.len() {
        return format!("All {} pixels are drawn, for {}.", run.len(), units.format(run.nats(), 1));
    }
    let p = run.distribution(at);
    let best = (0..p.len()).max_by(|&a, &b| p[a].total_cmp(&p[b])).unwrap_or(0);
    format!(
        "Pixel row {}, column {}, is next. Most likely level {best} with {:.2}. {} so far.",
        at / run.cols,
        at % run.cols,
        p[best],
        units.format(run.sum[at], 1)
    )
}
