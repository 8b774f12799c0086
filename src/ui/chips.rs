//! Chips, segmented rows, cards, headings, sliders: the small parts of every panel.

use std::ops::RangeInclusive;

use egui::{Color32, CornerRadius, Frame, Margin, Response, RichText, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::theme::{Palette, letters};

/// How a chip looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Chosen,
    Quiet,
}

fn pill(ui: &mut Ui, label: &str, look: Look, role: Role, min_width: f32) -> Response {
    let palette = Palette::of(ui);
    let font = egui::TextStyle::Button.resolve(ui.style());
    let galley = ui.painter().layout_no_wrap(label.to_owned(), font, palette.text);
    let height = galley.size().y + 8.0;
    let width = (galley.size().x + 22.0).max(min_width);
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());
    if ui.is_rect_visible(rect) {
        let enabled = ui.is_enabled();
        let (mut fill, mut ink, mut line) = match look {
            Look::Chosen => (palette.seen, palette.on_accent, palette.seen),
            Look::Quiet => (palette.card, palette.text, palette.line),
        };
        if response.hovered() || response.is_pointer_button_down_on() {
            if look == Look::Quiet {
                fill = palette.card_hover;
            }
            line = palette.seen;
        }
        if !enabled {
            ink = palette.text_dim;
        }
        let corner = CornerRadius::same((height / 2.0).min(127.0) as u8);
        ui.painter().rect(rect, corner, fill, Stroke::new(1.0, line), StrokeKind::Inside);
        if response.has_focus() {
            ui.painter().rect_stroke(rect.expand(2.0), corner, Stroke::new(2.0, palette.now), StrokeKind::Outside);
        }
        let pos = rect.center() - galley.size() / 2.0;
        ui.painter().galley_with_override_text_color(pos2(pos.x.round(), pos.y.round()), galley, ink);
    }
    response.widget_info(|| {
        if role == Role::Button {
            WidgetInfo::labeled(role, ui.is_enabled(), label)
        } else {
            WidgetInfo::selected(role, ui.is_enabled(), look == Look::Chosen, label)
        }
    });
    response.on_hover_cursor(egui::CursorIcon::PointingHand)
}

/// A rounded button.
pub fn button(ui: &mut Ui, label: &str) -> Response {
    pill(ui, label, Look::Quiet, Role::Button, 0.0)
}

/// The one button of a panel that matters most now.
pub fn primary_button(ui: &mut Ui, label: &str) -> Response {
    pill(ui, label, Look::Chosen, Role::Button, 0.0)
}

/// A chip that only says something: nothing to click.
pub fn tag(ui: &mut Ui, text: &str) -> Response {
    let palette = Palette::of(ui);
    let font = egui::TextStyle::Button.resolve(ui.style());
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font, palette.text);
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(22.0, 8.0), Sense::hover());
    ui.painter().rect_stroke(rect, CornerRadius::same(13), Stroke::new(1.0, palette.line), StrokeKind::Inside);
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, palette.text);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    response
}

/// A chip that is on or off; changes the value when clicked. The response is `changed()` then.
pub fn toggle(ui: &mut Ui, label: &str, on: &mut bool) -> Response {
    let mut response = pill(ui, label, if *on { Look::Chosen } else { Look::Quiet }, Role::CheckBox, 0.0);
    if response.clicked() {
        *on = !*on;
        response.mark_changed();
    }
    response
}

/// A chip that only shows whether it is on; the caller acts on `clicked()`.
pub fn chip(ui: &mut Ui, label: &str, on: bool) -> Response {
    pill(ui, label, if on { Look::Chosen } else { Look::Quiet }, Role::RadioButton, 0.0)
}

/// One choice out of a few, as a row of chips that wraps; true if it changed.
pub fn segmented<T: PartialEq + Clone>(ui: &mut Ui, value: &mut T, choices: &[(T, &str)]) -> bool {
    let mut changed = false;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(5.0, 5.0);
        for (choice, label) in choices {
            if chip(ui, label, value == choice).clicked() && value != choice {
                *value = choice.clone();
                changed = true;
            }
        }
    });
    changed
}

/// A panel's heading, with something short at the right end of its line, or below it where the line is too short.
pub fn section(ui: &mut Ui, title: &str, right: &str) {
    let palette = Palette::of(ui);
    let small = egui::TextStyle::Small.resolve(ui.style());
    let heading_font = egui::TextStyle::Heading.resolve(ui.style());
    let width = |ui: &Ui, text: &str, font| ui.painter().layout_no_wrap(text.to_owned(), font, palette.text).size().x;
    let fits = width(ui, title, heading_font) + width(ui, right, small) + 16.0 <= ui.available_width();
    let aside = RichText::new(right).small().color(palette.text_dim);
    ui.horizontal(|ui| {
        let heading = ui.label(RichText::new(title).heading().color(palette.text));
        heading.widget_info(|| WidgetInfo::labeled(Role::Heading, true, title));
        if !right.is_empty() && fits {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| ui.label(aside.clone()));
        }
    });
    if !right.is_empty() && !fits {
        ui.add(egui::Label::new(aside).wrap());
    }
}

/// A framed group of things that belong together, as wide as its column.
pub fn card<R>(ui: &mut Ui, contents: impl FnOnce(&mut Ui) -> R) -> R {
    let palette = Palette::of(ui);
    Frame::new()
        .fill(palette.card)
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(8)
        .inner_margin(Margin::symmetric(12, 9))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            contents(ui)
        })
        .inner
}

/// Words that explain: dim and small, wrapped.
pub fn note(ui: &mut Ui, text: &str) -> Response {
    let palette = Palette::of(ui);
    ui.add(egui::Label::new(RichText::new(text).size(letters::size(ui.ctx(), 12.0)).color(palette.text_dim)).wrap())
}

