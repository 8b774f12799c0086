//! The picture: the sample in progress with what the next pixel sees, the gallery, and what the model is made of.

use egui::{Color32, Ui, pos2, vec2};

use super::lab::{PixelcnnLab, Shown};
use super::study::{self, Task};
use super::walk::log_name;
use super::{
    bet, branch, channels, explain, gallery, insight, layers, lit, mask_editor, micro_panel, micro_picture, pins, side, training, versus,
};
use crate::graph::causal::{Field, Visibility};
use crate::labs::{Command, Lab, Shared};
use crate::train::pixelcnn_job::{GALLERY, Gradient, SampleRun};
use crate::ui::colormap::{Colormap, Scale, colorbar};
use crate::ui::pixel_grid::{GridLayout, PixelGrid, hatched};
use crate::ui::theme::{Palette, letters};
use crate::ui::units::number;
use crate::ui::{chips, link};

/// Upper end of the surprise scale, nats: fixed, because a range that jumps lies.
pub(super) const SURPRISE_NATS: f32 = 3.0;
/// Room above and under the picture without the gallery: heading, legend, heading of the gallery.
const AROUND: f32 = 112.0;
/// The gallery's two rows of eight are as high as a quarter of their width, which is the picture's.
const WITH_GALLERY: f32 = 1.25;
/// Between the picture and what stands beside it.
const GAP: f32 = 18.0;
/// Width of the gallery beside the picture, in four rows of four.
const ASIDE: f32 = 200.0;
/// Width that the bars beside the picture need in a lecture hall, for their formula.
const BARS: f32 = 214.0;
/// A canvas narrower than this has no column beside the picture.
const NARROW: f32 = 520.0;

/// Draws the canvas.
pub(super) fn show(lab: &mut PixelcnnLab, ui: &mut Ui, shared: &mut Shared) {
    let room = ui.available_size();
    lab.know_field();
    if lab.desk.task == Task::Sample && lab.versus.other.on {
        tasks(lab, ui, shared);
        versus::show(lab, ui, shared);
        return;
    }
    // What happens inside a pixel stands beside the picture in any case: below the fold nobody would see it.
    let tight = room.x < NARROW;
    if tight && lab.idea().is_none() {
        narrow(lab, ui, shared, room);
        return;
    }
    let column = if tight { room.x * 0.52 } else { (room.x * 0.355).clamp(214.0, 330.0) };
    let left = (room.x - column - GAP).max(160.0);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        ui.vertical(|ui| {
            ui.set_width(left);
            ui.spacing_mut().item_spacing = vec2(8.0, 3.0);
            tasks(lab, ui, shared);
            task(lab, ui, shared, left);
        });
        egui::ScrollArea::vertical().id_salt("made of").auto_shrink([false, false]).show(ui, |ui| {
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.x = 8.0;
                ui.set_width(column - 8.0);
                if micro_panel::show(lab, ui, shared) || side::show(lab, ui) {
                    return;
                }
                layers::show(lab, ui);
                ui.add_space(8.0);
                training::show(lab, ui, shared);
            });
        });
    });
}

/// Large type in a small window: what the model is made of stands under the picture instead of beside it. Where the bars are beside it, the
/// mask or the costs take their place when they are asked for.
fn narrow(lab: &mut PixelcnnLab, ui: &mut Ui, shared: &mut Shared, room: egui::Vec2) {
    let beside = lab.tool_beside_picture(ui.ctx());
    egui::ScrollArea::vertical().id_salt("narrow canvas").auto_shrink([false, false]).show(ui, |ui| {
        let width = room.x - 10.0;
        ui.set_width(width);
        ui.spacing_mut().item_spacing = vec2(8.0, 3.0);
        ui.allocate_ui(vec2(width, room.y), |ui| {
            ui.set_max_height(room.y);
            ui.vertical(|ui| {
                tasks(lab, ui, shared);
                task(lab, ui, shared, width);
            });
        });
        ui.add_space(8.0);
        if beside {
            return;
        }
        if !micro_panel::show(lab, ui, shared) && !side::show(lab, ui) {
            layers::show(lab, ui);
            ui.add_space(8.0);
            training::show(lab, ui, shared);
        }
    });
}

