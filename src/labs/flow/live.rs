//! The lab's live numbers: what a formula, a sentence, a bar and a layer's card call by one name.
//!
//! Of the layer: what it is drawn from, in [`layer`]'s list.
//! At the amber point: `x1`, `x2`, `z1`, `z2`, `log_p`, `log_n` (of the base density), `log_det` (the sum), `det1`, `det2`, ... (one for each
//! layer), `det` and `layer` (the layer that the walk stands in), `so_far` (the sum up to there), `area` and `density` (its factors), `numeric` (the
//! log-determinant by differences). Of the model: `layers`, `step`, `loss`, `floor`, `gap`, `mass`, `round_trip`, and `unit`.

mod layer;

use egui::Color32;

use super::FlowLab;
use super::numbers::{scientific, sign_color};
use crate::labs::Live;
use crate::ui::units::{count, number, signed};

/// The number of this name; `None` if it is not known yet.
pub(super) fn number_of(lab: &FlowLab, name: &str) -> Option<Live> {
    of_the_model(lab, name).or_else(|| of_the_point(lab, name)).or_else(|| layer::number_of(lab, name))
}

/// The name of a layer's log-determinant, layers counted from 0.
pub(super) fn layer_name(layer: usize) -> String {
    format!("det{}", layer + 1)
}

fn of_the_point(lab: &FlowLab, name: &str) -> Option<Live> {
    let reading = lab.reading()?;
    let palette = lab.look.palette;
    let live = |text: String, color: Color32| Some(Live { text, color });
    let nats = |value: f64, color: Color32| live(number(lab.look.units.convert(value), 3), color);
    let log_det = |value: f64| live(signed(lab.look.units.convert(value), 2), sign_color(palette, value));
    let depth = lab.depth.passed().min(reading.log_dets.len());
    let z = reading.points.last().copied().unwrap_or_default();
    match name {
        // A bet is open: what would tell it is not known yet.
        "z1" | "z2" | "log_n" | "log_det" | "numeric" if lab.hides_the_sum() => None,
        "det" if lab.hides(lab.layer()) => None,
        // The layers are those of one class, the density that of all.
        "log_n" | "log_det" if reading.mixture.is_some() => None,
        "x1" => live(number(reading.at[0], 2), palette.now),
        "x2" => live(number(reading.at[1], 2), palette.now),
        "z1" => live(number(z[0].into(), 2), palette.base),
        "z2" => live(number(z[1].into(), 2), palette.base),
        "log_p" => nats(reading.shown_log_prob(), palette.now),
        "log_n" => nats(reading.log_base, palette.base),
        "log_det" => {
            // With as many digits as the two numbers of which it is the difference.
            let sum: f64 = reading.log_dets.iter().sum();
            live(signed(lab.look.units.convert(sum), 3), sign_color(palette, sum))
        }
        "det" => log_det(*reading.log_dets.get(lab.layer())?),
        "so_far" => log_det(reading.cumulative(depth)),
        "numeric" => log_det(reading.numeric_log_det),
        "area" => live(number(reading.cumulative(depth).exp(), 3), palette.now),
        "density" => live(number((-reading.cumulative(depth)).exp(), 3), palette.now),
        _ => {
            let layer: usize = name.strip_prefix("det")?.parse().ok()?;
            let layer = layer.checked_sub(1).filter(|&layer| !lab.hides(layer))?;
            log_det(*reading.log_dets.get(layer)?)
        }
    }
}

fn of_the_model(lab: &FlowLab, name: &str) -> Option<Live> {
    let snapshot = lab.snapshot.as_ref()?;
    let palette = lab.look.palette;
    let live = |text: String, color: Color32| Some(Live { text, color });
    let nats = |value: f64, color: Color32| live(number(lab.look.units.convert(value), 3), color);
    let test = || lab.pictures().and_then(|pictures| pictures.test);
    match name {
        "layers" => live(snapshot.config.stages().to_string(), palette.text),
        "layer" => live((lab.layer() + 1).to_string(), palette.now),
        "step" => live(count(snapshot.step), palette.seen),
        "unit" => live(lab.look.units.name().to_owned(), palette.text),
        // The colours of the held-out curve and of the line that it cannot cross.
        "loss" => nats(test()?.nats, palette.now),
        "floor" => nats(test()?.floor?, palette.base),
        "gap" => nats(test()?.gap?, palette.seen),
        "mass" => live(number(lab.pictures()?.integral?.mass, 4), palette.text),
        "round_trip" => live(scientific(lab.pictures()?.round_trip), palette.text),
        _ => None,
    }
}
