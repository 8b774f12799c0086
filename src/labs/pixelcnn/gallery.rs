use egui::{Color32, Pos2, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::canvas::grey;
use super::lab::PixelcnnLab;
use crate::labs::Shared;
use crate::train::pixelcnn_job::{GALLERY, Gallery, Method, SampleRun, Settings};
use crate::ui::chips;
use crate::ui::heatmap::FieldTexture;
use crate::ui::pixel_grid::GridLayout;
use crate::ui::theme::Palette;

/// All images of the gallery in one texture, side by side.
#[derive(Default)]
pub(super) struct GalleryTexture {
    texture: FieldTexture,
}

/// Draws the gallery over a width, so many images in a row; a click walks through that image instead.
pub(super) fn show(lab: &mut PixelcnnLab, ui: &mut Ui, shared: &Shared, width: f32, columns: usize) {
    let palette = Palette::of(ui);
    let Some(snapshot) = &lab.snapshot else { return };
    let Some(run) = lab.walk.run() else { return };
    let class = lab.settings.class.map_or_else(String::new, |class| format!(", class {class}"));
    ui.add_space(2.0);
    if lab.mask().is_some_and(|mask| mask.leak.is_some()) {
        chips::note(ui, "Sixteen at once: none are drawn while the mask leaks.");
        return;
    }
    let gallery = snapshot.gallery.clone();
    // While other settings are being drawn the old pictures stand aside, without their numbers.
    let fresh = lab.gallery_is_fresh(&gallery);
    let caption =
        if fresh { format!("Sixteen at once, same model, other noise{class}") } else { format!("Sixteen at once{class}: drawing…") };
    ui.label(egui::RichText::new(caption).small().color(palette.text_dim));
    let before = lab.branch().map(|branch| branch.before.clone());
    let (rows, cols, levels) = (run.rows, run.cols, run.levels);
    upload(&mut lab.gallery.texture, ui.ctx(), &gallery, [rows, cols], levels);

    let (gap, least) = (4.0, 2.0);
    let rows_of_images = GALLERY.div_ceil(columns) as f32;
    let wide = |gap: f32| ((width - gap * (columns as f32 - 1.0)) / columns as f32).max(8.0);
    let high = ((ui.available_height() + gap) / rows_of_images - gap).max(20.0);
    let side = even([wide(gap), wide(least)].map(|wide| wide.min(high)), ui.pixels_per_point(), rows.max(cols));
    let stride = vec2(wide(gap).max(side) + gap.min((width - side * columns as f32) / (columns as f32 - 1.0)), side + gap);
    let (area, _) = ui.allocate_exact_size(vec2(width, rows_of_images * stride.y - gap), Sense::hover());
    let (mut chosen, mut back) = (None, false);
    for i in 0..GALLERY {
        let (row, column) = (i / columns, i % columns);
        let corner = area.min + vec2(column as f32, row as f32) * stride;
        let cell = Rect::from_min_size(corner, vec2(side, side));
        let response = ui.interact(cell, ui.scope_id().with(("gallery", i)), Sense::click());
        if let Some(before) = before.as_ref().filter(|_| i + 1 == GALLERY) {
            back |= old_sample(ui, cell, before, shared);
            continue;
        }
        let image = gallery.images.get(i).filter(|_| fresh);
        paint(ui, &lab.gallery.texture, cell, i, palette);
        if !fresh {
            ui.painter().rect_filled(cell, 0.0, palette.ground.gamma_multiply(0.8));
        }
        let stream = image.map(|image| image.stream);
        let walked = stream == Some(lab.settings.stream);
        if walked || response.hovered() || response.has_focus() {
            let color = if walked { palette.now } else { palette.seen };
            ui.painter().rect_stroke(cell.expand(1.0), 2.0, Stroke::new(1.5, color), StrokeKind::Outside);
        }
        let cost = image.map_or_else(|| "not drawn yet".into(), |image| shared.units.format(image.nats, 1));
        let name = format!("Gallery image {}, {cost}", i + 1);
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, walked, &name));
        let response = response.on_hover_cursor(egui::CursorIcon::PointingHand).on_hover_text(format!("{cost} · click to walk through it"));
        if response.clicked() {
            chosen = stream;
        }
    }
    if back {
        lab.take_back_branch();
    }
    if let Some(stream) = chosen {
        // A second click goes back to the first image of the seed.
        lab.settings.stream = if lab.settings.stream == stream { 0 } else { stream };
        lab.redraw();
    }
    if lab.settings.stream != 0 {
        chips::note(ui, &format!("Shown: image {} of this row's noise; click it again for the first one.", lab.settings.stream));
    }
}