/// What the canvas is for.
fn tasks(lab: &mut PixelcnnLab, ui: &mut Ui, shared: &mut Shared) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        let compared = lab.versus.other.on;
        for (task, label, help) in [
            (Task::Sample, "Draw", "The model draws an image, one pixel at a time"),
            (Task::Complete, "Complete", "Paint what is known of an image; the model draws the rest, six times"),
            (Task::Score, "Score", "Draw or load an image: what does it cost, and where is it surprising?"),
        ] {
            let on = lab.desk.task == task && !(compared && task == Task::Sample);
            if chips::chip(ui, label, on).on_hover_text(help).clicked() {
                lab.versus.other.on = false;
                lab.open_task(task);
            }
        }
        for (command, label, on) in
            [(Command::Compare, "Compare", compared && lab.desk.task == Task::Sample), (Command::Bet, "Bet", lab.bet.on)]
        {
            if chips::chip(ui, label, on).on_hover_text(command.tooltip()).clicked() {
                lab.command(command, shared);
            }
        }
    });
}

fn task(lab: &mut PixelcnnLab, ui: &mut Ui, shared: &mut Shared, width: f32) {
    match lab.desk.task {
        Task::Sample => sample(lab, ui, shared, width),
        Task::Complete | Task::Score => study::show(lab, ui, shared, width),
    }
}

fn sample(lab: &mut PixelcnnLab, ui: &mut Ui, shared: &mut Shared, width: f32) {
    let palette = Palette::of(ui);
    let height = ui.available_height();
    ui.horizontal(|ui| {
        lab.dim_beside_idea(ui);
        chips::section(ui, if width < 400.0 { "Sample" } else { "Sample in progress" }, "");
        if width < NARROW * 0.55 {
            // No room for the chips, which would only be dimmed here.
            return;
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            for (shown, label, help) in [
                (Shown::Hesitation, "hesitation", "Entropy of each pixel's distribution: the surprise that was to be expected"),
                (Shown::Surprise, "surprise", "−ln p of each drawn value: what the pixel cost"),
                (Shown::Picture, "picture", "The grey levels"),
            ] {
                if chips::chip(ui, label, lab.view.shown == shown).on_hover_text(help).clicked() {
                    lab.view.shown = shown;
                }
            }
        });
    });
    ui.add_space(3.0);
    let run = lab.walk.run().cloned();
    let (rows, cols) = run.as_ref().map_or((14, 14), |run| (run.rows, run.cols));
    // Beside a column the gallery must fit too; in a narrow canvas it is scrolled to.
    let alone = width > 0.8 * ui.clip_rect().width();
    let gallery = if alone { 1.0 } else { WITH_GALLERY };
    let size = vec2(width, ((height - AROUND) / gallery).max(120.0));
    let Some(run) = run else {
        PixelGrid::new("Sample", rows, cols).fill(|_| palette.future).summary("The first sample is being drawn.").show(ui, size);
        return;
    };
    let tool = alone && lab.tool_beside_picture(ui.ctx());
    if tool || lab.bars_beside_picture(ui.ctx()) {
        let side = (height - AROUND).min(width - BARS - GAP).max(120.0);
        pair(ui, [side, (width - side - GAP).min(1.4 * BARS)], |ui, right| match (right, lab.focus()) {
            (false, _) => drop(picture(lab, ui, shared, &run, vec2(side, side))),
            (true, _) if tool => drop(side::show(lab, ui)),
            (true, Some(focus)) if lab.refusal().is_none() && !bet::ask(lab, ui, shared) => explain::pixel(lab, ui, &run, focus, shared),
            (true, _) => {}
        });
        gallery::show(lab, ui, shared, width, GALLERY / 2);
        return;
    }
    // In a wide canvas the picture is larger with the gallery at its side.
    let beside = (height - AROUND).min(width - ASIDE - GAP);
    if alone || beside < 1.1 * size.min_elem() {
        let width = picture(lab, ui, shared, &run, size);
        gallery::show(lab, ui, shared, width, GALLERY / 2);
        return;
    }
    pair(ui, [beside, ASIDE], |ui, right| {
        if right {
            lab.dim_beside_idea(ui);
            gallery::show(lab, ui, shared, ASIDE, GALLERY / 4);
        } else {
            picture(lab, ui, shared, &run, vec2(beside, beside));
        }
    });
}

/// Two columns of these widths side by side; the second one is told so.
fn pair(ui: &mut Ui, widths: [f32; 2], mut show: impl FnMut(&mut Ui, bool)) {
    let spacing = ui.spacing().item_spacing;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        for (width, right) in widths.into_iter().zip([false, true]) {
            ui.vertical(|ui| {
                ui.set_width(width);
                ui.spacing_mut().item_spacing = spacing;
                show(ui, right);
            });
        }
    });
}

