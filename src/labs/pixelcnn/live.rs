//! The lab's live numbers: what a formula, a sentence and a bar call by one name.
//!
//! `pixel` of `pixels`, `row`, `column`; the `class` that is drawn; `level` of `levels` and its `rank` among them, 1 for the most likely;
//! `p`, `p0`, `p1`, ... (one for each level), `low` and `high` (the rung of the ladder), `logit`, `logit0`, ... before the temperature, and
//! `scaled`, `scaled0`, ... after it; `u`; `price`, `before`, `sum`, `entropy`, `uniform` (the price where all levels are equally likely) and
//! `unit`; `bits` per pixel; `T`; `seen` and `blind` earlier pixels; `total` and `total_bits` of the whole image.

use std::f64::consts::LN_2;

use egui::Color32;

use super::lab::PixelcnnLab;
use crate::labs::Live;
use crate::train::pixelcnn_job::SampleRun;
use crate::ui::units::{number, signed};

/// The number of this name at the pixel that is explained; `None` if there is none, as for a pixel that is still to come.
pub(super) fn number_of(lab: &PixelcnnLab, name: &str) -> Option<Live> {
    let run = lab.walk.run()?;
    let focus = lab.focus()?;
    let palette = lab.look.palette;
    let live = |text: String, color: Color32| Some(Live { text, color });
    let nats = |value: f64, color: Color32| live(number(lab.look.units.convert(value), 2), color);
    // What does not depend on the pixel's distribution.
    match name {
        "pixel" => return live((focus + 1).to_string(), palette.now),
        "pixels" => return live(run.len().to_string(), palette.text),
        "row" => return live((focus / run.cols).to_string(), palette.now),
        "column" => return live((focus % run.cols).to_string(), palette.now),
        "levels" => return live(run.levels.to_string(), palette.text),
        "class" => return live(run.settings.class?.to_string(), palette.base),
        "T" => return live(number(run.settings.temperature, 2), palette.base),
        "unit" => return live(lab.look.units.name().to_owned(), palette.text),
        "uniform" => return nats((run.levels as f64).ln(), palette.text),
        "total" => return nats(run.nats(), palette.seen),
        "total_bits" => return live(number(run.nats() / (run.len() as f64 * LN_2), 2), palette.seen),
        "seen" | "blind" => {
            let fields = lab.fields.as_ref()?;
            let field = fields.known(focus, lab.view.depth.unwrap_or(fields.layers()))?;
            let (count, color) = if name == "seen" { (field.seen, palette.seen) } else { (field.blind, palette.blind) };
            return live(count.to_string(), color);
        }
        _ => {}
    }
    // Nothing tells what a bet is about.
    if focus > lab.walk.at() || (focus == lab.walk.at() && lab.hides()) {
        return None;
    }
    let level = usize::from(run.pixels[focus]);
    if let Some(k) = name.strip_prefix("logit") {
        let k = if k.is_empty() { level } else { k.parse().ok()? };
        let logit = *lab.look()?.logits(focus).get(k)?;
        return live(signed(f64::from(logit), 2), if k == level { palette.now } else { palette.seen });
    }
    if let Some(k) = name.strip_prefix("scaled") {
        let k = if k.is_empty() { level } else { k.parse().ok()? };
        let logit = *lab.look()?.logits(focus).get(k)?;
        return live(signed(f64::from(logit) / run.settings.temperature, 2), if k == level { palette.now } else { palette.seen });
    }
    match name {
        "level" => live(level.to_string(), palette.now),
        "rank" => live(rank(run.distribution(focus), level).to_string(), palette.now),
        "p" => live(probability(run.chosen_p(focus)), palette.now),
        "u" if !run.u[focus].is_finite() => None,
        "u" => live(number(run.u[focus].into(), 3), palette.base),
        "low" => live(number(cumulative(run, focus, level), 3), palette.now),
        "high" => live(number(cumulative(run, focus, level + 1), 3), palette.now),
        "price" => nats(run.price[focus], palette.now),
        "before" => nats(run.sum[focus], palette.text),
        "sum" => nats(run.sum[focus + 1], palette.seen),
        "entropy" => nats(run.entropy[focus], palette.base),
        "bits" => live(number(run.sum[focus + 1] / ((focus + 1) as f64 * LN_2), 2), palette.seen),
        _ => {
            let k: usize = name.strip_prefix('p')?.parse().ok()?;
            let p = *run.distribution(focus).get(k)?;
            live(number(p.into(), 2), if k == level { palette.now } else { palette.seen })
        }
    }
}

impl PixelcnnLab {
    /// Finds the field of the pixel that is explained, for sentences that count its pixels while no picture shows them.
    pub(super) fn know_field(&mut self) {
        let (focus, depth) = (self.focus(), self.view.depth);
        if let (Some(focus), Some(fields)) = (focus, &mut self.fields) {
            let layers = depth.unwrap_or(fields.layers());
            fields.field(focus, layers);
        }
    }
}

/// The names of a level's logit, of that over T and of its probability: those of the drawn level have no number behind.
pub(super) fn names_of(level: usize, chosen: usize) -> [String; 3] {
    ["logit", "scaled", "p"].map(|name| if level == chosen { name.to_owned() } else { format!("{name}{level}") })
}

/// The names of the bars of a distribution: the drawn level's is `p`.
pub(super) fn bar_names(levels: usize, chosen: usize) -> Vec<String> {
    (0..levels)
        .map(|level| {
            let [_, _, p] = names_of(level, chosen);
            p
        })
        .collect()
}

/// The place of a level among all by its probability, from 1; levels that are equally likely share the better place.
pub(super) fn rank(p: &[f32], level: usize) -> usize {
    1 + p.iter().filter(|&&other| p.get(level).is_some_and(|&own| other > own)).count()
}

/// Where a level's rung of the ladder begins.
fn cumulative(run: &SampleRun, pixel: usize, level: usize) -> f64 {
    run.distribution(pixel).iter().take(level).map(|&p| f64::from(p)).sum()
}

/// A probability with as many digits as tell something.
pub(super) fn probability(p: f64) -> String {
    if p >= 0.995 {
        format!("{p:.4}")
    } else if p >= 0.01 {
        number(p, 2)
    } else {
        format!("{p:.1e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_likely_level_has_rank_1_and_equals_share_theirs() {
        let ranks = |p: &[f32]| (0..p.len()).map(|level| rank(p, level)).collect::<Vec<_>>();
        assert_eq!(ranks(&[0.1, 0.6, 0.05, 0.25]), [3, 1, 4, 2]);
        assert_eq!(ranks(&[0.4, 0.2, 0.4]), [1, 3, 1]);
    }
}
