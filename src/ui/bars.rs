//! Bars: a distribution with its ladder and the u that chose, signed contributions, a strip of surprises.

use egui::{Align2, Color32, Mesh, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::link;
use super::theme::{Palette, letters};
use super::units::{number, signed};

/// A discrete distribution as horizontal bars, with its cumulative ladder at the right.
pub struct ProbabilityBars<'a> {
    name: &'a str,
    probabilities: &'a [f32],
    swatches: &'a [Color32],
    labels: &'a [String],
    chosen: Option<usize>,
    u: Option<f64>,
    row_height: f32,
    links: &'a [String],
    u_link: &'a str,
}

impl<'a> ProbabilityBars<'a> {
    /// Bars for probabilities that sum to 1.
    #[must_use]
    pub fn new(name: &'a str, probabilities: &'a [f32]) -> Self {
        Self { name, probabilities, swatches: &[], labels: &[], chosen: None, u: None, row_height: 24.0, links: &[], u_link: "" }
    }

    /// A colour for each outcome, shown as a square before its bar.
    #[must_use]
    pub fn swatches(mut self, swatches: &'a [Color32]) -> Self {
        self.swatches = swatches;
        self
    }

    /// A name for each outcome, instead of a square.
    #[must_use]
    pub fn labels(mut self, labels: &'a [String]) -> Self {
        self.labels = labels;
        self
    }

    /// The outcome that was drawn.
    #[must_use]
    pub fn chosen(mut self, chosen: Option<usize>) -> Self {
        self.chosen = chosen;
        self
    }

    /// The uniform number that chose it: a line on the ladder.
    #[must_use]
    pub fn u(mut self, u: Option<f64>) -> Self {
        self.u = u;
        self
    }

    /// The height of one bar's row in points.
    #[must_use]
    pub fn row_height(mut self, height: f32) -> Self {
        self.row_height = height;
        self
    }

    /// The live numbers that the bars and u stand for: they light up together ([`super::link`]).
    #[must_use]
    pub fn links(mut self, bars: &'a [String], u: &'a str) -> Self {
        (self.links, self.u_link) = (bars, u);
        self
    }

