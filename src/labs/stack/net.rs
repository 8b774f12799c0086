//! The stack as nodes and edges, as in the lecture: the input below, the output above, time to the right.

use egui::{
    Align2, Color32, CornerRadius, DragValue, Pos2, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::analysis::{Analysis, Cell, Cone};
use super::canvas::scale;
use super::lab::StackLab;
use super::state::{LARGEST_DILATION, Shown};
use crate::data::Melody;
use crate::train::stack_job::StackRun;
use crate::ui::cursor;
use crate::ui::link;
use crate::ui::theme::{Palette, letters};
use crate::ui::units::number;

/// Room for the names of the rows and their dilations, and for the counts of the caches.
const LEFT: f32 = 112.0;
const RIGHT: f32 = 58.0;
/// A column is at least so many letters wide: the name of a pitch has three figures.
const COLUMN: f32 = 1.82;
/// Size of the counts of the caches, points.
const COUNTS: f32 = 12.5;
/// Columns that stay visible after the present one.
const AHEAD: usize = 3;

/// Where the nodes are.
struct Place {
    rect: Rect,
    first: usize,
    columns: usize,
    rows: usize,
}

impl Place {
    fn step(&self) -> Vec2 {
        vec2(self.rect.width() / self.columns as f32, self.rect.height() / self.rows as f32)
    }

    fn pos(&self, cell: Cell) -> Pos2 {
        let step = self.step();
        let x = self.rect.left() + (cell.column as f32 - self.first as f32 + 0.5) * step.x;
        pos2(x, self.rect.bottom() - (cell.row as f32 + 0.5) * step.y)
    }

    fn cell(&self, pos: Pos2) -> Option<Cell> {
        let step = self.step();
        let column = ((pos.x - self.rect.left()) / step.x).floor();
        let row = ((self.rect.bottom() - pos.y) / step.y).floor();
        let inside = column >= 0.0 && row >= 0.0 && (column as usize) < self.columns && (row as usize) < self.rows;
        inside.then(|| Cell { row: row as usize, column: self.first + column as usize })
    }

    fn radius(&self) -> f32 {
        (self.step().x * 0.36).min(self.step().y * 0.28).clamp(2.0, 13.0)
    }

    fn visible(&self) -> std::ops::Range<usize> {
        self.first..self.first + self.columns
    }
}

/// Draws the stack over this size.
pub(super) fn show(lab: &mut StackLab, ui: &mut Ui, size: Vec2) {
    let (all, _) = ui.allocate_exact_size(size, Sense::hover());
    let length = lab.state.config().length;
    let smallest = letters::smallest(ui.ctx());
    let right = RIGHT * letters::stretch(ui.ctx(), COUNTS);
    // Narrower columns could not be read.
    let fits = ((size.x - LEFT - right) / (COLUMN * smallest)).max(6.0) as usize;
    let columns = lab.state.columns.min(length).min(fits);
    let first = (lab.walk.at + 1 + AHEAD).saturating_sub(columns).min(length - columns);
    // The first and the last row have names under and over them.
    let names = smallest + 4.0;
    let rect = Rect::from_min_max(all.min + vec2(LEFT, names * 0.7), all.max - vec2(right, names * 0.7));
    let place = Place { rect, first, columns, rows: lab.walk.rows };
    let response = ui.interact(rect, ui.scope_id().with("stack"), Sense::click());
    pick(lab, ui, &place, &response);
    let tip = lab.tip();
    let Some(cone) = lab.cone(tip) else { return };
    let asked = lab.hovered.or(lab.cursor).is_some() || lab.state.pinned.is_some();
    let Some(analysis) = &lab.analysis else { return };
    let [kept_lit, new_lit] = ["kept", "new"].map(|name| link::lit(ui.ctx(), name));
    let picture = Picture { lab, analysis, cone: &cone, place: &place, palette: Palette::of(ui), asked, kept_lit, new_lit };
    picture.paint(ui);
    picture.counts(ui, all);
    let spoken = format!("Stack. {}", picture.describe(tip).join(". "));
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, &spoken));
    let text = lab.hovered.map(|cell| picture.describe(cell));
    if let Some(lines) = text {
        response.on_hover_ui_at_pointer(|ui| lines.iter().for_each(|line| drop(ui.label(line))));
    }
    gutter(lab, ui, all, &place);
}

