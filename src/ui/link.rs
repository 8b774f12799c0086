//! One hover for everything that is the same thing: a formula's number, its bar and its pixel light up together.
//!
//! A widget that shows a named number asks [`lit`] while it draws and says [`hover`] when the pointer is on it. The names are those of the lab's
//! live numbers.

use egui::{Context, Id};

/// What is hovered: in the frame that is being drawn, and in the one before, which is what all widgets show.
#[derive(Clone, Debug, Default)]
struct Hovered {
    frame: u64,
    now: Option<String>,
    before: Option<String>,
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
            let old = hovered.now.take();
            hovered.before = if frame == hovered.frame + 1 { old } else { None };
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

/// Whether something of this name is hovered.
#[must_use]
pub fn lit(ctx: &Context, name: &str) -> bool {
    with(ctx, |hovered| hovered.before.as_deref() == Some(name))
}

/// The name that is hovered, if any.
#[must_use]
pub fn lit_name(ctx: &Context) -> Option<String> {
    with(ctx, |hovered| hovered.before.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hover_is_seen_one_frame_later_and_ends_by_itself() {
        let ctx = Context::default();
        let frame = |hovering: Option<&str>| {
            let mut seen = None;
            let _ = ctx.run_ui(egui::RawInput::default(), |ui| {
                if let Some(name) = hovering {
                    hover(ui.ctx(), name);
                }
                seen = lit_name(ui.ctx());
            });
            seen
        };
        assert_eq!(frame(Some("p")), None);
        assert_eq!(frame(None), Some("p".to_owned()));
        assert_eq!(frame(None), None);
    }
}
