use egui::Ui;

use super::state::Page;
use super::{TaxonomyLab, race::mark, words};
use crate::graph::Direction;
use crate::labs::Shared;
use crate::train::taxonomy_job::survey::BATCH;
use crate::ui::chips;
use crate::ui::theme::Palette;
use crate::ui::units::{count, number};

/// Spread of a log-determinant below which it is the same everywhere: single precision sums to this.
const SAME: f64 = 1e-5;

/// Draws the numbers of the page that is shown.
pub(super) fn show(lab: &TaxonomyLab, ui: &mut Ui, shared: &Shared) {
    match lab.state.page {
        Page::Chart | Page::Costs => {
            determinant(lab, ui, shared);
            costs(lab, ui, shared);
        }
        Page::Race => race(lab, ui, shared),
    }
}

fn determinant(lab: &TaxonomyLab, ui: &mut Ui, shared: &Shared) {
    let Some(pattern) = lab.pattern(lab.state.family) else { return };
    let palette = Palette::of(ui);
    let (dim, part) = (pattern.dim, &pattern.parts[lab.state.part as usize]);
    chips::section(ui, "The determinant", shared.units.name());
    let value = |nats: f64| number(shared.units.convert(nats), 6);
    chips::key_number(ui, "log |det J| at the probe", &shared.units.format(part.stated, 3), palette.seen);
    chips::card(ui, |ui| {
        chips::value_row(ui, "as the layer states it", &value(part.stated), palette.seen);
        chips::value_row(ui, "by elimination, D³ / 3", &value(part.eliminated), palette.now);
        chips::value_row(ui, "entries exactly zero", &format!("{} of {}", part.zeros(), dim * dim), palette.text);
    });
    chips::note(ui, &format!("Found in the entries: {}.", words::shape(part.shape, dim)));
}

fn costs(lab: &TaxonomyLab, ui: &mut Ui, shared: &Shared) {
    let palette = Palette::of(ui);
    let measured = lab.measured(lab.state.family);
    let taken = measured.map_or_else(String::new, |m| format!(", {}", words::median_of(m.runs, m.machine.as_deref())));
    chips::section(ui, "What it costs here", &format!("{BATCH} points{taken}"));
    let Some(measured) = measured else {
        chips::note(ui, "Being measured.");
        return;
    };
    let time = |ms: f64| format!("{} ms", words::milliseconds(ms));
    chips::card(ui, |ui| {
        chips::value_row(ui, "x to z alone", &time(measured.points), palette.text);
        chips::value_row(ui, "with log-determinants", &time(measured.forward), palette.seen);
        chips::value_row(ui, "z to x", &time(measured.inverse), palette.now);
        chips::value_row(ui, "round trip, largest error", &words::error(measured.error), palette.text);
        chips::value_row(ui, "layers", &measured.config.layers.to_string(), palette.text);
        chips::value_row(ui, "trained values", &count(measured.parameters as u64), palette.text);
        let unit = shared.units;
        chips::value_row(ui, "largest |log det|", &unit.format(measured.volume, 3), palette.text);
        chips::value_row(ui, "largest − smallest", &unit.format(measured.spread, 3), palette.text);
    });
    let volume = if measured.spread < SAME {
        "The log-determinant is the same at every point: only one scale at the end changes the volume, the couplings keep it."
    } else {
        "The log-determinant depends on the point: it does not keep the volume."
    };
    chips::note(ui, volume);
    let layer = format!(
        "One layer, forward: {}. Inverse: {}.",
        words::way(&measured.config, Direction::Forward),
        words::way(&measured.config, Direction::Inverse)
    );
    chips::note(ui, &layer);
}

fn race(lab: &TaxonomyLab, ui: &mut Ui, shared: &Shared) {
    let palette = Palette::of(ui);
    let Some(race) = lab.work.snapshot.as_ref().and_then(|snapshot| snapshot.race.as_ref()) else { return };
    let unit = shared.units;
    let value = |i: usize| race.contestants[i].score.map(|score| score.gap.unwrap_or(score.nats));
    let mut order: Vec<usize> = (0..race.contestants.len()).filter(|&i| value(i).is_some()).collect();
    order.sort_by(|&a, &b| value(a).unwrap_or(f64::INFINITY).total_cmp(&value(b).unwrap_or(f64::INFINITY)));
    let floor = race.floor.map(|floor| floor.nats);
    chips::section(ui, if floor.is_some() { "Above the entropy" } else { "A point" }, unit.name());
    if let Some(&first) = order.first() {
        let name = format!("{} {}", mark(first).1, race.contestants[first].family.title());
        chips::key_number(ui, &name, &number(unit.convert(value(first).unwrap_or(f64::NAN)), 3), palette.now);
    }
    chips::card(ui, |ui| {
        for &i in &order {
            let racer = &race.contestants[i];
            let Some(score) = racer.score else { continue };
            let text = format!("{} ± {}", number(unit.convert(value(i).unwrap_or(f64::NAN)), 3), number(unit.convert(score.std_error), 3));
            chips::value_row(ui, &format!("{} {}", mark(i).1, racer.family.short()), &text, palette.text);
        }
        if let Some(floor) = floor {
            chips::value_row(ui, "entropy of the data", &unit.format(floor, 3), palette.base);
        }
        let seconds = race.contestants.iter().map(|racer| racer.seconds).fold(0.0, f64::max);
        chips::value_row(ui, "seconds each", &number(seconds, 1), palette.text);
    });
    chips::note(ui, "Equal time, not equal steps: a family whose step is dear makes fewer of them. The scores are of held-out points.");
}