/// The picture and the lines under it; returns its width.
fn picture(lab: &mut PixelcnnLab, ui: &mut Ui, shared: &mut Shared, run: &SampleRun, size: egui::Vec2) -> f32 {
    let palette = Palette::of(ui);
    if let Some(layer) = lab.shown_layer()
        && let Some(width) = channels::show(lab, ui, run, layer, size)
    {
        return width;
    }
    let at = lab.walk.at();
    let focus = lab.focus().unwrap_or(0);
    let depth = lab.view.depth;
    // A finished image stands by itself until somebody asks.
    let asked = lab.idea().is_none() && (at < run.len() || lab.view.hovered.or(lab.view.pinned).is_some());
    let field = lab.fields.as_mut().filter(|_| asked).map(|fields| {
        let layers = depth.unwrap_or(fields.layers());
        fields.field(focus, layers).clone()
    });
    let gradient = lab.gradient().filter(|_| asked);
    let overlays = Overlays { field: field.as_ref(), gradient: gradient.as_deref(), seen: lab.view.field, blind: lab.view.blind };
    // A model that refuses has drawn nothing.
    let drawn = if lab.refusal().is_some() { 0 } else { at };
    let grid = draw(ui, run, drawn, focus, lab.view.shown, &lab.view.pins, &overlays, size, &lab.spoken());
    pins::letters(ui, &grid.layout, &lab.view.pins, palette);
    if !lab.view.found && at + 2 * run.cols <= run.len() {
        hint(ui, &grid.layout, palette);
    }
    if let (Some(_), Some(field)) = (&gradient, &field) {
        insight::border(ui.painter(), &grid.layout, field, palette);
    }
    branch::marks(lab, ui, &grid);
    micro_picture::show(lab, ui, &grid.layout, run);
    mask_editor::over(lab, ui, grid.layout.rect);
    if grid.response.hovered() && grid.hovered.is_some() {
        lab.view.found = true;
    }
    lab.view.hovered = grid.hovered;
    lit::picture(ui, &grid.layout, focus);
    branch::input(lab, ui, &grid);
    if let Some(cell) = grid.clicked {
        lab.view.toggle_pin(cell);
    }
    let grid_width = grid.layout.rect.width();
    ui.add_space(2.0);
    lab.dim_beside_idea(ui);
    legend(ui, lab, field.as_ref(), focus, at, run, shared, grid_width);
    if let (Some(gradient), Some(field)) = (&gradient, &field) {
        insight::legend(ui, gradient, field);
    }
    bet::line(lab, ui);
    if let Some(command) = branch::line(lab, ui) {
        lab.command(command, shared);
    }
    grid_width
}

/// What lies over the picture.
struct Overlays<'a> {
    field: Option<&'a Field>,
    gradient: Option<&'a Gradient>,
    seen: bool,
    blind: bool,
}

#[expect(clippy::too_many_arguments, reason = "one picture out of one state: a struct would only rename that")]
fn draw(
    ui: &mut Ui,
    run: &SampleRun,
    at: usize,
    focus: usize,
    shown: Shown,
    pinned: &[usize],
    overlays: &Overlays<'_>,
    size: egui::Vec2,
    spoken: &str,
) -> crate::ui::pixel_grid::GridResponse {
    let palette = Palette::of(ui);
    let scale = Scale::new(Colormap::Surprise, 0.0, SURPRISE_NATS);
    let fill = move |cell: usize| {
        if cell >= at {
            return palette.future;
        }
        match shown {
            Shown::Picture => grey(run.pixels[cell], run.levels),
            Shown::Surprise => scale.color(run.price[cell] as f32, palette.dark),
            Shown::Hesitation => scale.color(run.entropy[cell] as f32, palette.dark),
        }
    };
    let visible = |cell: usize| overlays.field.map_or(Visibility::Outside, |field| field.pixels[cell]);
    let strength = if palette.dark { 0.36 } else { 0.42 };
    let tint = |cell: usize| {
        let seen = visible(cell) == Visibility::Seen;
        if seen && cell >= focus {
            // A leak: seen, and not drawn before.
            return palette.blind.gamma_multiply(0.75);
        }
        if let Some(gradient) = overlays.gradient {
            return insight::heat(gradient, cell, palette.dark).map_or(Color32::TRANSPARENT, |heat| heat.gamma_multiply(0.85));
        }
        if seen && cell >= at {
            // Not drawn yet, and needed: what a later pixel waits for.
            palette.now.gamma_multiply(0.35)
        } else if seen && overlays.seen && shown == Shown::Picture {
            palette.seen.gamma_multiply(strength)
        } else {
            Color32::TRANSPARENT
        }
    };
    let hatch = |cell: usize| overlays.blind && visible(cell) == Visibility::Blind;
    let asked = overlays.field.is_some();
    let mut grid = PixelGrid::new("Sample", run.rows, run.cols).fill(fill).tint(tint).hatch(hatch).summary(spoken).gap(if run.cols > 20 {
        0.8
    } else {
        1.0
    });
    if at < run.len() {
        grid = grid.outline(at, palette.now, if focus == at { 2.5 } else { 1.5 });
    }
    for (i, &cell) in pinned.iter().enumerate().filter(|(_, cell)| **cell != focus) {
        grid = grid.outline(cell, pins::color(i, palette), 1.5);
    }
    if focus != at && asked {
        grid = grid.outline(focus, pinned.iter().position(|&cell| cell == focus).map_or(palette.text, |i| pins::color(i, palette)), 2.0);
    }
    grid.show(ui, size)
}

