//! One chart for five ideas: logits become logits over T, become probabilities, become the rungs of a ladder on which u falls.

use egui::{Align2, Color32, Painter, Pos2, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, lerp, pos2, vec2};

use super::canvas::grey;
use super::live::names_of;
use super::micro::Idea;
use crate::train::pixelcnn_job::SampleRun;
use crate::ui::link;
use crate::ui::theme::{Palette, letters};
use crate::ui::units::{number, signed};

/// Height of a level's row where there are few of them.
const ROW: f32 = 18.0;
/// Most height that all rows together take.
const ROOM: f32 = 150.0;
/// Width of the ladder with its room.
const LADDER: f32 = 40.0;

/// What the chart shows.
pub(super) struct Chart<'a> {
    pub(super) run: &'a SampleRun,
    pub(super) pixel: usize,
    /// Logits before the temperature, `[K]`.
    pub(super) logits: &'a [f32],
    /// The largest logit of the whole sample: the scale does not move with the pixel.
    pub(super) reach: f32,
    pub(super) idea: Idea,
    /// 0 to 1: how far the bars have moved from what the idea before showed.
    pub(super) t: f32,
}

impl Chart<'_> {
    /// Height that the chart takes, whatever it shows.
    pub(super) fn height(levels: usize) -> f32 {
        (ROW * levels as f32).min(ROOM) + 20.0
    }

    /// Draws the bars over the width that is left; gives the place of the drawn level on the ladder.
    pub(super) fn show(&self, ui: &mut Ui) -> Pos2 {
        let palette = Palette::of(ui);
        let levels = self.run.levels;
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), Self::height(levels)), Sense::hover());
        let spoken = self.spoken();
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &spoken));
        let row = (rect.height() - 20.0) / levels as f32;
        let rows = Rect::from_min_size(rect.min, vec2(rect.width(), row * levels as f32));
        let bars = Rect::from_min_max(pos2(rows.left() + 24.0, rows.top()), pos2(rows.right() - LADDER - 46.0, rows.bottom()));
        // A row is the number that its bar shows now; it is lit with whatever else is said of its level.
        let over = response.hover_pos().filter(|pos| pos.x < rows.right() - LADDER);
        let hovered = over.map(|pos| ((pos.y - rows.top()) / row) as usize).filter(|&k| k < levels);
        if let Some(k) = hovered {
            let [logit, scaled, p] = self.names(k);
            let shown = match self.idea {
                Idea::Temperature => scaled,
                Idea::Softmax | Idea::Draw | Idea::Write => p,
                Idea::Gather | Idea::Features | Idea::Logits => logit,
            };
            link::hover(ui.ctx(), &shown);
        }
        let painter = ui.painter();
        for k in 0..levels {
            let line = Rect::from_min_size(pos2(rows.left(), rows.top() + k as f32 * row), vec2(rows.width() - LADDER, row));
            if self.names(k).iter().any(|name| link::lit(ui.ctx(), name)) {
                link::light(ui, line.shrink2(vec2(2.0, 1.0)), self.ink(palette, k, self.is_drawn(k)));
            }
            self.level(painter, palette, k, line, bars);
        }
        if self.idea < Idea::Softmax {
            painter.vline(bars.center().x, bars.y_range(), Stroke::new(1.0, palette.text_dim));
        }
        self.foot(painter, palette, bars, rect);
        let ladder = Rect::from_min_max(pos2(rows.right() - LADDER + 22.0, rows.top() + 2.0), rows.max - vec2(4.0, 2.0));
        if self.idea >= Idea::Draw && self.run.u[self.pixel].is_finite() {
            link::place(ui, ladder.expand2(vec2(2.0, 0.0)), "u", palette.base);
        }
        self.ladder(painter, palette, ladder)
    }

    /// The linked names of a level's numbers: logit, over T, probability.
    fn names(&self, k: usize) -> [String; 3] {
        names_of(k, usize::from(self.run.pixels[self.pixel]))
    }

    /// Whether this level is the drawn one, as soon as that is told.
    fn is_drawn(&self, k: usize) -> bool {
        self.idea >= Idea::Draw && usize::from(self.run.pixels[self.pixel]) == k
    }

    fn level(&self, painter: &Painter, palette: &Palette, k: usize, line: Rect, bars: Rect) {
        let chosen = self.is_drawn(k);
        let side = (line.height() - 3.0).clamp(2.0, 16.0);
        let swatch = Rect::from_min_size(pos2(line.left(), line.center().y - side / 2.0), vec2(side, side));
        let ring = if chosen { Stroke::new(2.0, palette.now) } else { Stroke::new(1.0, palette.line) };
        painter.rect(swatch, 3.0, grey(k as u8, self.run.levels), ring, StrokeKind::Inside);
        let [from, to] = self.ends(k);
        let thick = (line.height() * 0.62).min(14.0);
        let x = |share: f32| bars.left() + share * bars.width();
        let bar = Rect::from_two_pos(pos2(x(from), line.center().y - thick / 2.0), pos2(x(to), line.center().y + thick / 2.0));
        painter.rect_filled(bar, 2.0, self.ink(palette, k, chosen));
        if line.height() >= 11.0 {
            let place = pos2(bars.right() + 44.0, line.center().y);
            let ink = if chosen { palette.now } else { palette.text };
            painter.text(place, Align2::RIGHT_CENTER, self.text(k), letters::monospace(painter.ctx(), 12.0), ink);
        }
    }

    /// Both ends of a bar as shares of the width, on the way from the idea before.
    fn ends(&self, k: usize) -> [f32; 2] {
        let t = self.run.settings.temperature as f32;
        let reach = (self.reach * (1.0 / t).max(1.0)).max(1e-6);
        let signed = |value: f32| [0.5, 0.5 + 0.5 * (value / reach).clamp(-1.0, 1.0)];
        let (raw, tempered) = (signed(self.logits[k]), signed(self.logits[k] / t));
        let p = [0.0, self.run.distribution(self.pixel)[k]];
        let (before, after) = match self.idea {
            Idea::Gather | Idea::Features | Idea::Logits => ([0.5, 0.5], raw),
            Idea::Temperature => (raw, tempered),
            Idea::Softmax => (tempered, p),
            Idea::Draw | Idea::Write => (p, p),
        };
        [0, 1].map(|end| lerp(before[end]..=after[end], self.t))
    }

    fn ink(&self, palette: &Palette, k: usize, chosen: bool) -> Color32 {
        match self.idea {
            _ if chosen => palette.now,
            Idea::Softmax | Idea::Draw | Idea::Write => palette.seen,
            _ if self.logits[k] < 0.0 => palette.negative,
            _ => palette.positive,
        }
    }

    fn text(&self, k: usize) -> String {
        let logit = f64::from(self.logits[k]);
        match self.idea {
            Idea::Temperature => signed(logit / self.run.settings.temperature, 2),
            Idea::Softmax | Idea::Draw | Idea::Write => number(f64::from(self.run.distribution(self.pixel)[k]), 3),
            _ => signed(logit, 2),
        }
    }

    /// The sum so far: it counts up while the bars become probabilities.
    fn sum(&self) -> f64 {
        let p = self.run.distribution(self.pixel);
        let counted = if self.idea == Idea::Softmax { (self.t * p.len() as f32).ceil() as usize } else { p.len() };
        p[..counted].iter().map(|&p| f64::from(p)).sum()
    }

    fn foot(&self, painter: &Painter, palette: &Palette, bars: Rect, rect: Rect) {
        let y = rect.bottom() - 2.0;
        let font = letters::monospace(painter.ctx(), 12.0);
        if self.idea >= Idea::Softmax {
            let text = format!("sum {:.3}", self.sum());
            painter.text(pos2(bars.right() + 44.0, y), Align2::RIGHT_BOTTOM, text, font, palette.seen);
        } else {
            let reach = f64::from(self.reach) * (1.0 / self.run.settings.temperature).max(1.0);
            let small = letters::proportional(painter.ctx(), 11.0);
            painter.text(pos2(bars.left(), y), Align2::LEFT_BOTTOM, signed(-reach, 1), small.clone(), palette.text_dim);
            painter.text(pos2(bars.center().x, y), Align2::CENTER_BOTTOM, "0", small.clone(), palette.text_dim);
            painter.text(pos2(bars.right(), y), Align2::RIGHT_BOTTOM, signed(reach, 1), small, palette.text_dim);
        }
    }

    /// Probabilities on top of each other; u falls from the top to its place.
    fn ladder(&self, painter: &Painter, palette: &Palette, rect: Rect) -> Pos2 {
        if self.idea < Idea::Draw {
            return rect.center();
        }
        let chosen = usize::from(self.run.pixels[self.pixel]);
        let (mut top, mut place) = (0.0_f32, rect.center());
        for (k, &p) in self.run.distribution(self.pixel).iter().enumerate() {
            let bottom = (top + p).min(1.0);
            let rung = Rect::from_x_y_ranges(rect.x_range(), rect.top() + top * rect.height()..=rect.top() + bottom * rect.height());
            let quiet = palette.seen.gamma_multiply(if k % 2 == 0 { 0.75 } else { 0.45 });
            let hit = k == chosen && (self.idea > Idea::Draw || self.t >= 1.0);
            painter.rect_filled(rung, 0.0, if hit { palette.now } else { quiet });
            if k == chosen {
                place = rung.center();
            }
            top = bottom;
        }
        painter.rect_stroke(rect, 2.0, Stroke::new(1.0, palette.line), StrokeKind::Outside);
        let fall = if self.idea == Idea::Draw { self.t } else { 1.0 };
        let u = self.run.u[self.pixel];
        // A level that was given was chosen by no u.
        if u.is_finite() {
            let y = rect.top() + u * fall * rect.height();
            painter.hline(rect.left() - 7.0..=rect.right() + 4.0, y, Stroke::new(2.5, palette.text));
            painter.text(pos2(rect.left() - 9.0, y), Align2::RIGHT_CENTER, "u", letters::proportional(painter.ctx(), 13.0), palette.text);
        }
        place
    }

    fn spoken(&self) -> String {
        let numbers: Vec<String> = (0..self.run.levels).map(|k| self.text(k)).collect();
        let what = match self.idea {
            Idea::Temperature => "Logits over T",
            Idea::Softmax | Idea::Draw | Idea::Write => "Probabilities",
            _ => "Logits",
        };
        let sum = if self.idea >= Idea::Softmax { format!(", sum {:.3}", self.sum()) } else { String::new() };
        format!("{what} of the levels: {}{sum}", numbers.join(", "))
    }
}