/// The pointer, the click that pins, the cursor of the keys.
fn pick(lab: &mut StackLab, ui: &Ui, place: &Place, response: &egui::Response) {
    lab.hovered = response.hover_pos().and_then(|pos| place.cell(pos));
    if response.clicked()
        && let Some(cell) = lab.hovered
    {
        let cell = [cell.row, cell.column];
        lab.state.pinned = Some(cell).filter(|_| lab.state.pinned != Some(cell));
    }
    let (right, down) = cursor::steps(ui, response);
    if !response.has_focus() {
        lab.cursor = None;
    } else if lab.cursor.is_none() || right != 0 || down != 0 {
        let from = lab.tip();
        let moved = |at: usize, by: i32, low: usize, high: usize| (at as i64 + i64::from(by)).clamp(low as i64, high as i64) as usize;
        let visible = place.visible();
        lab.cursor = Some(Cell {
            row: moved(from.row, -down, 0, place.rows - 1),
            column: moved(from.column, right, visible.start, visible.end - 1),
        });
    }
}

/// Names of the rows; the dilation of a layer can be dragged or typed.
fn gutter(lab: &mut StackLab, ui: &mut Ui, all: Rect, place: &Place) {
    let palette = Palette::of(ui);
    let Some(analysis) = &lab.analysis else { return };
    let layers: Vec<Option<usize>> = (0..place.rows).map(|row| analysis.row_layer(row)).collect();
    let mut changed = false;
    // A place of its own: numbers between the nodes must not move what comes below.
    let mut own = ui.new_child(egui::UiBuilder::new().max_rect(all));
    for (row, layer) in layers.into_iter().enumerate() {
        let y = place.pos(Cell { row, column: place.first }).y;
        let name = match layer {
            Some(layer) => format!("layer {}", layer + 1),
            None if row == 0 => "input".to_owned(),
            None if row + 1 == place.rows => "output".to_owned(),
            None => "front".to_owned(),
        };
        ui.painter().text(pos2(all.left(), y), Align2::LEFT_CENTER, name, letters::proportional(ui.ctx(), 13.0), palette.text);
        let Some(layer) = layer else { continue };
        let rect = Rect::from_center_size(pos2(all.left() + 80.0, y), vec2(50.0, place.step().y.clamp(16.0, 22.0)));
        let drag = DragValue::new(&mut lab.state.dilations[layer]).range(1..=LARGEST_DILATION).speed(0.08).prefix("d ");
        let response = own.put(rect, drag);
        changed |= response.changed();
        let spoken = format!("Dilation of layer {}", layer + 1);
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::SpinButton, true, &spoken);
            info.value = Some(lab.state.dilations[layer] as f64);
            info
        });
        response.on_hover_text("Drag, or click and type");
    }
    if changed {
        lab.restructured();
    }
}

/// What is painted.
struct Picture<'a> {
    lab: &'a StackLab,
    analysis: &'a Analysis,
    cone: &'a Cone,
    place: &'a Place,
    palette: &'static Palette,
    /// Whether somebody asks for a node; else the cone is that of the present column.
    asked: bool,
    /// What the numbers of the same name light.
    kept_lit: bool,
    new_lit: bool,
}