/// The side of an image in points: at most the second one, if all its pixels are equally large on screen then; where that would cost an
/// eighth of it, the first one, in which they differ by one of the screen's.
fn even([usual, most]: [f32; 2], pixels_per_point: f32, pixels: usize) -> f32 {
    let each = (most * pixels_per_point / pixels as f32 + 1e-3).floor();
    let equal = each * pixels as f32 / pixels_per_point;
    if equal > 0.875 * most { equal } else { (usual * pixels_per_point).floor() / pixels_per_point }
}

/// The sample as it was before a pixel was changed, in the last place; true if it is wanted back.
fn old_sample(ui: &mut Ui, cell: Rect, run: &SampleRun, shared: &Shared) -> bool {
    let palette = Palette::of(ui);
    let layout = GridLayout { rect: cell, rows: run.rows, cols: run.cols };
    let mut mesh = egui::Mesh::default();
    for (i, &level) in run.pixels.iter().enumerate() {
        mesh.add_colored_rect(layout.cell(i), grey(level, run.levels));
    }
    ui.painter().add(egui::Shape::mesh(mesh));
    let response = ui.interact(cell, ui.scope_id().with("old sample"), Sense::click());
    let line = if response.hovered() || response.has_focus() { palette.seen } else { palette.blind };
    ui.painter().rect_stroke(cell.expand(1.0), 2.0, Stroke::new(2.0, line), StrokeKind::Outside);
    let cost = shared.units.format(run.nats(), 1);
    let name = format!("The sample before the change, {cost}");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    response.on_hover_text(format!("{name} · click to take the change back")).clicked()
}

impl PixelcnnLab {
    /// Whether these images were drawn with what is chosen now.
    pub(super) fn gallery_is_fresh(&self, gallery: &Gallery) -> bool {
        let Some(snapshot) = &self.snapshot else { return false };
        let class = self.settings.class.filter(|&class| class < self.classes());
        let wanted = Settings { class, stream: 0, method: Method::Cached, ..self.settings };
        snapshot.lesson.name == self.preset && gallery.settings == Some(wanted)
    }
}

fn upload(texture: &mut FieldTexture, ctx: &egui::Context, gallery: &Gallery, [rows, cols]: [usize; 2], levels: usize) {
    let fits = gallery.images.iter().all(|image| image.pixels.len() == rows * cols);
    if gallery.images.is_empty() || !fits {
        return;
    }
    let width = cols * GALLERY;
    let mut colors = vec![Color32::from_gray(16); width * rows];
    for (i, image) in gallery.images.iter().enumerate().take(GALLERY) {
        for (row, line) in image.pixels.chunks_exact(cols).enumerate() {
            for (x, &level) in line.iter().enumerate() {
                colors[row * width + i * cols + x] = grey(level, levels);
            }
        }
    }
    texture.set_colors(ctx, gallery.version, [width, rows], &colors, false);
}

fn paint(ui: &Ui, texture: &FieldTexture, cell: Rect, i: usize, palette: &Palette) {
    match texture.id() {
        Some(id) => {
            let step = 1.0 / GALLERY as f32;
            let uv = Rect::from_min_max(Pos2::new(i as f32 * step, 0.0), pos2((i + 1) as f32 * step, 1.0));
            ui.painter().image(id, cell, uv, Color32::WHITE);
        }
        None => drop(ui.painter().rect_filled(cell, 0.0, palette.future)),
    }
}

#[cfg(test)]
mod tests {
    use super::even;

    #[test]
    fn pixels_of_an_image_of_the_gallery_are_equally_large_where_that_costs_little() {
        assert_eq!(even([57.75, 59.5], 2.4, 28) * 2.4, 140.0, "142 pixels of the screen are 5 for each of 28");
        assert_eq!(even([30.0, 31.0], 4.0 / 3.0, 28) * 4.0 / 3.0, 40.0, "one for each would be too small");
        assert_eq!(even([60.0, 61.5], 1.0, 14), 56.0);
    }
}
