//! "What it is made of": the layers as cards, the masked kernels drawn as in the lecture, and how deep the field is shown.

use egui::{Align2, Color32, CornerRadius, FontId, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::lab::PixelcnnLab;
use crate::autoregressive::pixelcnn::Config;
use crate::graph::{MaskKind, Taps};
use crate::train::Model;
use crate::ui::chips;
use crate::ui::theme::Palette;
use crate::ui::units::count;

/// Height of the line between two cards.
const LINK: f32 = 8.0;

struct Card<'a> {
    title: String,
    lines: Vec<String>,
    kernel: Option<(usize, Option<MaskKind>)>,
    help: &'a str,
    height: f32,
}

/// Draws the cards.
pub(super) fn show(lab: &mut PixelcnnLab, ui: &mut Ui) {
    let Some(snapshot) = &lab.snapshot else {
        chips::section(ui, "What it is made of", "");
        return;
    };
    let Model::Pixelcnn { config, .. } = &snapshot.lesson.model else { return };
    let config = config.clone();
    chips::section(ui, "What it is made of", &format!("{} weights", count(snapshot.parameters as u64)));
    let all = config.blocks + 1;
    let depth = lab.view.depth.unwrap_or(all).min(all);
    let before = ui.spacing().item_spacing.y;
    lab.insight.pointed = None;
    ui.spacing_mut().item_spacing.y = 0.0;
    let class = match (config.classes, lab.settings.class) {
        (0, _) => String::new(),
        (_, Some(class)) => format!("class {class} shifts every layer"),
        (_, None) => "no class given".to_owned(),
    };
    let place = if config.coordinates { " + row, column" } else { "" };
    card(
        ui,
        &Card {
            title: "input".into(),
            lines: vec![format!("{}×{}, {} grey levels{place}", config.height, config.width, config.levels), class],
            kernel: None,
            help: "One channel for each grey level; where a pixel is not drawn yet, no unmasked weight looks",
            height: if config.classes > 0 { 58.0 } else { 44.0 },
        },
        false,
    );
    link(ui);
    let first = card(
        ui,
        &Card {
            title: format!("masked conv {0}×{0}", config.first_kernel),
            lines: vec!["mask A: centre off".into(), format!("{} channels", config.channels)],
            kernel: Some((config.first_kernel, Some(MaskKind::A))),
            help: "Mask A hides the pixel itself: it is what shall be predicted. Click to see the field of this layer alone.",
            height: 68.0,
        },
        depth == 1,
    );
    if first.hovered() {
        lab.insight.pointed = Some(0);
    }
    if first.clicked() {
        lab.view.depth = Some(1);
    }
    link(ui);
    if config.blocks > 0 {
        let more = if config.residual { "mask B · ReLU · residual" } else { "mask B · ReLU" };
        let rest = card(
            ui,
            &Card {
                title: format!("masked conv {0}×{0}  ×{1}", config.kernel, config.blocks),
                lines: vec![more.into(), String::new()],
                kernel: Some((config.kernel, Some(MaskKind::B))),
                help: "Mask B keeps the centre: there is no pixel's own value in it any more. Click for the field of all layers.",
                height: 68.0,
            },
            depth > 1,
        );
        if rest.hovered() {
            lab.insight.pointed = Some(config.blocks);
        }
        pips(lab, ui, rest.rect, &config, depth);
        if rest.clicked() {
            lab.view.depth = None;
        }
        link(ui);
    }
    let head = card(
        ui,
        &Card {
            title: "1×1 · 1×1".into(),
            lines: vec![format!("{} to {} to {} logits", config.channels, config.head, config.levels)],
            kernel: Some((1, None)),
            help: "Each position by itself: its channels become one logit for each grey level, and softmax makes them probabilities",
            height: 42.0,
        },
        false,
    );
    if head.hovered() {
        lab.insight.pointed = Some(all + 1);
    }
    ui.spacing_mut().item_spacing.y = before;
}

fn link(ui: &mut Ui) {
    let palette = Palette::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), LINK), Sense::hover());
    ui.painter().vline(rect.left() + 24.0, rect.y_range(), Stroke::new(2.0, palette.text_dim));
}