impl Picture<'_> {
    fn run(&self) -> Option<&StackRun> {
        self.lab.walk.run().map(AsRef::as_ref)
    }

    /// Whether a node is computed at this moment of the walk.
    fn computed(&self, cell: Cell) -> bool {
        let at = self.lab.walk.at;
        self.run().is_some() && (cell.column < at || (cell.column == at && cell.row <= self.lab.walk.computed_row()))
    }

    /// Whether a computed value is kept for a later step.
    fn kept(&self, cell: Cell) -> bool {
        let at = self.lab.walk.at;
        cell.column < at && cell.column + self.analysis.kept(cell.row) >= at && at < self.analysis.config().length
    }

    /// Whether a node is lit: of the column that is being computed only what it hears, for nothing reads it yet.
    fn lit(&self, cell: Cell) -> bool {
        self.cone.has(cell) && (self.asked || cell.row <= self.cone.tip.row)
    }

    fn paint(&self, ui: &Ui) {
        let names = letters::smallest(ui.ctx()) + 4.0;
        let painter = ui.painter().with_clip_rect(self.place.rect.expand2(vec2(0.0, names)).intersect(ui.clip_rect()));
        let dim = if self.asked || self.lab.walk.micro.is_some() { 0.35 } else { 0.7 };
        let mut lit = Vec::new();
        for row in 1..self.place.rows {
            for column in self.place.visible() {
                let to = Cell { row, column };
                for &offset in self.analysis.offsets(row) {
                    // One edge may come from the left of what is visible.
                    let Some(below) = column.checked_sub(offset) else { continue };
                    let from = Cell { row: row - 1, column: below };
                    let ends = [self.place.pos(from), self.place.pos(to)];
                    if self.lit(from) && self.lit(to) {
                        let new = !self.asked && column == self.lab.walk.at && row == self.lab.walk.computed_row();
                        lit.push((ends, if new { self.palette.now } else { self.palette.seen }));
                    } else {
                        painter.line_segment(ends, Stroke::new(1.0, self.palette.track.gamma_multiply(dim)));
                    }
                }
            }
        }
        let width = if link::lit(ui.ctx(), "heard") || link::lit(ui.ctx(), "cone") { 4.0 } else { 2.2 };
        for (ends, color) in lit {
            painter.line_segment(ends, Stroke::new(width, color));
        }
        self.feedback(&painter);
        for row in 0..self.place.rows {
            for column in self.place.visible() {
                self.node(&painter, Cell { row, column }, dim);
            }
        }
    }

    /// The symbol that was drawn becomes the next input.
    fn feedback(&self, painter: &egui::Painter) {
        let at = self.lab.walk.at;
        if self.asked || at == 0 || at >= self.analysis.config().length {
            return;
        }
        let from = self.place.pos(Cell { row: self.place.rows - 1, column: at - 1 });
        let to = self.place.pos(Cell { row: 0, column: at });
        painter.extend(Shape::dashed_line(&[from, to], Stroke::new(1.5, self.palette.now.gamma_multiply(0.7)), 4.0, 5.0));
    }

    fn node(&self, painter: &egui::Painter, cell: Cell, dim: f32) {
        let (palette, radius, pos) = (self.palette, self.place.radius(), self.place.pos(cell));
        let in_cone = self.lit(cell);
        let mut fill = self.fill(cell).unwrap_or(palette.future);
        if !in_cone {
            fill = fill.gamma_multiply(dim.max(0.5));
        }
        let new = cell.column == self.lab.walk.at && cell.row <= self.lab.walk.computed_row();
        let (width, line) = match () {
            () if self.cone.tip == cell => (3.0, palette.now),
            () if new && !self.asked => (if self.new_lit { 4.5 } else { 2.5 }, palette.now),
            () if in_cone => (2.0, palette.seen),
            () => (1.0, palette.line),
        };
        painter.circle(pos, radius, fill, Stroke::new(width, line));
        if self.lab.state.cache && self.kept(cell) && self.run().is_some() {
            let square = Rect::from_center_size(pos, vec2(radius, radius) * 2.0 + vec2(6.0, 6.0));
            let width = if self.kept_lit { 3.5 } else { 1.6 };
            painter.rect_stroke(square, CornerRadius::same(3), Stroke::new(width, palette.base), StrokeKind::Middle);
        }
        let edge = cell.row == 0 || cell.row + 1 == self.place.rows;
        if edge && let Some(name) = self.symbol(cell).map(|symbol| Melody::prelude().name(usize::from(symbol))) {
            let step = self.place.step();
            if step.x >= COLUMN * letters::smallest(painter.ctx()) {
                let size = (step.x / 1.9).min(12.0);
                let below = if cell.row == 0 { radius + 2.0 } else { -radius - 2.0 };
                let align = if cell.row == 0 { Align2::CENTER_TOP } else { Align2::CENTER_BOTTOM };
                let ink = if in_cone { palette.text } else { palette.text_dim };
                painter.text(pos + vec2(0.0, below), align, name, letters::monospace(painter.ctx(), size), ink);
            }
        }
    }

    /// The symbol of an input or output node that exists now.
    fn symbol(&self, cell: Cell) -> Option<u8> {
        let run = self.run()?;
        let index = if cell.row == 0 { cell.column.checked_sub(1)? } else { cell.column };
        (index < self.lab.walk.at).then(|| run.symbols[index])
    }

    fn fill(&self, cell: Cell) -> Option<Color32> {
        let run = self.run().filter(|_| self.computed(cell))?;
        if cell.row == 0 || cell.row + 1 == self.place.rows {
            let grey = 60 + (f32::from(self.symbol(cell)?) / run.config.levels as f32 * 180.0) as u8;
            return Some(Color32::from_gray(grey));
        }
        let values = run.activations(self.values_row(cell.row), cell.column);
        let value = match self.lab.state.shown {
            Shown::Strength => strength(values),
            Shown::Channel(channel) => values.get(channel).copied()?,
        };
        Some(scale(self.lab.state.shown).color(value, self.palette.dark))
    }

    /// The row of the run's values that a row of the picture shows.
    fn values_row(&self, row: usize) -> usize {
        self.analysis.row_layer(row).map_or(0, |layer| layer + 1)
    }

    /// A node in words.
    fn describe(&self, cell: Cell) -> Vec<String> {
        let column = cell.column;
        let top = cell.row + 1 == self.place.rows;
        let heard = |cone: &Cone| (0..self.analysis.config().length).filter(|&c| cone.has(Cell { row: 0, column: c })).count();
        let cone = if cell == self.cone.tip { self.cone.clone() } else { self.analysis.cone(cell) };
        let mut lines = Vec::new();
        if cell.row == 0 {
            lines.push(match column {
                0 => "Before the beginning: zeros".to_owned(),
                _ => format!("Input x{column}"),
            });
            lines.push(format!("reaches {} outputs", cone.count(self.place.rows - 1)));
        } else {
            let name = self.analysis.row_layer(cell.row).map_or_else(
                || if top { "Output".to_owned() } else { "Input convolution".to_owned() },
                |layer| format!("Layer {}", layer + 1),
            );
            lines.push(format!("{name} at step {}", column + 1));
            lines.push(format!("hears {} of the {column} steps before", heard(&cone)));
        }
        let Some(run) = self.run() else { return lines };
        if !self.computed(cell) {
            lines.push("not computed yet".to_owned());
        } else if cell.row > 0 && !top {
            let values = run.activations(self.values_row(cell.row), column);
            let first: Vec<String> = values.iter().take(4).map(|&v| number(f64::from(v), 2)).collect();
            lines.push(format!("strength {} · channels {} …", number(f64::from(strength(values)), 2), first.join(", ")));
        } else if top && column < self.lab.walk.at {
            let p = run.distribution(column)[usize::from(run.symbols[column])];
            lines.push(format!("drew {} with p = {}", Melody::prelude().name(usize::from(run.symbols[column])), number(f64::from(p), 3)));
        }
        if self.kept(cell) {
            lines.push("kept for a later step".to_owned());
        }
        lines
    }

    /// How much each row keeps, at the right.
    fn counts(&self, ui: &Ui, all: Rect) {
        if !self.lab.state.cache {
            return;
        }
        for row in 0..self.place.rows {
            let at = self.lab.walk.at;
            let kept = self.analysis.kept(row).min(at);
            if kept > 0 && at < self.analysis.config().length {
                let y = self.place.pos(Cell { row, column: self.place.first }).y;
                let text = format!("keeps {kept}");
                ui.painter().text(
                    pos2(all.right(), y),
                    Align2::RIGHT_CENTER,
                    text,
                    letters::proportional(ui.ctx(), COUNTS),
                    self.palette.base,
                );
            }
        }
    }
}

/// Root of the mean square.
fn strength(values: &[f32]) -> f32 {
    (values.iter().map(|v| v * v).sum::<f32>() / values.len().max(1) as f32).sqrt()
}
