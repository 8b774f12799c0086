//! Data space and the space after k layers, side by side, with their headings and switches.

use egui::{RichText, Ui, vec2};

use super::fields::{LAYER_SCALE, SUM_SCALE};
use super::tools::Tool;
use super::{Command, FlowLab, Shared, bet, hands, ledger, marks, micro, overlays, rail};
use crate::labs::training::{Rescue, rescue};
use crate::labs::walk::moment;
use crate::train::flow_job::FlowCommand;
use crate::ui::canvas2d::Canvas2d;
use crate::ui::chips;
use crate::ui::colormap::{Scale, colorbar};
use crate::ui::theme::{Palette, letters};
use crate::ui::transport::TransportModel;
use crate::ui::units::number;

/// A plane from this width on has its whole name above it, beside a button or a note.
const ROOMY: f32 = 215.0;

/// Between the planes, and between them and the layers.
const GAP: f32 = 16.0;
/// Heights of the headings and of the room around the planes.
const AROUND: f32 = 46.0;

/// Both planes and the layers: below the planes, or beside them where the planes become larger by that.
pub(super) fn with_layers(lab: &mut FlowLab, ui: &mut Ui, shared: &mut Shared) {
    let (room, ctx) = (ui.available_size(), ui.ctx().clone());
    let (below, beside) = (rail::height(lab, &ctx, room.x), rail::width(lab, &ctx) + GAP);
    if side(&ctx, room - vec2(beside, 0.0)) <= side(&ctx, room - vec2(0.0, below)) {
        show(lab, ui, shared, below);
        rail::show(lab, ui, shared);
        return;
    }
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        ui.vertical(|ui| {
            ui.set_width(room.x - beside);
            show(lab, ui, shared, 0.0);
        });
        ui.vertical(|ui| rail::column(lab, ui, shared));
    });
}

/// Side of each plane in a room of this size.
fn side(ctx: &egui::Context, room: egui::Vec2) -> f32 {
    let chips: f32 = ctx.data(|data| data.get_temp(overlays_id())).unwrap_or(26.0);
    ((room.x - GAP) / 2.0).min(room.y - AROUND - chips).max(140.0)
}

/// Both planes with their headings, switches and colour bar; `below` them is left free.
fn show(lab: &mut FlowLab, ui: &mut Ui, shared: &mut Shared, below: f32) {
    trouble(lab, ui, shared);
    micro::row(lab, ui);
    bet::row(lab, ui, shared);
    let so_far = lab.depth.position().ceil() as usize;
    if let Some(snapshot) = &lab.snapshot
        && let Some(pictures) = &snapshot.pictures
    {
        lab.fields.upload(ui.ctx(), pictures, snapshot.data.peak, so_far, shared.palette().dark);
    }
    let side = side(ui.ctx(), ui.available_size() - vec2(0.0, below));
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        ui.vertical(|ui| {
            ui.set_width(side);
            data_heading(lab, ui);
            data_space(lab, ui, shared, side);
        });
        ui.vertical(|ui| {
            ui.set_width(side);
            latent_heading(lab, ui);
            latent_space(lab, ui, shared, side);
        });
    });
    if letters::of_a_hall(ui.ctx()) && lab.bet_sentence().is_some() {
        // Large type leaves room for the question or for the chips, and the planes need it more than these.
        ui.data_mut(|data| data.insert_temp(overlays_id(), 0.0_f32));
    } else {
        switches(lab, ui, shared);
    }
}

/// The buttons beside the sentence about what went wrong; where the worker is dead the sentence has its own.
fn trouble(lab: &mut FlowLab, ui: &mut Ui, shared: &mut Shared) {
    if lab.failed.is_some() {
        return;
    }
    if lab.snapshot.as_ref().is_some_and(|snapshot| snapshot.diverged.is_some()) {
        ui.horizontal(|ui| {
            match rescue(ui, lab.wish.rate) {
                Some(Rescue::HalfTheRate) => lab.halve_the_rate(),
                Some(Rescue::Back(updates)) => lab.go_back(updates),
                None => {}
            }
            // Weights of other data can be too far from these.
            if chips::button(ui, "From scratch").on_hover_text(Command::Reset.tooltip()).clicked() {
                lab.restart(shared);
            }
        });
    } else if lab.snapshot.as_ref().is_some_and(|snapshot| snapshot.lost.is_some())
        && chips::primary_button(ui, "Go on with the processor").clicked()
    {
        lab.send(FlowCommand::Understood);
    }
}

fn data_heading(lab: &mut FlowLab, ui: &mut Ui) {
    let palette = Palette::of(ui);
    ui.horizontal(|ui| {
        ui.set_min_height(28.0);
        ui.spacing_mut().item_spacing.x = 6.0;
        let wide = ui.available_width() > ROOMY * letters::stretch(ui.ctx(), 11.0);
        ui.label(RichText::new(if wide { "Data space x" } else { "Data" }).heading().color(palette.text));
        if let Some((_, name, help)) = Tool::ALL.into_iter().find(|(tool, ..)| *tool == lab.tools.tool) {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                // The column at the left has them as chips, but may be scrolled or folded away.
                let menu = ui.menu_button(format!("tool: {name}"), |ui| {
                    for (tool, name, help) in Tool::ALL {
                        if ui.button(name).on_hover_text(help).clicked() {
                            lab.take_tool(tool);
                            ui.close();
                        }
                    }
                });
                menu.response.on_hover_text(help);
            });
        }
    });
}

