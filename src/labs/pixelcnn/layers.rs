//! "What it is made of": the layers as cards, the masked kernels drawn as in the lecture, and how deep the field is shown.

use egui::{Align2, Color32, CornerRadius, Pos2, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::lab::PixelcnnLab;
use crate::autoregressive::gated::{self, Shift};
use crate::autoregressive::pixelcnn::{Config, Wiring};
use crate::graph::{MaskKind, Taps};
use crate::train::Model;
use crate::ui::chips;
use crate::ui::theme::{Palette, letters};
use crate::ui::units::count;

/// Height of the line between two cards.
const LINK: f32 = 8.0;
/// Size of the lines of a card in points: its height belongs to it.
const LETTERS: f32 = 11.0;

struct Card<'a> {
    title: String,
    lines: Vec<String>,
    kernel: Option<Kernel>,
    help: &'a str,
    height: f32,
}

/// A kernel as it is drawn: a row of cells for each row that it reaches, the pixel itself framed.
struct Kernel {
    /// Rows above the pixel, rows below it, columns to each side.
    reach: [usize; 3],
    /// What is live.
    live: Taps,
    /// What is live by way of the vertical stack, one row up, in another colour.
    above: Option<Taps>,
    /// Whether a mask or a wiring hides something: then there is a field to look at.
    masked: bool,
}

impl Kernel {
    fn point() -> Kernel {
        Kernel { reach: [0; 3], live: Taps::point(), above: None, masked: false }
    }

    fn raster(size: usize, mask: MaskKind) -> Kernel {
        Kernel { reach: [size / 2; 3], live: Taps::raster(size, mask), above: None, masked: true }
    }

    /// What a gated layer reads of the layer before: its own row by the horizontal stack, rows above by the vertical one and the link.
    fn gated(size: usize, mask: MaskKind) -> Kernel {
        let (vertical, link) = (Shift::Link.vertical(size), Shift::Link.link());
        let (down, right) = link.offsets()[0];
        let above: Vec<(i32, i32)> = vertical.offsets().iter().map(|&(dy, dx)| (dy + down, dx + right)).collect();
        let reach = [size / 2 + 1, 0, size / 2];
        Kernel { reach, live: gated::horizontal(size, mask), above: Some(Taps::new(&above)), masked: true }
    }

    /// Rows and columns of cells.
    fn size(&self) -> [usize; 2] {
        let [up, down, side] = self.reach;
        [up + down + 1, 2 * side + 1]
    }
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
    let [first, rest] = layer_cards(&config);
    let first = card(ui, &first, depth == 1);
    if first.hovered() {
        lab.insight.pointed = Some(0);
    }
    if first.clicked() {
        lab.view.depth = Some(1);
    }
    link(ui);
    if config.blocks > 0 {
        let rest = card(ui, &rest, depth > 1);
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
            kernel: Some(Kernel::point()),
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

/// The cards of the first layer and of those after it.
fn layer_cards(config: &Config) -> [Card<'static>; 2] {
    let (channels, side, later, blocks) = (config.channels, config.first_kernel, config.kernel, config.blocks);
    let residual = if config.residual { " · residual" } else { "" };
    let make =
        |title: String, lines: [String; 2], kernel, help| Card { title, lines: lines.into(), kernel: Some(kernel), help, height: 68.0 };
    match config.wiring {
        Wiring::Plain => [
            make(
                format!("masked conv {side}×{side}"),
                [first_mask(config), format!("{channels} channels")],
                Kernel { live: Taps::new(&config.mask_a()), ..Kernel::raster(side, MaskKind::A) },
                "Mask A hides the pixel itself: it is what shall be predicted. Click to see the field of this layer alone.",
            ),
            make(
                format!("masked conv {later}×{later}  ×{blocks}"),
                [format!("mask B · ReLU{residual}"), String::new()],
                Kernel::raster(later, MaskKind::B),
                "Mask B keeps the centre: there is no pixel's own value in it any more. Click for the field of all layers.",
            ),
        ],
        Wiring::Gated => [
            make(
                format!("gated layer {side}×{side}"),
                ["two stacks, centre off".into(), format!("tanh · σ, 2×{channels} channels")],
                Kernel::gated(side, MaskKind::A),
                "The vertical stack reads whole rows above, the horizontal one the pixel's own row on the left; a 1×1 links them, one row \
                 down. Click to see the field of this layer alone.",
            ),
            make(
                format!("gated layer {later}×{later}  ×{blocks}"),
                [format!("tanh · σ{residual}"), String::new()],
                Kernel::gated(later, MaskKind::B),
                "The vertical stack may look to both sides, since its rows are finished: no blind spot. Click for the field of all layers.",
            ),
        ],
    }
}

/// What the first mask is.
fn first_mask(config: &Config) -> String {
    match &config.first_taps {
        None => "mask A: centre off".into(),
        Some(taps) => format!("your mask: {} cells", taps.len()),
    }
}

fn link(ui: &mut Ui) {
    let palette = Palette::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), LINK), Sense::hover());
    ui.painter().vline(rect.left() + 24.0, rect.y_range(), Stroke::new(2.0, palette.text_dim));
}

