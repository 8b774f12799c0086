//! Layers that scale and shift one coordinate: couplings, MAF, and IAF, which undoes what its network says of the noise.

use super::{Ink, Step, first, half_way};
use crate::flows::{Conditioning, Config};
use crate::labs::flow::numbers::axis_name;
use crate::train::flow_job::{Point, Portrait};
use crate::ui::units::{number, signed};

/// The steps up to the joined point.
pub(super) fn steps(
    config: &Config,
    conditioning: Conditioning,
    [s, t]: [f64; 2],
    portrait: Option<&Portrait>,
    from: Point,
    to: Point,
) -> Vec<Step> {
    let Conditioning { reads, latent, .. } = conditioning;
    let axis = conditioning.moves();
    let (read, moved) = (axis_name(reads), axis_name(axis));
    let map = if let Some(Portrait::Map(map)) = portrait { Some(map) } else { None };
    let start = map.map_or(from, |map| half_way(map, from, to));
    let value = f64::from(from[axis]);
    let mut steps = map.map_or_else(Vec::new, |map| first(map, from, to));
    if steps.is_empty() {
        let sentence = format!("Split: {read} = {} stays, {moved} = {} moves.", number(from[reads].into(), 2), number(value, 2));
        steps.push(Step::at(sentence, from, format!("{read} stays, {moved} moves")));
    }
    let [s_text, t_text] = [s, t].map(|v| signed(v, 2));
    let source = if latent { format!("z of {read}") } else { read.to_owned() };
    let beside = format!("s({read}) = {s_text}  t({read}) = {t_text}");
    if config.additive() {
        let sentence = format!("Conditioner: {read} alone says t = {t_text}.");
        steps.push(Step::at(sentence, start, format!("t({read}) = {t_text}")));
        let sentence = format!("Scale: NICE has none, {moved} stays {}.", number(value, 2));
        steps.push(Step::at(sentence, start, "no scale".into()));
    } else {
        steps.push(Step::at(format!("Conditioner: {source} alone says s = {s_text} and t = {t_text}."), start, beside));
    }
    let place = |v: f64| {
        let mut at = start;
        at[axis] = v as f32;
        at
    };
    if latent {
        let shifted = value - t;
        let sentence = format!("Shift back: {moved} minus t = {t_text} gives {}.", number(shifted, 2));
        steps.push(Step::moving(sentence, start, place(shifted), Ink::Shift, signed(-t, 2)));
        let factor = number((-s).exp(), 2);
        let sentence = format!("Scale back: times e^−s = {factor} gives {}.", number(shifted * (-s).exp(), 2));
        steps.push(Step::moving(sentence, place(shifted), to, Ink::Scale, format!("× {factor}")));
        return steps;
    }
    let scaled = value * s.exp();
    if !config.additive() {
        let factor = number(s.exp(), 2);
        let sentence = format!("Scale: {moved} times e^s = {factor} gives {}.", number(scaled, 2));
        steps.push(Step::moving(sentence, start, place(scaled), Ink::Scale, format!("× {factor}")));
    }
    let sentence = format!("Shift: plus t = {t_text} gives {}.", number(scaled + t, 2));
    steps.push(Step::moving(sentence, place(scaled), to, Ink::Shift, t_text));
    steps
}