fn latent_heading(lab: &FlowLab, ui: &mut Ui) {
    let palette = Palette::of(ui);
    let (title, note) = match lab.depth.between(false) {
        (0, _, 0.0) => ("Before the layers: x", moment(0)),
        (low, high, 0.0) if low == high => ("Latent space z", "inference, x to z".to_owned()),
        (low, ..) => ("On the way to z", moment(low)),
    };
    ui.horizontal(|ui| {
        ui.set_min_height(28.0);
        let wide = ui.available_width() > ROOMY * letters::stretch(ui.ctx(), 11.0);
        ui.label(RichText::new(if wide { title } else { "To z" }).heading().color(palette.text));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.label(RichText::new(note).small().color(palette.text_dim));
        });
    });
}

fn data_space(lab: &mut FlowLab, ui: &mut Ui, shared: &Shared, side: f32) {
    let mut view = lab.data_view;
    let mut canvas = Canvas2d::new("Data space", &mut view, vec2(side, side)).summary(lab.spoken_data());
    if lab.tools.tool != Tool::Probe {
        canvas = canvas.still();
    }
    let shown = canvas.show(ui, |plane| marks::data(lab, plane, shared));
    lab.data_view = view;
    let over = shown.response.hovered() || shown.response.is_pointer_button_down_on();
    lab.pointer = shown.pointer.filter(|_| over);
    lab.pin_reach = hands::near(&view, shown.rect);
    lab.follow_view(view.bounds(shown.rect), ui.ctx());
    hands::data(lab, ui, &shown, &view, shared);
    let cursor = if lab.tools.tool.draws() { egui::CursorIcon::None } else { egui::CursorIcon::Crosshair };
    shown.response.on_hover_cursor(cursor);
}

fn latent_space(lab: &mut FlowLab, ui: &mut Ui, shared: &Shared, side: f32) {
    let mut view = lab.latent_view;
    let mut canvas = Canvas2d::new("Latent space", &mut view, vec2(side, side)).summary(lab.spoken_latent(shared.reduced_motion));
    if lab.tools.tool != Tool::Probe {
        canvas = canvas.still();
    }
    let shown = canvas.show(ui, |plane| marks::latent(lab, plane, shared));
    lab.latent_view = view;
    lab.follow_overlays(Some(view.bounds(shown.rect)), ui.ctx());
    hands::latent(lab, ui, &shown, &view);
    shown.response.on_hover_cursor(egui::CursorIcon::Crosshair);
}

/// The overlays' chips and the colour bar of what they show.
fn switches(lab: &mut FlowLab, ui: &mut Ui, shared: &Shared) {
    let shown = ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 4.0);
        let shown = &mut lab.overlays;
        for (name, on, command) in [
            ("grid", &mut shown.grid, Command::Grid),
            ("density", &mut shown.density, Command::Density),
            ("samples", &mut shown.samples, Command::Samples),
            ("log-det", &mut shown.log_det, Command::LogDet),
        ] {
            chips::toggle(ui, name, on).on_hover_text(command.tooltip());
        }
        chips::toggle(ui, "points", &mut shown.points).on_hover_text("The data points");
        overlays::switches(lab, ui);
        let shown = &mut lab.overlays;
        if shown.grid {
            let help = "The straight grid of data space, pushed forward, instead of the latent one, pulled back";
            chips::toggle(ui, "grid of x", &mut shown.grid_of_x).on_hover_text(help);
        }
        if shown.log_det {
            chips::toggle(ui, "all so far", &mut shown.sum).on_hover_text("The sum of the log-determinants of the layers up to here");
        }
        // Colour bars need their room: a line of their own where the chips have taken this one.
        let two = overlays::has_legend(lab);
        if ui.available_size_before_wrap().x < if two { overlays::BARS + 8.0 } else { 230.0 } {
            ui.end_row();
        } else {
            ui.add_space(8.0);
        }
        if two {
            let room = ui.available_size_before_wrap().x;
            overlays::legends(ui, shared, room, |ui| legend(lab, ui, shared));
        } else {
            legend(lab, ui, shared);
        }
    });
    let height = shown.response.rect.height();
    ui.data_mut(|data| data.insert_temp(overlays_id(), height));
}

/// The colour bar of the field that is shown; beside the ellipses' own there need be none.
fn legend(lab: &FlowLab, ui: &mut Ui, shared: &Shared) {
    if ledger::legend(lab, ui) {
    } else if lab.overlays.log_det {
        let reach = if lab.overlays.sum { SUM_SCALE } else { LAYER_SCALE };
        colorbar(ui, &Scale::symmetric(shared.units.convert(reach.into()) as f32), "log|det J|", shared.units.name());
    } else if lab.overlays.density || !overlays::has_legend(lab) {
        colorbar(ui, &lab.fields.scale(), "density", "per unit area");
    }
}

/// Where the height of the chips is kept: the planes get what they leave.
fn overlays_id() -> egui::Id {
    egui::Id::unique("flow overlays height")
}

impl FlowLab {
    fn spoken_latent(&self, cuts: bool) -> String {
        let position = self.depth.labels().position;
        let sentences = self.spoken_overlays(self.depth.between(cuts)).into_iter().chain(self.micro_sentence());
        std::iter::once(position).chain(sentences).collect::<Vec<_>>().join(". ")
    }

    fn spoken_data(&self) -> String {
        let mut text = String::new();
        if let Some(data) = self.data() {
            text.push_str(&format!("{}, {} points drawn.", data.title, data.points.len()));
        }
        let [x, y] = self.probe.map(|v| number(v, 2));
        text.push_str(&format!(" Probe at {x}, {y}."));
        text.push_str(&self.spoken_ledger());
        text
    }
}
