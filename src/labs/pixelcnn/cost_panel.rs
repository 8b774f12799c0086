//! What an image costs by each of the three samplers, measured here, and the sweep in which each pixel froze under Jacobi's.

use egui::{Align2, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::lab::PixelcnnLab;
use crate::train::pixelcnn_job::{Ask, Frozen, Method, MethodCost, Snapshot};
use crate::ui::chips;
use crate::ui::colormap::{Colormap, Scale, colorbar};
use crate::ui::pixel_grid::PixelGrid;
use crate::ui::theme::{Palette, letters};
use crate::ui::units::number;

/// Draws the panel.
pub(super) fn show(lab: &PixelcnnLab, ui: &mut Ui) {
    let Some(snapshot) = &lab.snapshot else { return };
    let on = &snapshot.drawing_on;
    chips::section(ui, "What an image costs", "");
    let threads = if on.threads == 1 { "1 thread".to_owned() } else { format!("{} threads", on.threads) };
    chips::note(ui, &format!("Measured here, for the model that is open: {} {}, {threads}.", on.backend.to_uppercase(), on.adapter));
    let longest = snapshot.costs.iter().map(|cost| cost.cost.time.as_secs_f64()).fold(1e-9, f64::max);
    let pixels = lab.walk.run().map_or(0, |run| run.len());
    for method in [Method::Full, Method::Cached, Method::Jacobi] {
        match snapshot.costs.iter().find(|cost| cost.method == method) {
            Some(cost) => {
                let present = snapshot.sample.as_ref().is_none_or(|sample| cost.settings.same_image(&sample.settings));
                row(ui, cost, present, longest, pixels);
            }
            None => drop(chips::note(ui, &format!("{}: is measured when the lab has nothing else to do.", method.name()))),
        }
    }
    if snapshot.costs.len() == Method::ALL.len() {
        let help = "Draws the present image again by all three samplers; each keeps its shortest time";
        if chips::button(ui, "measure again").on_hover_text(help).clicked() {
            lab.ask(Ask::Measure);
        }
    }
    ui.add_space(6.0);
    match &snapshot.frozen {
        Some(frozen) => map(ui, snapshot, frozen),
        None => drop(chips::note(ui, "The map of the sweeps follows as soon as Jacobi's sampler has drawn.")),
    }
}

/// Time as a bar from zero, passes, and whether it is the same image; `present` where that is the one on screen.
fn row(ui: &mut Ui, cost: &MethodCost, present: bool, longest: f64, pixels: usize) {
    let palette = Palette::of(ui);
    let time = cost.cost.time.as_secs_f64();
    let ms = number(time * 1e3, if time < 0.01 { 2 } else { 0 });
    let unit = match (cost.method, cost.cost.passes) {
        (Method::Jacobi, _) => "sweeps",
        (_, 1) => "pass",
        _ => "passes",
    };
    let same = match (cost.method, cost.differing) {
        (Method::Cached, _) => "the others are compared with it".to_owned(),
        _ if !present => "of an earlier image: measure again".to_owned(),
        (_, None) => "not compared yet".to_owned(),
        (_, Some(differing)) => format!("{} of {pixels} pixels identical", pixels - differing),
    };
    let wider = letters::stretch(ui.ctx(), 11.5);
    // In a narrow column of large type the line under the bar becomes two.
    let line = format!("{} {unit} · {same}", cost.cost.passes);
    let font = letters::proportional(ui.ctx(), 11.5);
    let line = ui.painter().layout(line, font, palette.text_dim, ui.available_width());
    let more = line.size().y * (1.0 - 1.0 / line.rows.len().max(1) as f32);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 44.0 * wider + more), Sense::hover());
    let painter = ui.painter();
    let (left, right) = (rect.left(), rect.right());
    painter.text(
        pos2(left, rect.top() + 2.0),
        Align2::LEFT_TOP,
        cost.method.name(),
        letters::proportional(painter.ctx(), 13.0),
        palette.text,
    );
    painter.text(
        pos2(right, rect.top() + 2.0),
        Align2::RIGHT_TOP,
        format!("{ms} ms"),
        letters::monospace(painter.ctx(), 13.0),
        palette.now,
    );
    let bar = Rect::from_min_size(pos2(left, rect.top() + 20.0 * wider), vec2(rect.width(), 6.0));
    painter.rect_filled(bar, 2.0, palette.track);
    let filled = vec2((rect.width() as f64 * time / longest).max(1.5) as f32, 6.0);
    painter.rect_filled(Rect::from_min_size(bar.min, filled), 2.0, palette.now);
    painter.galley(pos2(left, rect.top() + 29.0 * wider), line, palette.text_dim);
    let spoken = format!("{} sampler: {ms} ms, {} {unit}, {same}", cost.method.name(), cost.cost.passes);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
}

/// The sweep after which each pixel never changed again.
fn map(ui: &mut Ui, snapshot: &Snapshot, frozen: &Frozen) {
    let palette = Palette::of(ui);
    chips::section(ui, "Frozen in sweep …", &format!("of {}", frozen.sweeps));
    let scale = Scale::new(Colormap::Density, 0.0, frozen.sweeps as f32);
    let latest = frozen.at.iter().copied().max().unwrap_or(0);
    let summary = format!("{} sweeps, the last change in sweep {latest}, the mean in sweep {:.1}", frozen.sweeps, frozen.mean());
    let fill = |cell: usize| scale.color(frozen.at[cell] as f32, palette.dark);
    let side = ui.available_width().min(230.0);
    let grid =
        PixelGrid::new("Sweep in which each pixel froze", frozen.rows, frozen.cols).fill(fill).summary(&summary).show(ui, vec2(side, side));
    if let Some(cell) = grid.hovered {
        let (row, col, sweep) = (cell / frozen.cols, cell % frozen.cols, frozen.at[cell]);
        let when = if sweep == 0 { "was right from the start".to_owned() } else { format!("last changed in sweep {sweep}") };
        grid.response.on_hover_text(format!("row {row}, column {col} {when}"));
    }
    colorbar(ui, &scale, "last change", "sweep");
    chips::note(ui, &format!("{summary}. The sequential order would need {}.", frozen.at.len()));
    let sample = snapshot.sample.as_ref();
    if sample.is_some_and(|sample| !frozen.settings.same_image(&sample.settings)) {
        chips::note(ui, "This is the map of an earlier image; measure again for the present one.");
    }
}