/// `name ........ value` on one line, the value monospaced and coloured.
pub fn value_row(ui: &mut Ui, name: &str, value: &str, color: Color32) -> Response {
    let palette = Palette::of(ui);
    let fonts = [egui::TextStyle::Body, egui::TextStyle::Monospace].map(|style| style.resolve(ui.style()));
    let [name_width, value_width] = [(name, &fonts[0]), (value, &fonts[1])]
        .map(|(text, font)| ui.painter().layout_no_wrap(text.to_owned(), font.clone(), color).size().x);
    let fits = name_width + value_width + ui.spacing().item_spacing.x <= ui.available_width();
    let right = |ui: &mut Ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.label(RichText::new(value).monospace().color(color));
        });
    };
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        ui.horizontal(|ui| {
            ui.add(egui::Label::new(RichText::new(name).color(palette.text_dim)).wrap());
            if fits {
                right(ui);
            }
        });
        // Large type: the number has a line of its own.
        if !fits {
            ui.horizontal(right);
        }
    })
    .response
}

/// The one number of a panel that everybody shall see, with what it is above it.
pub fn key_number(ui: &mut Ui, name: &str, value: &str, color: Color32) -> Response {
    let palette = Palette::of(ui);
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.add(egui::Label::new(RichText::new(name).small().color(palette.text_dim)).wrap());
        ui.label(RichText::new(value).font(letters::key(ui.ctx())).color(color));
    })
    .response
}

/// A small square of colour and what it stands for. One widget, so that a row of them wraps between and not inside of them.
pub fn legend(ui: &mut Ui, color: Color32, text: &str) -> Response {
    legend_with(ui, text, |ui, square| {
        ui.painter().rect_filled(square, 2.0, color);
    })
}

/// A legend whose square is painted by the caller.
pub fn legend_with(ui: &mut Ui, text: &str, paint: impl FnOnce(&Ui, egui::Rect)) -> Response {
    const SQUARE: f32 = 11.0;
    const GAP: f32 = 6.0;
    let palette = Palette::of(ui);
    let font = egui::TextStyle::Small.resolve(ui.style());
    let room = (ui.max_rect().width() - SQUARE - GAP).max(40.0);
    let galley = ui.painter().layout(text.to_owned(), font, palette.text_dim, room);
    let size = vec2(SQUARE + GAP + galley.size().x, galley.size().y.max(SQUARE) + 2.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let line = galley.rows.first().map_or(SQUARE, |row| row.row.size.y);
    let square = egui::Rect::from_min_size(rect.min + vec2(0.0, 1.0 + (line - SQUARE).max(0.0) / 2.0), vec2(SQUARE, SQUARE));
    paint(ui, square);
    ui.painter().galley(rect.min + vec2(SQUARE + GAP, 1.0), galley, palette.text_dim);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    response
}

/// A named slider with its value and unit on the line above it. `log` spaces the values by ratio.
pub fn slider(ui: &mut Ui, name: &str, unit: &str, value: &mut f64, range: RangeInclusive<f64>, log: bool) -> Response {
    let decimals = if range.end() - range.start() >= 50.0 { 0 } else { 2 };
    slider_with(ui, name, value, range, log, |value| {
        // A logarithmic range such as a learning rate spans digits that fixed decimals would hide.
        let text = if log && value < 0.1 { format!("{value:.1e}") } else { super::units::number(value, decimals) };
        if unit.is_empty() { text } else { format!("{text} {unit}") }
    })
}

/// A named slider over whole numbers.
pub fn slider_usize(ui: &mut Ui, name: &str, unit: &str, value: &mut usize, range: RangeInclusive<usize>) -> Response {
    let mut number = *value as f64;
    let bounds = *range.start() as f64..=*range.end() as f64;
    let response = slider_with(ui, name, &mut number, bounds, false, |value| {
        let text = format!("{}", value.round());
        if unit.is_empty() { text } else { format!("{text} {unit}") }
    });
    *value = number.round().max(0.0) as usize;
    response
}

fn slider_with(ui: &mut Ui, name: &str, value: &mut f64, range: RangeInclusive<f64>, log: bool, text: impl Fn(f64) -> String) -> Response {
    let palette = Palette::of(ui);
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        ui.horizontal(|ui| {
            ui.label(RichText::new(name).color(palette.text));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.label(RichText::new(text(*value)).monospace().color(palette.text));
            });
        });
        ui.spacing_mut().slider_width = ui.available_width();
        let response = ui.add(egui::Slider::new(value, range).show_value(false).logarithmic(log));
        response.widget_info(|| WidgetInfo::slider(true, *value, name));
        // After a drag the arrow keys belong to time again; a slider that was reached with Tab keeps them.
        if response.drag_stopped() {
            response.surrender_focus();
        } else if response.has_focus() {
            super::cursor::keep_arrows(ui.ctx());
        }
        response
    })
    .inner
}

/// A key as it is printed on a keyboard, and what it does.
pub fn key_hint(ui: &mut Ui, key: &str, does: &str) {
    let palette = Palette::of(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        Frame::new().fill(palette.card).stroke(Stroke::new(1.0, palette.line)).corner_radius(4).inner_margin(Margin::symmetric(6, 1)).show(
            ui,
            |ui| {
                let text = RichText::new(key).monospace().size(letters::size(ui.ctx(), 11.5)).color(palette.text);
                ui.add(egui::Label::new(text).extend())
            },
        );
        if !does.is_empty() {
            ui.label(RichText::new(does).color(palette.text_dim));
        }
    });
}
