//! An image as cells that can be coloured, hatched, outlined, hovered and walked by keys.

use egui::emath::GuiRounding as _;
use egui::epaint::Vertex;
use egui::{Color32, Id, Mesh, Painter, Pos2, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::chips;
use super::theme::Palette;

/// The grid's layout on screen: cell indices run row by row from the top left.
#[derive(Clone, Copy, Debug)]
pub struct GridLayout {
    /// The whole grid.
    pub rect: Rect,
    /// Rows of cells.
    pub rows: usize,
    /// Columns of cells.
    pub cols: usize,
}

impl GridLayout {
    /// The cell's square.
    #[must_use]
    pub fn cell(&self, index: usize) -> Rect {
        let size = vec2(self.rect.width() / self.cols as f32, self.rect.height() / self.rows as f32);
        let (row, col) = (index / self.cols, index % self.cols);
        Rect::from_min_size(self.rect.min + vec2(col as f32 * size.x, row as f32 * size.y), size)
    }

    /// The cell under a point.
    #[must_use]
    pub fn at(&self, pos: Pos2) -> Option<usize> {
        let t = (pos - self.rect.min) / self.rect.size();
        let inside = (0.0..1.0).contains(&t.x) && (0.0..1.0).contains(&t.y);
        inside.then(|| (t.y * self.rows as f32) as usize * self.cols + (t.x * self.cols as f32) as usize)
    }
}

/// What happened to a grid in this frame.
pub struct GridResponse {
    /// The widget's own response.
    pub response: Response,
    /// Where the cells are, for drawing on top.
    pub layout: GridLayout,
    /// The cell under the pointer, else the cell of the key-driven cursor while the grid has the keyboard.
    pub hovered: Option<usize>,
    /// The cell that was clicked, or chosen with Enter.
    pub clicked: Option<usize>,
}

type CellColor<'a> = dyn Fn(usize) -> Color32 + 'a;
type CellTest<'a> = dyn Fn(usize) -> bool + 'a;

/// A grid of pixels, drawn as one mesh.
pub struct PixelGrid<'a> {
    name: &'a str,
    summary: String,
    rows: usize,
    cols: usize,
    fill: Option<Box<CellColor<'a>>>,
    tint: Option<Box<CellColor<'a>>>,
    hatch: Option<Box<CellTest<'a>>>,
    outlines: Vec<(usize, Color32, f32)>,
    gap: f32,
    interactive: bool,
}

impl<'a> PixelGrid<'a> {
    /// A grid of `rows` by `cols` cells with an accessible name.
    #[must_use]
    pub fn new(name: &'a str, rows: usize, cols: usize) -> Self {
        Self {
            name,
            summary: String::new(),
            rows: rows.max(1),
            cols: cols.max(1),
            fill: None,
            tint: None,
            hatch: None,
            outlines: Vec::new(),
            gap: 1.0,
            interactive: true,
        }
    }

    /// The colour of each cell.
    #[must_use]
    pub fn fill(mut self, color: impl Fn(usize) -> Color32 + 'a) -> Self {
        self.fill = Some(Box::new(color));
        self
    }

    /// A colour laid over each cell, with its own opacity; transparent leaves the cell as it is.
    #[must_use]
    pub fn tint(mut self, color: impl Fn(usize) -> Color32 + 'a) -> Self {
        self.tint = Some(Box::new(color));
        self
    }

    /// The cells that are hatched in red: what cannot be seen.
    #[must_use]
    pub fn hatch(mut self, hatched: impl Fn(usize) -> bool + 'a) -> Self {
        self.hatch = Some(Box::new(hatched));
        self
    }

    /// A frame around one cell; later ones lie on top.
    #[must_use]
    pub fn outline(mut self, cell: usize, color: Color32, width: f32) -> Self {
        self.outlines.push((cell, color, width));
        self
    }

    /// The gap between cells in points; 0 for none.
    #[must_use]
    pub fn gap(mut self, gap: f32) -> Self {
        self.gap = gap;
        self
    }

    /// What a screen reader says after the name.
    #[must_use]
    pub fn summary(mut self, summary: impl Into<String>) -> Self {
        self.summary = summary.into();
        self
    }

    /// A grid that is only looked at: no hover, no clicks, no cursor.
    #[must_use]
    pub fn passive(mut self) -> Self {
        self.interactive = false;
        self
    }

