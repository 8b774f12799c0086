use egui::{RichText, TextStyle, Ui, vec2};

use super::state::{Part, REACH};
use super::words::{self, KINDS};
use super::{TaxonomyLab, cards, matrix, of_kind};
use crate::train::taxonomy_job::survey::{BATCH, RUNS};
use crate::ui::canvas2d::{Canvas2d, View};
use crate::ui::chips;
use crate::ui::theme::{Palette, letters};
use crate::ui::units::number;

/// Letters so much larger than usual leave no room for all families above a matrix whose numbers can be read.
const LARGE: f32 = 1.1;

/// Draws all families in four columns, and the Jacobian of the one that is chosen: under them, or first where large type leaves room for one of
/// the two without scrolling.
pub(super) fn show(lab: &mut TaxonomyLab, ui: &mut Ui) {
    let large = letters::stretch(ui.ctx(), 11.0) > LARGE;
    if large {
        detail(lab, ui);
        ui.add_space(4.0);
    }
    families(lab, ui);
    if !large {
        ui.add_space(2.0);
        detail(lab, ui);
    }
}

fn families(lab: &mut TaxonomyLab, ui: &mut Ui) {
    let gap = 8.0;
    let width = ((ui.available_width() - 3.0 * gap) / 4.0).floor();
    let mut chosen = None;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing = vec2(gap, 3.0);
        for (kind, title, help) in KINDS {
            ui.vertical(|ui| {
                ui.set_width(width);
                let lit = lab.state.family.jacobian() == kind;
                let text = |title: &str| if lit { RichText::new(title).small().strong() } else { RichText::new(title).small() };
                let fits = ui.painter().layout_no_wrap(title.to_owned(), TextStyle::Small.resolve(ui.style()), ui.visuals().text_color());
                let title = if fits.size().x > width { words::short_kind(kind) } else { title };
                ui.add(egui::Label::new(text(title)).truncate()).on_hover_text(help);
                for family in of_kind(kind) {
                    if cards::show(lab, ui, family, width) {
                        chosen = Some(family);
                    }
                }
            });
        }
    });
    if let Some(family) = chosen {
        lab.choose(family);
    }
    let times = format!("ms forward / inverse for {BATCH} points, median of {RUNS} runs, fewer where one is dear");
    chips::note(ui, &format!("Empty: exactly zero. Grey: exactly one. Small: {times}."));
}

/// The chosen family's matrix with its numbers, and the plane in which the probe moves.
fn detail(lab: &mut TaxonomyLab, ui: &mut Ui) {
    let family = lab.state.family;
    let layer = if matches!(family, crate::flows::Family::Glow { .. }) { "coupling" } else { "layer" };
    let (first, second) = (format!("first {layer}"), format!("second {layer}"));
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(5.0, 4.0);
        ui.label(RichText::new(family.title()).strong());
        for (part, title) in [(Part::First, &first[..]), (Part::Second, &second), (Part::Both, "both layers")] {
            if chips::chip(ui, title, lab.state.part == part).clicked() {
                lab.state.part = part;
            }
        }
    });
    ui.add_space(2.0);
    let Some(pattern) = lab.pattern(family).cloned() else {
        chips::note(ui, "The Jacobian is being computed.");
        return;
    };
    let part = &pattern.parts[lab.state.part as usize];
    let wide = ui.available_width();
    let least = 36.0 * letters::stretch(ui.ctx(), 10.5) * pattern.dim as f32;
    let side = (ui.available_height() - 6.0).clamp(170.0, 320.0).max(least).min(0.6 * wide);
    let plane = (0.36 * wide).min(side - 64.0).min(220.0);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 14.0;
        matrix::show(ui, "Jacobian", part, pattern.dim, side);
        ui.vertical(|ui| {
            ui.set_width(plane.max(wide - side - 16.0));
            probe(lab, ui, plane);
            let palette = Palette::of(ui);
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.add(egui::Label::new(RichText::new(words::shape(part.shape, pattern.dim)).color(palette.seen)).wrap());
            chips::note(ui, &format!("{} of {} entries are zero", part.zeros(), pattern.dim * pattern.dim));
        });
    });
}

/// The plane of the first two coordinates, in which the probe can be dragged.
fn probe(lab: &mut TaxonomyLab, ui: &mut Ui, side: f32) {
    let palette = Palette::of(ui);
    let mut view = View { center: [0.0, 0.0], reach: REACH };
    let point = lab.state.point;
    let said = format!("at {}, {}", number(point[0], 2), number(point[1], 2));
    let shown = Canvas2d::new("Probe", &mut view, vec2(side, side)).summary(&*said).still().no_axes().show(ui, |plane| {
        plane.rulings(palette.line);
        plane.circle([0.0, 0.0], 1.0, egui::Stroke::new(1.0, palette.base));
        plane.probe(point, palette.now);
    });
    let dragged = shown.pointer.filter(|_| shown.response.dragged() || shown.response.clicked());
    let nudged = shown.nudge.map(|by| [point[0] + by[0], point[1] + by[1]]);
    if let Some(to) = dragged.or(nudged) {
        lab.state.point = to.map(|v| (v.clamp(-REACH, REACH) * 100.0).round() / 100.0);
    }
    let others = if lab.state.dim > 2 { ", the other coordinates stay" } else { "" };
    chips::note(ui, &format!("x = ({}, {}){others}. Drag it.", number(point[0], 2), number(point[1], 2)));
}