/// The colour of a grey level: 0 is black, the last one white.
pub(super) fn grey(level: u8, levels: usize) -> Color32 {
    // A little above black, so that drawn pixels do not look like a hole in the dark theme.
    Color32::from_gray((16.0 + 239.0 * f32::from(level) / (levels as f32 - 1.0)) as u8)
}

/// What to try first: on the picture, above its lower edge.
fn hint(ui: &Ui, layout: &GridLayout, palette: &Palette) {
    let text = "point at any pixel: what could it see?".to_owned();
    let mut job = egui::text::LayoutJob::simple(text, letters::proportional(ui.ctx(), 13.0), palette.text, layout.rect.width() - 24.0);
    job.halign = egui::Align::Center;
    let galley = ui.painter().layout_job(job);
    let centre = pos2(layout.rect.center().x, layout.rect.bottom() - galley.size().y / 2.0 - 10.0);
    let place = egui::Rect::from_center_size(centre, galley.size());
    ui.painter().rect_filled(place.expand2(vec2(8.0, 3.0)), 6.0, palette.ground.gamma_multiply(0.85));
    ui.painter().galley(place.center_top(), galley, palette.text);
}

#[expect(clippy::too_many_arguments, reason = "one line of text out of one state")]
fn legend(ui: &mut Ui, lab: &PixelcnnLab, field: Option<&Field>, focus: usize, at: usize, run: &SampleRun, shared: &Shared, width: f32) {
    let palette = Palette::of(ui);
    let who = if focus == at && at < run.len() { "the next pixel" } else { "this pixel" };
    ui.allocate_ui(vec2(width, 20.0), |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(12.0, 2.0);
            if let Some(field) = field {
                let reach = (field.seen + field.blind).max(1);
                let seen = chips::legend(ui, palette.seen, &format!("seen by {who}: {}", field.seen)).on_hover_text(format!(
                    "Exact, from the model's graph: its prediction depends on these {} pixels. {} earlier ones are out of reach.",
                    field.seen, field.outside
                ));
                link::place(ui, seen.rect, "seen", palette.seen);
                if field.ahead > 0 {
                    chips::legend(ui, palette.blind, &format!("leaks: {} seen before they are drawn", field.ahead))
                        .on_hover_text("The prediction depends on these pixels, which are not drawn before it");
                }
                let share = number(100.0 * field.blind as f64 / reach as f64, 1);
                let blind = hatched(ui, palette.blind, &format!("blind spot: {} ({share} %)", field.blind))
                    .on_hover_text("Drawn earlier and within reach of the kernels, but on no path through the masks");
                link::place(ui, blind.rect, "blind", palette.blind);
            }
            if field.is_none() && at < run.len() {
                // Inside a pixel the field of its kernel is shown instead.
                return;
            }
            if field.is_none() {
                chips::note(ui, &format!("all {} pixels drawn: point at one to see what it depended on", run.len()));
                return;
            }
            let place = format!("{} ({}, {})", if focus == at { "next pixel" } else { "pixel" }, focus / run.cols, focus % run.cols);
            chips::legend(ui, if focus == at { palette.now } else { palette.text }, &place).on_hover_text("Row and column, from 0");
        });
    });
    if lab.view.shown != Shown::Picture {
        let unit = shared.units;
        let high = unit.convert(f64::from(SURPRISE_NATS)) as f32;
        let meaning = match lab.view.shown {
            Shown::Surprise => format!("surprise −{} p", log_name(unit)),
            _ => "entropy".to_owned(),
        };
        colorbar(ui, &Scale::new(Colormap::Surprise, 0.0, high), &meaning, &format!("{} a pixel", unit.name()));
    }
}