fn card(ui: &mut Ui, card: &Card<'_>, lit: bool) -> Response {
    let palette = Palette::of(ui);
    let masked = card.kernel.is_some_and(|(_, mask)| mask.is_some());
    let sense = if masked { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), card.height), sense);
    let hovered = masked && response.hovered();
    let line = if response.has_focus() {
        palette.now
    } else if lit || hovered {
        palette.seen
    } else {
        palette.line
    };
    let fill = if hovered { palette.card_hover } else { palette.card };
    ui.painter().rect(rect, CornerRadius::same(8), fill, Stroke::new(1.0, line), StrokeKind::Inside);
    let left = rect.left() + 12.0;
    ui.painter().text(pos2(left, rect.top() + 8.0), Align2::LEFT_TOP, &card.title, FontId::proportional(13.0), palette.text);
    for (i, text) in card.lines.iter().enumerate() {
        let place = pos2(left, rect.top() + 26.0 + 15.0 * i as f32);
        ui.painter().text(place, Align2::LEFT_TOP, text, FontId::proportional(11.0), palette.text_dim);
    }
    if let Some((size, mask)) = card.kernel {
        let room = (card.height - 14.0).min(54.0);
        let side = (room / size as f32).min(14.0);
        let whole = side * size as f32;
        let corner = pos2(rect.right() - 10.0 - whole, rect.center().y - whole / 2.0);
        kernel(ui, Rect::from_min_size(corner, vec2(whole, whole)), size, mask);
    }
    let spoken = format!("{}. {}", card.title, card.lines.iter().filter(|l| !l.is_empty()).cloned().collect::<Vec<_>>().join(". "));
    response.widget_info(|| {
        if masked { WidgetInfo::selected(Role::Button, true, lit, &spoken) } else { WidgetInfo::labeled(Role::Label, true, &spoken) }
    });
    response.on_hover_text(card.help)
}

/// A kernel as in the lecture: 1 where a weight lives, 0 where the mask removes it; the centre is framed.
fn kernel(ui: &Ui, rect: Rect, size: usize, mask: Option<MaskKind>) {
    let palette = Palette::of(ui);
    let taps = mask.map_or_else(Taps::point, |kind| Taps::raster(size, kind));
    let reach = (size / 2) as i32;
    let side = rect.width() / size as f32;
    let cell = |row: usize, column: usize| {
        Rect::from_min_size(rect.min + vec2(column as f32 * side, row as f32 * side), vec2(side - 1.0, side - 1.0))
    };
    for row in 0..size {
        for column in 0..size {
            let live = taps.offsets().contains(&(row as i32 - reach, column as i32 - reach));
            let fill = if live { palette.seen } else { palette.track };
            ui.painter().rect_filled(cell(row, column), 1.0, fill);
            if side >= 11.0 && mask.is_some() {
                let (digit, ink) = if live { ("1", palette.on_accent) } else { ("0", palette.text_dim) };
                ui.painter().text(cell(row, column).center(), Align2::CENTER_CENTER, digit, FontId::monospace(side * 0.7), ink);
            }
        }
    }
    if mask.is_some() {
        let centre = cell(reach as usize, reach as usize);
        ui.painter().rect_stroke(centre.expand(0.5), 1.0, Stroke::new(1.3, palette.now), StrokeKind::Middle);
    }
}

/// One mark for each mask-B layer: lit as far as the field is shown, and a click shows it that far.
fn pips(lab: &mut PixelcnnLab, ui: &mut Ui, card: Rect, config: &Config, depth: usize) {
    let palette = Palette::of(ui);
    let room = card.width() - 24.0 - 54.0;
    let step = (room / config.blocks as f32).min(13.0);
    for block in 0..config.blocks {
        let layers = block + 2;
        let corner = pos2(card.left() + 12.0 + block as f32 * step, card.top() + 47.0);
        let rect = Rect::from_min_size(corner, vec2(step, 14.0));
        let response = ui.interact(rect, ui.scope_id().with(("layer", block)), Sense::click());
        if response.hovered() {
            lab.insight.pointed = Some(layers - 1);
        }
        let color: Color32 = if layers <= depth { palette.seen } else { palette.track };
        let mark = Rect::from_center_size(rect.center(), vec2((step - 3.0).max(2.0), if response.hovered() { 12.0 } else { 8.0 }));
        ui.painter().rect_filled(mark, 2.0, color);
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, layers <= depth, format!("Field after {layers} masked layers")));
        if response.on_hover_text(format!("What is seen after {layers} masked layers")).clicked() {
            lab.view.depth = Some(layers).filter(|&layers| layers <= config.blocks);
        }
    }
}