    /// Draws the grid with square cells as large as fit into `size`.
    pub fn show(self, ui: &mut Ui, size: Vec2) -> GridResponse {
        let pixels = ui.pixels_per_point();
        let side = crisp((size.x / self.cols as f32).min(size.y / self.rows as f32).max(1.0), pixels);
        let sense = if self.interactive { Sense::click_and_drag() } else { Sense::hover() };
        let (rect, response) = ui.allocate_exact_size(vec2(side * self.cols as f32, side * self.rows as f32), sense);
        let corner = rect.min.round_to_pixels(pixels);
        let layout = GridLayout { rect: Rect::from_min_size(corner, rect.size()), rows: self.rows, cols: self.cols };
        let cursor = if self.interactive { self.cursor(ui, &response) } else { None };
        let hovered = response.hover_pos().filter(|_| self.interactive).and_then(|pos| layout.at(pos)).or(cursor);
        let entered = cursor.is_some() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let clicked =
            if entered { cursor } else { response.interact_pointer_pos().filter(|_| response.clicked()).and_then(|pos| layout.at(pos)) };
        if ui.is_rect_visible(rect) {
            self.paint(ui, &layout);
            let palette = Palette::of(ui);
            if let Some(cell) = cursor {
                frame(ui.painter(), layout.cell(cell), palette.text, 2.0);
            }
            if response.has_focus() {
                ui.painter().rect_stroke(rect.expand(2.0), 2.0, Stroke::new(2.0, palette.seen), StrokeKind::Outside);
            }
        }
        let role = if self.interactive { Role::Canvas } else { Role::Image };
        let mut spoken = format!("{}, {} rows, {} columns", self.name, self.rows, self.cols);
        if let Some(cell) = hovered {
            spoken.push_str(&format!(", at row {} column {}", cell / self.cols, cell % self.cols));
        }
        if !self.summary.is_empty() {
            spoken = format!("{spoken}. {}", self.summary);
        }
        response.widget_info(|| WidgetInfo::labeled(role, true, &spoken));
        GridResponse { response, layout, hovered, clicked }
    }

    /// The cursor's cell while the grid has the keyboard; arrow keys move it.
    fn cursor(&self, ui: &Ui, response: &Response) -> Option<usize> {
        let (right, down) = super::cursor::steps(ui, response);
        if !response.has_focus() {
            return None;
        }
        let id: Id = response.id.with("cursor");
        let cell = ui.data(|data| data.get_temp::<usize>(id)).unwrap_or((self.rows / 2) * self.cols + self.cols / 2);
        let step = |at: usize, by: i32, end: usize| at.min(end - 1).saturating_add_signed(by as isize).min(end - 1);
        let (row, col) = (step(cell / self.cols, down, self.rows), step(cell % self.cols, right, self.cols));
        let cell = row * self.cols + col;
        ui.data_mut(|data| data.insert_temp(id, cell));
        Some(cell)
    }

    fn paint(&self, ui: &Ui, layout: &GridLayout) {
        let palette = Palette::of(ui);
        let cells = self.rows * self.cols;
        let mut mesh = Mesh::default();
        mesh.reserve_vertices(cells * 8);
        let pixels = ui.pixels_per_point();
        // Lines thinner than a pixel of the screen, or between two of them, vanish in one direction and not in the other.
        let snap = |at: f32| (at * pixels).round() / pixels;
        let gap = if layout.cell(0).width() < 5.0 || self.gap == 0.0 { 0.0 } else { (self.gap * pixels).round().max(1.0) / pixels };
        if gap > 0.0 {
            // Lines, not a ground under the cells: a software rasteriser pays for every pixel that is painted twice.
            let (rect, line) = (layout.rect, palette.line.gamma_multiply(0.8));
            let side = vec2(rect.width() / self.cols as f32, rect.height() / self.rows as f32);
            for col in 1..=self.cols {
                let x = snap(rect.left() + col as f32 * side.x);
                mesh.add_colored_rect(Rect::from_x_y_ranges(x - gap..=x, rect.y_range()), line);
            }
            for row in 1..=self.rows {
                let y = snap(rect.top() + row as f32 * side.y);
                mesh.add_colored_rect(Rect::from_x_y_ranges(rect.x_range(), y - gap..=y), line);
            }
        }
        let inner = |cell: usize| {
            let rect = layout.cell(cell);
            let corner = |at: Pos2| pos2(snap(at.x), snap(at.y));
            Rect::from_min_max(corner(rect.min), corner(rect.max) - vec2(gap, gap))
        };
        for cell in 0..cells {
            if let Some(fill) = &self.fill {
                mesh.add_colored_rect(inner(cell), fill(cell));
            }
            if let Some(tint) = &self.tint {
                let color = tint(cell);
                if color != Color32::TRANSPARENT {
                    mesh.add_colored_rect(inner(cell), color);
                }
            }
            if self.hatch.as_ref().is_some_and(|hatch| hatch(cell)) {
                hatching(&mut mesh, inner(cell), palette.blind);
            }
        }
        ui.painter().add(Shape::mesh(mesh));
        for &(cell, color, width) in &self.outlines {
            if cell < cells {
                frame(ui.painter(), layout.cell(cell), color, width);
            }
        }
    }
}