    /// Draws the bars over the width that is left; the number is the outcome under the pointer.
    pub fn show(self, ui: &mut Ui) -> (Response, Option<usize>) {
        let palette = Palette::of(ui);
        let n = self.probabilities.len();
        let height = self.row_height * n.max(1) as f32;
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
        let hovered = response.hover_pos().map(|pos| ((pos.y - rect.top()) / self.row_height) as usize).filter(|&row| row < n);
        let wider = letters::stretch(ui.ctx(), 12.0);
        let ladder = 46.0;
        let swatch = 20.0_f32.min(self.row_height - 4.0);
        let number_width = 44.0 * wider;
        let bars =
            Rect::from_min_max(pos2(rect.left() + swatch + 10.0, rect.top()), pos2(rect.right() - ladder - number_width, rect.bottom()));
        let painter = ui.painter();
        let font = letters::monospace(ui.ctx(), 12.0);
        for (i, &p) in self.probabilities.iter().enumerate() {
            let row = Rect::from_min_size(pos2(rect.left(), rect.top() + i as f32 * self.row_height), vec2(rect.width(), self.row_height));
            let chosen = self.chosen == Some(i);
            let color = if chosen { palette.now } else { palette.seen };
            let square = Rect::from_min_size(pos2(row.left(), row.center().y - swatch / 2.0), vec2(swatch, swatch));
            if let Some(label) = self.labels.get(i) {
                painter.text(square.left_center(), Align2::LEFT_CENTER, label, font.clone(), palette.text_dim);
            } else if let Some(&fill) = self.swatches.get(i) {
                let line = if chosen { Stroke::new(2.0, palette.now) } else { Stroke::new(1.0, palette.line) };
                painter.rect(square, 4.0, fill, line, StrokeKind::Inside);
            }
            let width = bars.width() * p.clamp(0.0, 1.0);
            let thickness = (self.row_height * 0.62).min(16.0);
            let bar = Rect::from_min_size(pos2(bars.left(), row.center().y - thickness / 2.0), vec2(width.max(1.5), thickness));
            painter.rect_filled(bar, 3.0, if hovered == Some(i) { color.gamma_multiply(0.85) } else { color });
            let pos = pos2(bar.right() + 6.0, row.center().y);
            let ink = if chosen { palette.now } else { palette.text };
            painter.text(pos, Align2::LEFT_CENTER, number(f64::from(p), 2), font.clone(), ink);
            if let Some(name) = self.links.get(i) {
                link::place(ui, Rect::from_min_max(row.min, pos2(bars.right() + number_width, row.bottom())), name, color);
            }
        }
        if !self.u_link.is_empty() {
            let ladder = Rect::from_min_max(pos2(rect.right() - ladder + 8.0, rect.top()), rect.max);
            link::place(ui, ladder, self.u_link, palette.base);
        }
        self.paint_ladder(ui, Rect::from_min_max(pos2(rect.right() - ladder + 18.0, rect.top() + 2.0), rect.max - vec2(14.0, 2.0)));
        let spoken = self.spoken();
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &spoken));
        (response, hovered)
    }

    /// The cumulative ladder: each rung as high as its probability; u falls on one of them.
    fn paint_ladder(&self, ui: &Ui, rect: Rect) {
        let palette = Palette::of(ui);
        let painter = ui.painter();
        let mut top = 0.0_f32;
        for (i, &p) in self.probabilities.iter().enumerate() {
            let bottom = (top + p).min(1.0);
            let rung = Rect::from_min_max(
                pos2(rect.left(), rect.top() + top * rect.height()),
                pos2(rect.right(), rect.top() + bottom * rect.height()),
            );
            let color =
                if self.chosen == Some(i) { palette.now } else { palette.seen.gamma_multiply(if i % 2 == 0 { 0.75 } else { 0.45 }) };
            painter.rect_filled(rung, 0.0, color);
            top = bottom;
        }
        painter.rect_stroke(rect, 2.0, Stroke::new(1.0, palette.line), StrokeKind::Outside);
        if let Some(u) = self.u {
            let y = rect.top() + (u as f32).clamp(0.0, 1.0) * rect.height();
            painter.hline(rect.left() - 8.0..=rect.right() + 5.0, y, Stroke::new(2.0, palette.text));
            painter.text(pos2(rect.left() - 10.0, y), Align2::RIGHT_CENTER, "u", letters::proportional(painter.ctx(), 12.0), palette.text);
        }
    }

    fn spoken(&self) -> String {
        let best = (0..self.probabilities.len()).max_by(|&a, &b| self.probabilities[a].total_cmp(&self.probabilities[b]));
        let mut text = format!("{}, {} outcomes", self.name, self.probabilities.len());
        if let Some(best) = best {
            text.push_str(&format!(", most likely {best} with {:.2}", self.probabilities[best]));
        }
        if let Some(chosen) = self.chosen {
            text.push_str(&format!(", drawn {chosen}"));
        }
        text
    }
}

/// Height of a row of [`signed_bars`] and of [`term_bars`].
pub fn signed_row(ctx: &egui::Context) -> f32 {
    16.0 * letters::stretch(ctx, 11.5)
}

/// A term of a sum as a bar.
#[derive(Clone, Copy, Debug)]
pub struct Term<'a> {
    /// Its name, before the bar.
    pub label: &'a str,
    /// Where the bar begins: 0, or the sum of the terms before it.
    pub from: f64,
    /// How far from there it ends.
    pub value: f64,
    /// The colour of bar and number.
    pub color: Color32,
    /// It is pointed at, here or elsewhere.
    pub lit: bool,
}

