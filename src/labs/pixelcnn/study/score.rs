//! Scoring: what an image costs the model, where it is surprising, and what test images cost on average.

use egui::{RichText, Ui, vec2};

use super::hand::painted;
use super::{brush, caption, cell_grey};
use crate::labs::Shared;
use crate::labs::pixelcnn::canvas::SURPRISE_NATS;
use crate::labs::pixelcnn::lab::PixelcnnLab;
use crate::labs::pixelcnn::lit;
use crate::labs::pixelcnn::walk::log_name;
use crate::train::pixelcnn_job::{SampleRun, Study};
use crate::ui::chips;
use crate::ui::colormap::{Colormap, Scale, colorbar};
use crate::ui::pixel_grid::PixelGrid;
use crate::ui::theme::Palette;
use crate::ui::units::number;

/// The image with its brush, the map of its surprise, and the sums.
pub(super) fn show(lab: &mut PixelcnnLab, ui: &mut Ui, shared: &Shared, study: &Study, width: f32) {
    let palette = Palette::of(ui);
    let run = study.scored.clone();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(5.0, 4.0);
        ui.label("Brush:");
        brush(lab, ui, "ink", "eraser");
        chips::note(ui, "draw on the left picture");
    });
    let gap = 12.0;
    // The sentence about the test images comes with a training that was measured.
    let scored = lab.snapshot.as_ref().is_some_and(|snapshot| snapshot.training.score.is_some());
    let side = ((width - gap) / 2.0).min(ui.available_height() - if scored { 150.0 } else { 112.0 }).max(90.0);
    let scale = Scale::new(Colormap::Surprise, 0.0, SURPRISE_NATS);
    let worst = (0..run.len()).max_by(|&a, &b| run.price[a].total_cmp(&run.price[b])).unwrap_or(0);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = gap;
        let fill = |cell: usize| cell_grey(run.pixels[cell], run.levels);
        let image =
            PixelGrid::new("Image to score", run.rows, run.cols).fill(fill).gap(0.6).summary("Draw here.").show(ui, vec2(side, side));
        for cell in painted(ui, &image, &mut lab.desk.stroke) {
            stroke(lab, &run, cell);
        }
        let fill = |cell: usize| scale.color(run.price[cell] as f32, palette.dark);
        let map = PixelGrid::new("Surprise map", run.rows, run.cols).fill(fill).gap(0.6).outline(worst, palette.now, 2.0);
        let map =
            map.summary(format!("Most surprising in row {}, column {}.", worst / run.cols, worst % run.cols)).show(ui, vec2(side, side));
        lab.view.hovered = map.hovered.or(image.hovered);
        if let Some(focus) = lab.focus().filter(|&focus| focus < run.len()) {
            lit::picture(ui, &image.layout, focus);
            lit::picture(ui, &map.layout, focus);
        }
        if let Some(cell) = map.clicked {
            lab.view.toggle_pin(cell);
        }
    });
    let unit = shared.units;
    let high = unit.convert(f64::from(SURPRISE_NATS)) as f32;
    colorbar(
        ui,
        &Scale::new(Colormap::Surprise, 0.0, high),
        &format!("surprise −{} p", log_name(unit)),
        &format!("{} a pixel", unit.name()),
    );
    sums(lab, ui, shared, study, &run, worst);
}

fn sums(lab: &PixelcnnLab, ui: &mut Ui, shared: &Shared, study: &Study, run: &SampleRun, worst: usize) {
    let palette = Palette::of(ui);
    let units = shared.units;
    ui.label(RichText::new(format!("This image costs {}", units.format(run.nats(), 1))).size(18.0).color(palette.now));
    let mean = lab.snapshot.as_ref().and_then(|snapshot| snapshot.training.score);
    if let Some(score) = mean {
        let factor = (score.nats - run.nats()).abs();
        let than = if run.nats() > score.nats { "more" } else { "less" };
        let error = number(units.convert(score.std_error), 1);
        ui.label(format!(
            "Mean of {} test images, each as its own class: {} ± {error}. This one costs {} {than}.",
            score.count,
            units.format(score.nats, 1),
            units.format(factor, 1)
        ));
    }
    chips::note(ui, &caption(study));
    let place = format!("row {}, column {}", worst / run.cols, worst % run.cols);
    let p = run.chosen_p(worst);
    let chance = if p >= 0.001 { number(p, 3) } else { format!("{p:.1e}") };
    chips::note(ui, &format!("Most surprising: {place}, with p = {chance}, for {}.", units.format(run.price[worst], 2)));
    let untested = run.settings.temperature;
    if lab.settings.temperature != untested {
        chips::note(ui, "Scored at temperature 1, whatever is drawn with: this is the model that was trained.");
    }
}

/// Puts ink on a cell and half of it beside, or takes it away.
fn stroke(lab: &mut PixelcnnLab, run: &SampleRun, cell: usize) {
    let mut pixels = match &lab.desk.subject {
        // Strokes follow each other faster than the worker answers.
        crate::train::pixelcnn_job::Subject::Drawn { cols, levels, pixels }
            if pixels.len() == run.len() && *cols == run.cols && *levels == run.levels =>
        {
            pixels.clone()
        }
        _ => run.pixels.clone(),
    };
    let brightest = (run.levels - 1) as u8;
    let (row, col) = ((cell / run.cols) as isize, (cell % run.cols) as isize);
    for (dr, dc, ink) in [(0, 0, brightest), (0, 1, brightest / 2), (1, 0, brightest / 2), (0, -1, brightest / 2), (-1, 0, brightest / 2)] {
        let (r, c) = (row + dr, col + dc);
        if r < 0 || c < 0 || r >= run.rows as isize || c >= run.cols as isize {
            continue;
        }
        let level = &mut pixels[r as usize * run.cols + c as usize];
        *level = if lab.desk.erase { 0 } else { (*level).max(ink) };
    }
    lab.put(run, pixels);
}
