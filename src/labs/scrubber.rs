//! The time-line of a training: every kept step can be seen again, and training goes on from the newest unless asked.

use egui::{Stroke, Ui, vec2};

use crate::train::{Past, Timeline};
use crate::ui::chips;
use crate::ui::theme::Palette;
use crate::ui::units::count;

/// Draws the scrubber of `model` and, while an earlier step is shown, its two buttons; gives what is asked. `scrub` is where it was put,
/// until the worker shows it.
pub(super) fn show(ui: &mut Ui, timeline: &Timeline, scrub: &mut Option<u64>, model: &str) -> Option<Past> {
    let (first, last) = ends(timeline)?;
    let settled = !ui.ctx().input(|input| input.pointer.any_down());
    if settled && scrub.is_some_and(|step| kept_at(timeline, step) == timeline.shown) {
        *scrub = None;
    }
    let mut asked = None;
    let mut step = scrub.unwrap_or(timeline.shown) as usize;
    let response = chips::slider_usize(ui, "Training step", "", &mut step, first as usize..=last as usize);
    if response.changed() {
        let step = step as u64;
        *scrub = Some(step);
        asked = Some(Past::LookAt(step));
    }
    if let Some(broke) = timeline.broke {
        let part = ((broke - first) as f32 / (last - first) as f32).clamp(0.0, 1.0);
        let x = response.rect.left() + part * response.rect.width();
        ui.painter().vline(x, response.rect.y_range(), Stroke::new(3.0, Palette::of(ui).blind));
    }
    let every = match timeline.every {
        1 => "every step is kept".to_owned(),
        n => format!("every {} steps are kept", count(n)),
    };
    response.on_hover_text(format!("Drag to see the {model} as it was at an earlier update; {every}."));
    if let Some(broke) = timeline.broke {
        let text = format!("Broke at step {}; the line ends at the last good step, {}.", count(broke), count(timeline.newest));
        chips::note(ui, &text);
    }
    if timeline.shown < timeline.newest {
        asked = back(ui, timeline, scrub).or(asked);
    }
    asked
}

fn back(ui: &mut Ui, timeline: &Timeline, scrub: &mut Option<u64>) -> Option<Past> {
    chips::note(ui, &format!("Step {} of {}. Training goes on from the newest.", count(timeline.shown), count(timeline.newest)));
    let mut asked = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(5.0, 5.0);
        if chips::button(ui, "To the newest").on_hover_text("Shows the newest step again").clicked() {
            asked = Some(Past::LookAt(timeline.newest));
        }
        let help = "What came after this step is forgotten; the same batches follow";
        if chips::button(ui, "Train from here").on_hover_text(help).clicked() {
            asked = Some(Past::GoOnFromHere);
        }
    });
    if asked.is_some() {
        *scrub = None;
    }
    asked
}

/// The first and the last step of the line; none where it has no length.
fn ends(timeline: &Timeline) -> Option<(u64, u64)> {
    let first = *timeline.kept.first()?;
    let last = timeline.newest.max(timeline.broke.unwrap_or(0));
    (last > first).then_some((first, last))
}

/// The step that is shown for this wish.
fn kept_at(timeline: &Timeline, step: u64) -> u64 {
    if step >= timeline.newest {
        return timeline.newest;
    }
    timeline.kept.iter().rev().find(|kept| **kept <= step).copied().unwrap_or(timeline.newest)
}

/// The height that the scrubber takes at present, about.
pub(super) fn height(timeline: &Timeline) -> f32 {
    let parts = [(true, 42.0), (timeline.broke.is_some(), 34.0), (timeline.shown < timeline.newest, 64.0)];
    let taken = parts.into_iter().filter(|(there, _)| *there).map(|(_, height)| height).sum();
    ends(timeline).map_or(0.0, |_| taken)
}

/// The earlier step that is looked at after this was asked; none is the newest.
pub(super) fn looked(past: Past, timeline: Option<&Timeline>) -> Option<u64> {
    let Past::LookAt(step) = past else { return None };
    Some(step).filter(|&step| timeline.is_some_and(|timeline| step < timeline.newest))
}

/// The earlier step that is looked at, by a worker that has heard all that was asked: after it went on, that is none.
pub(super) fn still_looked(looked: Option<u64>, timeline: &Timeline) -> Option<u64> {
    (timeline.shown < timeline.newest).then(|| looked.unwrap_or(timeline.shown))
}