/// Terms of a sum, one row each, over the range from `low` to `high`. Returns the row under the pointer.
pub fn term_bars(ui: &mut Ui, spoken: &str, terms: &[Term<'_>], [low, high]: [f64; 2]) -> (Response, Option<usize>) {
    let palette = Palette::of(ui);
    let larger = letters::stretch(ui.ctx(), 11.5);
    let row_height = signed_row(ui.ctx());
    let height = row_height * terms.len().max(1) as f32;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
    let hovered = response.hover_pos().map(|pos| ((pos.y - rect.top()) / row_height) as usize).filter(|&row| row < terms.len());
    let label_width = 58.0 * larger;
    let number_width = 50.0 * larger;
    let bars = Rect::from_min_max(pos2(rect.left() + label_width, rect.top()), pos2(rect.right() - number_width, rect.bottom()));
    let place = |value: f64| bars.left() + ((value - low) / (high - low).max(1e-12)).clamp(0.0, 1.0) as f32 * bars.width();
    let painter = ui.painter();
    for (i, term) in terms.iter().enumerate() {
        let y = rect.top() + (i as f32 + 0.5) * row_height;
        if term.lit || hovered == Some(i) {
            let row = Rect::from_min_size(pos2(rect.left() - 4.0, y - row_height / 2.0), vec2(rect.width() + 8.0, row_height));
            painter.rect_filled(row, 3.0, palette.card_hover);
        }
        let [from, to] = [term.from, term.from + term.value].map(place);
        painter.rect_filled(Rect::from_two_pos(pos2(from, y - 4.5), pos2(to, y + 4.5)), 2.0, term.color);
        let ink = if term.lit { palette.now } else { palette.text_dim };
        painter.text(pos2(rect.left(), y), Align2::LEFT_CENTER, term.label, letters::proportional(painter.ctx(), 11.5), ink);
        let number = signed(term.value, 2);
        painter.text(pos2(rect.right(), y), Align2::RIGHT_CENTER, number, letters::monospace(painter.ctx(), 11.0), term.color);
    }
    painter.vline(place(0.0), rect.y_range(), Stroke::new(1.0, palette.text_dim));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, spoken));
    (response, hovered)
}

/// Signed contributions, one row each: blue to the right stretches, orange to the left squeezes. Returns the row under the pointer.
///
/// `values` and `labels` have the same length; `reach` is the value that fills half the width.
pub fn signed_bars(
    ui: &mut Ui,
    name: &str,
    labels: &[String],
    values: &[f64],
    reach: f64,
    selected: Option<usize>,
) -> (Response, Option<usize>) {
    let terms: Vec<Term<'_>> = (values.iter().enumerate())
        .map(|(i, &value)| Term {
            label: labels.get(i).map_or("", String::as_str),
            from: 0.0,
            value,
            color: signed_color(ui, value),
            lit: selected == Some(i),
        })
        .collect();
    let sum: f64 = values.iter().sum();
    let spoken = format!("{name}, {} terms, sum {}", values.len(), signed(sum, 2));
    let reach = reach.max(1e-12);
    term_bars(ui, &spoken, &terms, [-reach, reach])
}

/// Blue stretches, orange squeezes.
pub fn signed_color(ui: &Ui, value: f64) -> Color32 {
    let palette = Palette::of(ui);
    if value >= 0.0 { palette.positive } else { palette.negative }
}

/// A strip of thin upright bars, one per value (surprise, pixel by pixel). Returns the index under the pointer.
pub fn spikes(ui: &mut Ui, name: &str, values: &[f32], current: Option<usize>, ceiling: f32, height: f32) -> (Response, Option<usize>) {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
    let n = values.len().max(1);
    let step = rect.width() / n as f32;
    let hovered = response.hover_pos().map(|pos| ((pos.x - rect.left()) / step) as usize).filter(|&i| i < values.len());
    let mut mesh = Mesh::default();
    for (i, &value) in values.iter().enumerate() {
        let color = if current == Some(i) { palette.now } else { palette.base };
        let tall = (value / ceiling.max(1e-6)).clamp(0.0, 1.0) * (height - 2.0);
        let x = rect.left() + i as f32 * step;
        let gap = if step > 3.0 { 1.0 } else { 0.0 };
        mesh.add_colored_rect(Rect::from_min_max(pos2(x, rect.bottom() - 1.0 - tall), pos2(x + step - gap, rect.bottom() - 1.0)), color);
    }
    ui.painter().add(Shape::mesh(mesh));
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, palette.line));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{name}, {} values", values.len())));
    (response, hovered)
}
