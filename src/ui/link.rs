//! One hover for everything that is the same thing: a formula's number, its bar and its pixel light up together.
//!
//! A widget that shows a named number asks [`lit`] while it draws and says [`hover`] when the pointer is on it. The names are those of the lab's
//! live numbers.

use egui::{Color32, Context, Id, Rect, Stroke, StrokeKind, Ui, vec2};

/// What is hovered: in the frame that is being drawn, and in the one before, which is what all widgets show.
#[derive(Clone, Debug, Default)]
struct Hovered {
    frame: u64,
    now: Option<String>,
    before: Option<String>,
    /// What a step of the explanation points at, while nothing is hovered.
    pointed: Option<String>,
    pointed_before: Option<String>,
}

impl Hovered {
    fn shown(&self) -> Option<&str> {
        self.before.as_deref().or(self.pointed_before.as_deref())
    }
}

fn id() -> Id {
    Id::unique("tractable linked hover")
}

fn with<R>(ctx: &Context, look: impl FnOnce(&mut Hovered) -> R) -> R {
    let frame = ctx.cumulative_frame_nr();
    ctx.data_mut(|data| {
        let hovered = data.get_temp_mut_or_default::<Hovered>(id());
        if hovered.frame != frame {
            // A frame without a word ends the hover.
            let old = (hovered.now.take(), hovered.pointed.take());
            (hovered.before, hovered.pointed_before) = if frame == hovered.frame + 1 { old } else { (None, None) };
            hovered.frame = frame;
        }
        look(hovered)
    })
}

/// Says that the pointer is on something of this name; it is lit from the next frame on, everywhere.
pub fn hover(ctx: &Context, name: &str) {
    let changed = with(ctx, |hovered| {
        hovered.now = Some(name.to_owned());
        hovered.before.as_deref() != Some(name)
    });
    if changed {
        ctx.request_repaint();
    }
}

/// Lights a name as long as it is said in every frame and nothing is hovered: what a step of the explanation is about.
pub fn point_at(ctx: &Context, name: &str) {
    let changed = with(ctx, |hovered| {
        hovered.pointed = Some(name.to_owned());
        hovered.pointed_before.as_deref() != Some(name)
    });
    if changed {
        ctx.request_repaint();
    }
}

/// Whether something of this name is hovered or pointed at.
#[must_use]
pub fn lit(ctx: &Context, name: &str) -> bool {
    with(ctx, |hovered| hovered.shown() == Some(name))
}

/// The name that is hovered or pointed at, if any.
#[must_use]
pub fn lit_name(ctx: &Context) -> Option<String> {
    with(ctx, |hovered| hovered.shown().map(str::to_owned))
}

/// Makes a part of the screen stand for a number: pointing at it lights everything of that name, and it is lit with them.
pub fn place(ui: &Ui, rect: Rect, name: &str, color: Color32) {
    if ui.rect_contains_pointer(rect) {
        hover(ui.ctx(), name);
    }
    if lit(ui.ctx(), name) {
        light(ui, rect, color);
    }
}

/// What is lit: a wash and a line under it.
pub fn light(ui: &Ui, rect: Rect, color: Color32) {
    let around = rect.expand2(vec2(2.0, 1.0));
    ui.painter().rect(around, 3.0, color.gamma_multiply(0.22), Stroke::NONE, StrokeKind::Inside);
    ui.painter().hline(around.x_range(), around.bottom(), Stroke::new(1.5, color));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hover_is_seen_one_frame_later_and_ends_by_itself() {
        let ctx = Context::default();
        let frame = |hovering: Option<&str>| {
            let mut seen = None;
            let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
                if let Some(name) = hovering {
                    hover(ui.ctx(), name);
                }
                seen = lit_name(ui.ctx());
            });
            // Nobody paints here.
            output.textures_delta.clear();
            seen
        };
        assert_eq!(frame(Some("p")), None);
        assert_eq!(frame(None), Some("p".to_owned()));
        assert_eq!(frame(None), None);
    }

    #[test]
    fn what_a_step_points_at_gives_way_to_the_pointer() {
        let ctx = Context::default();
        let frame = |hovering: bool| {
            let mut seen = None;
            let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
                point_at(ui.ctx(), "step");
                if hovering {
                    hover(ui.ctx(), "p");
                }
                seen = lit_name(ui.ctx());
            });
            // Nobody paints here.
            output.textures_delta.clear();
            seen
        };
        assert_eq!(frame(true), None);
        assert_eq!(frame(false), Some("p".to_owned()));
        assert_eq!(frame(false), Some("step".to_owned()));
    }
}