/// The largest side in points, not above this one, that is whole pixels of the screen: so all cells are equally large there. Tiny cells
/// keep their side.
#[must_use]
pub fn crisp(side: f32, pixels_per_point: f32) -> f32 {
    // A side that was computed from whole pixels is not to lose one by rounding.
    if side > 4.0 { (side * pixels_per_point + 1e-3).floor() / pixels_per_point } else { side }
}

fn frame(painter: &Painter, cell: Rect, color: Color32, width: f32) {
    painter.rect_stroke(cell.expand(1.0), 3.0, Stroke::new(width, color), StrokeKind::Middle);
}

/// A wash of the colour and three diagonal lines: a second cue beside the colour.
pub fn hatching(mesh: &mut Mesh, rect: Rect, color: Color32) {
    mesh.add_colored_rect(rect, color.gamma_multiply(0.28));
    let (w, h) = (rect.width(), rect.height());
    let thick = (w * 0.05).clamp(0.6, 1.2);
    // Lines x + y = t, clipped to the square by hand so that all cells share one mesh.
    for t in [0.5, 1.0, 1.5] {
        let (a, b): ((f32, f32), (f32, f32)) = if t <= 1.0 { ((0.0, t), (t, 0.0)) } else { ((t - 1.0, 1.0), (1.0, t - 1.0)) };
        let from = pos2(rect.left() + a.0 * w, rect.top() + a.1 * h);
        let to = pos2(rect.left() + b.0 * w, rect.top() + b.1 * h);
        segment(mesh, from, to, thick, color.gamma_multiply(0.9));
    }
}

/// A legend whose square is hatched as the cells of a picture are.
pub fn hatched(ui: &mut Ui, color: Color32, text: &str) -> Response {
    chips::legend_with(ui, text, |ui, square| {
        let mut mesh = Mesh::default();
        hatching(&mut mesh, square, color);
        ui.painter().add(Shape::mesh(mesh));
    })
}

/// Adds a straight line of some width to a mesh.
pub fn segment(mesh: &mut Mesh, from: Pos2, to: Pos2, width: f32, color: Color32) {
    let direction = to - from;
    let length = direction.length();
    if length <= f32::EPSILON {
        return;
    }
    let normal = direction.rot90() / length * (width * 0.5);
    let base = mesh.vertices.len() as u32;
    for pos in [from + normal, from - normal, to + normal, to - normal] {
        mesh.vertices.push(Vertex { pos, uv: egui::epaint::WHITE_UV, color });
    }
    mesh.add_triangle(base, base + 1, base + 2);
    mesh.add_triangle(base + 1, base + 2, base + 3);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_contains_its_own_centre_and_the_outside_belongs_to_none() {
        let layout = GridLayout { rect: Rect::from_min_size(pos2(10.0, 20.0), vec2(70.0, 50.0)), rows: 5, cols: 7 };
        for cell in 0..35 {
            assert_eq!(layout.at(layout.cell(cell).center()), Some(cell));
        }
        assert_eq!(layout.at(pos2(9.0, 30.0)), None);
        assert_eq!(layout.at(layout.rect.max), None);
    }

    #[test]
    fn cells_are_whole_pixels_of_the_screen_and_lose_less_than_one() {
        for scale in [1.0, 1.2, 4.0 / 3.0, 2.0, 2.4, 4.0] {
            for side in [4.1_f32, 9.0, 17.68, 24.99, 250.3] {
                let pixels = crisp(side, scale) * scale;
                assert!((pixels - pixels.round()).abs() < 1e-3, "{side} at {scale}: {pixels} pixels");
                assert!(pixels <= side * scale + 2e-3 && pixels > side * scale - 1.0, "{side} at {scale}: {pixels} pixels");
                assert!((crisp(pixels / scale, scale) * scale - pixels).abs() < 1e-3, "{side} at {scale} shrinks again");
            }
        }
        assert_eq!(crisp(3.7, 1.0), 3.7);
    }

    #[test]
    fn on_a_screen_of_many_pixels_every_cell_of_a_grid_has_as_many_of_them() {
        let ctx = egui::Context::default();
        ctx.set_pixels_per_point(2.4);
        let mut sides = Vec::new();
        for _ in 0..3 {
            let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
                ui.add_space(3.3);
                let grid = PixelGrid::new("Image", 28, 28).fill(|_| Color32::GRAY).show(ui, vec2(495.0, 495.0));
                let rect = grid.layout.cell(29);
                sides = [rect.left(), rect.top(), rect.width()].map(|at| at * 2.4).to_vec();
            });
            // Nobody paints here.
            output.textures_delta.clear();
        }
        assert!(sides.iter().all(|at| (at - at.round()).abs() < 0.02), "{sides:?}");
        assert!((sides[2] - 42.0).abs() < 0.02, "{sides:?}: 495 points are 1188 pixels, 42 a cell");
    }
}
