use egui::{Rangef, Ui, vec2};
use egui_plot::{AxisHints, Line, MarkerShape, Plot, PlotPoints, Points};

use super::{BlindSpotLab, WiredAs};
use crate::graph::causal::{Field, Visibility};
use crate::ui::chips;
use crate::ui::pixel_grid::{PixelGrid, hatched};
use crate::ui::theme::{Palette, letters};
use crate::ui::units::number;

/// Room under the pictures for the count against depth.
const CHART: f32 = 176.0;
/// Room above and under a picture: its heading, and three lines of counts.
const AROUND: f32 = 96.0;

const TITLES: [(&str, &str); 3] = [
    ("One masked stack", "PixelCNN: every layer is a masked convolution"),
    ("Vertical, over the link", "What the link brings: all finished rows, to both sides"),
    ("Two stacks", "Gated PixelCNN: the own row on the left, and the link"),
];

/// Draws the three fields of one pixel, and how the blind spot grows with depth.
pub(super) fn show(lab: &mut BlindSpotLab, ui: &mut Ui) {
    let Some(analysis) = &mut lab.analysis else { return };
    let [rows, cols] = analysis.size;
    let usual = analysis.usual();
    let place = |offset: i32, from: usize, most: usize| (from as i32 + offset).clamp(0, most as i32 - 1) as usize;
    let pixel = place(-lab.state.pixel[0], usual[0], rows) * cols + place(lab.state.pixel[1], usual[1], cols);
    let fields = analysis.fields(pixel).clone();

    let gap = 14.0;
    let room = ui.available_width();
    let width = ((room - 2.0 * gap) / 3.0).max(100.0);
    let tall = ui.available_height();
    let around = AROUND * letters::stretch(ui.ctx(), 12.0);
    let height = (tall - CHART.min(tall * 0.33) - around).max(90.0);
    let mut chosen = None;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = gap;
        for ((title, help), (i, field)) in TITLES.into_iter().zip(fields.iter().enumerate()) {
            ui.vertical(|ui| {
                ui.set_width(width);
                ui.spacing_mut().item_spacing.y = 3.0;
                ui.label(egui::RichText::new(title).strong()).on_hover_text(help);
                if let Some(cell) = picture(ui, title, field, [rows, cols], pixel, i, vec2(width, height)) {
                    chosen = Some(cell);
                }
                counts(ui, field, i);
            });
        }
    });
    if let Some(cell) = chosen {
        let (row, col) = ((cell / cols) as i32, (cell % cols) as i32);
        lab.state.pixel = [usual[0] as i32 - row, col - usual[1] as i32];
    }
    ui.add_space(6.0);
    growth(lab, ui, room);
}

/// One field; the cell under the pointer, if any.
fn picture(
    ui: &mut Ui,
    title: &str,
    field: &Field,
    [rows, cols]: [usize; 2],
    pixel: usize,
    which: usize,
    size: egui::Vec2,
) -> Option<usize> {
    let palette = Palette::of(ui);
    let leak = |cell: usize| field.pixels[cell] == Visibility::Seen && cell >= pixel;
    let fill = |cell: usize| match field.pixels[cell] {
        Visibility::Seen if leak(cell) => palette.blind,
        Visibility::Seen => palette.seen,
        Visibility::Later => palette.future,
        Visibility::Blind | Visibility::Outside => palette.track,
    };
    // The vertical stack does not see its own row, which is the other stack's part.
    let hatch = |cell: usize| field.pixels[cell] == Visibility::Blind && (which != 1 || cell / cols != pixel / cols);
    let blind = if which == 1 { 0 } else { field.blind };
    let summary = format!("{} pixels seen, {blind} in the blind spot, {} drawn later and seen.", field.seen, field.ahead);
    let grid = PixelGrid::new(title, rows, cols)
        .fill(fill)
        .hatch(hatch)
        .outline(pixel, palette.now, 2.5)
        .gap(if cols > 24 { 0.6 } else { 1.0 })
        .summary(summary)
        .show(ui, size);
    grid.hovered.or(grid.clicked)
}

fn counts(ui: &mut Ui, field: &Field, which: usize) {
    let palette = Palette::of(ui);
    chips::legend(ui, palette.seen, &format!("{} seen", field.seen - field.ahead));
    if which != 1 {
        if field.blind == 0 {
            ui.label(egui::RichText::new("no blind spot").small().color(palette.seen));
        } else {
            let wide = ui.available_width() > 190.0 * letters::stretch(ui.ctx(), 11.0);
            let what = if wide { ": the blind spot" } else { "" };
            hatched(ui, palette.blind, &format!("{} missing{what}", field.blind));
        }
    }
    if field.ahead > 0 {
        ui.colored_label(palette.blind, format!("leak: {} drawn later", field.ahead))
            .on_hover_text("It would look at what it should predict: the loss falls to nothing and the samples are noise");
    }
}