fn card(ui: &mut Ui, card: &Card<'_>, lit: bool) -> Response {
    let palette = Palette::of(ui);
    let masked = card.kernel.as_ref().is_some_and(|kernel| kernel.masked);
    let sense = if masked { Sense::click() } else { Sense::hover() };
    let wider = letters::stretch(ui.ctx(), LETTERS);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), card.height * wider), sense);
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
    ui.painter().text(pos2(left, rect.top() + 8.0), Align2::LEFT_TOP, &card.title, letters::proportional(ui.ctx(), 13.0), palette.text);
    for (i, text) in card.lines.iter().enumerate() {
        let place = pos2(left, rect.top() + (26.0 + 15.0 * i as f32) * wider);
        ui.painter().text(place, Align2::LEFT_TOP, text, letters::proportional(ui.ctx(), LETTERS), palette.text_dim);
    }
    if let Some(drawn) = &card.kernel {
        let [rows, columns] = drawn.size();
        let room = (card.height - 14.0).min(54.0);
        let side = (room / rows.max(columns) as f32).min(14.0);
        let whole = vec2(side * columns as f32, side * rows as f32);
        let corner = pos2(rect.right() - 10.0 - whole.x, rect.center().y - whole.y / 2.0);
        kernel(ui, corner, side, drawn);
    }
    let spoken = format!("{}. {}", card.title, card.lines.iter().filter(|l| !l.is_empty()).cloned().collect::<Vec<_>>().join(". "));
    response.widget_info(|| {
        if masked { WidgetInfo::selected(Role::Button, true, lit, &spoken) } else { WidgetInfo::labeled(Role::Label, true, &spoken) }
    });
    response.on_hover_text(card.help)
}

/// A kernel as in the lecture: 1 where a weight lives, 0 where the mask removes it; the centre is framed.
fn kernel(ui: &Ui, corner: Pos2, side: f32, kernel: &Kernel) {
    let palette = Palette::of(ui);
    let [rows, columns] = kernel.size();
    let [up, _, across] = kernel.reach;
    let cell = |row: usize, column: usize| {
        Rect::from_min_size(corner + vec2(column as f32 * side, row as f32 * side), vec2(side - 1.0, side - 1.0))
    };
    for row in 0..rows {
        for column in 0..columns {
            let offset = (row as i32 - up as i32, column as i32 - across as i32);
            let above = kernel.above.as_ref().is_some_and(|taps| taps.offsets().contains(&offset));
            let live = kernel.live.offsets().contains(&offset);
            let fill = if above {
                palette.base
            } else if live {
                palette.seen
            } else {
                palette.track
            };
            ui.painter().rect_filled(cell(row, column), 1.0, fill);
            // Digits that are too small to be read tell less than the colours.
            if side >= letters::smallest(ui.ctx()) && kernel.masked {
                let (digit, ink) = if live || above { ("1", palette.on_accent) } else { ("0", palette.text_dim) };
                ui.painter().text(cell(row, column).center(), Align2::CENTER_CENTER, digit, egui::FontId::monospace(side * 0.7), ink);
            }
        }
    }
    if kernel.masked {
        ui.painter().rect_stroke(cell(up, across).expand(0.5), 1.0, Stroke::new(1.3, palette.now), StrokeKind::Middle);
    }
}

/// One mark for each later layer: lit as far as the field is shown, and a click shows it that far.
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