/// Blind pixels against depth, counted for every depth.
fn growth(lab: &BlindSpotLab, ui: &mut Ui, width: f32) {
    let Some(growth) = &lab.growth else { return };
    let palette = Palette::of(ui);
    let layers = lab.state.layers;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(14.0, 1.0);
        ui.set_max_width(width);
        ui.label(egui::RichText::new("Share missed, %, by layers").small().color(palette.text));
        chips::legend(ui, palette.blind, &format!("one stack {}", number(100.0 * growth.share(layers), 1)));
        chips::legend(ui, palette.seen, if lab.state.wired == WiredAs::Right { "two stacks 0" } else { "two stacks, right: 0" });
    });
    let limit = 100.0 / (4.0 * (growth.kernel / 2) as f64);
    let series = |share: &dyn Fn(usize) -> f64| -> Vec<[f64; 2]> { (1..=growth.missing.len()).map(|l| [l as f64, share(l)]).collect() };
    let plain = series(&|l| 100.0 * growth.share(l));
    let gated = series(&|l| 100.0 * growth.missing_gated[l - 1] as f64 / growth.window[l - 1] as f64);
    let plot = Plot::new("Blind spot against depth")
        .width(width)
        .height((ui.available_height() - 4.0).clamp(80.0, 420.0))
        .show_background(false)
        .show_grid([false, true])
        .grid_color(palette.line)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .include_y(0.0)
        // A label at every layer, also where the layers lie close together.
        .custom_x_axes(vec![AxisHints::new_x().label_spacing(Rangef::new(18.0, 26.0))])
        .include_y(limit * 1.08)
        .include_x(0.7)
        .include_x(growth.missing.len() as f64 + 0.3)
        .y_axis_min_width(28.0);
    ui.scope(|ui| {
        let font = letters::proportional(ui.ctx(), 10.5);
        ui.style_mut().text_styles.insert(egui::TextStyle::Body, font);
        plot.show(ui, |plot| {
            let dashed = egui_plot::LineStyle::dashed_loose();
            plot.hline(egui_plot::HLine::new("limit of depth, 1 / (4 r)", limit).color(palette.text_dim).width(1.2).style(dashed));
            plot.vline(egui_plot::VLine::new("now", layers as f64).color(palette.now).width(1.2));
            for (name, points, color) in [("one stack", plain, palette.blind), ("two stacks", gated, palette.seen)] {
                plot.line(Line::new(name, PlotPoints::from(points.clone())).color(color).width(1.2));
                plot.points(Points::new(name, PlotPoints::from(points)).color(color).radius(4.0).shape(MarkerShape::Circle));
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use egui::{Rect, Shape};

    use super::super::analysis::Analysis;
    use super::*;
    use crate::ui::theme::Theme;

    /// The squares of the legends under a field: those that are filled with this colour, and those that are hatched with it.
    fn squares(field: &Field, color: impl Fn(&Palette) -> egui::Color32) -> [usize; 2] {
        let ctx = egui::Context::default();
        crate::ui::theme::install(&ctx, Theme::Dark, true);
        let mut found = [0, 0];
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| counts(ui, field, 0));
        let color = color(Theme::Dark.palette());
        for shape in output.shapes.drain(..) {
            match shape.shape {
                Shape::Rect(rect) if rect.fill == color => found[0] += 1,
                Shape::Mesh(mesh) if mesh.vertices.iter().any(|vertex| vertex.color == color.gamma_multiply(0.9)) => {
                    let bounds = mesh.vertices.iter().fold(Rect::NOTHING, |all, vertex| all | Rect::from_pos(vertex.pos));
                    assert!((bounds.width() - 11.0).abs() < 1.0 && (bounds.height() - 11.0).abs() < 1.0, "{bounds:?}");
                    found[1] += 1;
                }
                _ => {}
            }
        }
        // Nobody paints here.
        output.textures_delta.clear();
        found
    }

    #[test]
    fn the_legend_of_the_blind_spot_is_hatched_as_its_cells_are() {
        let mut analysis = Analysis::new((4, 3, WiredAs::Right)).unwrap();
        let [row, column] = analysis.usual();
        let field = analysis.fields(row * analysis.size[1] + column)[0].clone();
        assert!(field.blind > 0);
        assert_eq!(squares(&field, |palette| palette.blind), [0, 1]);
        assert_eq!(squares(&field, |palette| palette.seen), [1, 0]);
    }
}
