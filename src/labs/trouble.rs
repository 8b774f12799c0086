//! The ways out under the sentence about what went wrong: every chapter of several small models has the same ones.

use egui::Ui;

use crate::train::Trouble;
use crate::ui::chips;

/// What a person chooses there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum WayOut {
    /// Training goes on from the last sound weights at half the rate.
    Slower,
    /// The sentence about the lost device was read.
    Understood,
}

/// The buttons above the canvas; gives the one that was clicked.
pub(super) fn ways_out(ui: &mut Ui, trouble: Option<&Trouble>) -> Option<WayOut> {
    let trouble = trouble?;
    let mut chosen = None;
    if let Some(rate) = trouble.broke_at {
        let slower = chips::primary_button(ui, &format!("Half the rate ({:.1e}) and go on", rate / 2.0));
        if slower.on_hover_text("From the last good weights").clicked() {
            chosen = Some(WayOut::Slower);
        }
        ui.add_space(6.0);
    } else if trouble.error.is_none() && trouble.lost.is_some() {
        if chips::primary_button(ui, "Go on with the processor").clicked() {
            chosen = Some(WayOut::Understood);
        }
        ui.add_space(6.0);
    }
    chosen
}

/// Whether something has failed since this was asked last: what trained has then stopped by itself.
pub(super) fn failed_anew(seen: &mut u64, trouble: &Trouble) -> bool {
    std::mem::replace(seen, trouble.failures) < trouble.failures
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable;

    use crate::labs::working::tests::SESSIONS;
    use crate::labs::{Command, Lab, Shared, registry};
    use crate::train::Sessions;
    use crate::train::breakable::Breakable;

    type Frame = Harness<'static, (Box<dyn Lab>, Shared)>;

    fn wait(frame: &mut Frame, what: &str, good: impl Fn(&dyn Lab) -> bool) {
        let start = Instant::now();
        loop {
            frame.step();
            if good(frame.state().0.as_ref()) {
                return;
            }
            assert!(start.elapsed() < Duration::from_secs(120), "{what} never came: {:?}", frame.state().0.status());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn says(lab: &dyn Lab, part: &str) -> bool {
        lab.status().error.is_some_and(|sentence| sentence.contains(part))
    }

    #[test]
    fn what_breaks_a_chapter_is_said_once_and_one_click_goes_on() {
        for id in ["residual-ffjord", "planar-sylvester", "blind-spot"] {
            let [lost, spoiled] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
            let flags = [Arc::clone(&lost), Arc::clone(&spoiled)];
            let make = move || Ok(Box::new(Breakable::new(&flags[0], &flags[1])) as _);
            SESSIONS.set(Some(Sessions::by(Box::new(make), 1)));
            let mut shared = Shared { threads: 1, ..Shared::default() };
            let mut lab = registry::find(id).and_then(|chapter| chapter.open).unwrap()(&shared);
            let frame = move |ui: &mut egui::Ui, (lab, shared): &mut (Box<dyn Lab>, Shared)| {
                lab.update(&ui.ctx().clone(), shared);
                lab.canvas(ui, shared);
            };
            lab.update(&egui::Context::default(), &mut shared);
            if id == "blind-spot" {
                lab.command(Command::Train, &mut shared);
            }
            let mut frame = Harness::builder().with_size(egui::vec2(900.0, 700.0)).build_ui_state(frame, (lab, shared));
            wait(&mut frame, "training on the device", |lab| lab.status().backend.starts_with("GPU") && lab.status().busy.contains("step"));
            spoiled.store(true, Ordering::Relaxed);
            wait(&mut frame, "the sentence", |lab| says(lab, "Lower the learning rate") && lab.status().busy.is_empty());
            frame.get_by_label_contains("Half the rate (").click();
            wait(&mut frame, "more training", |lab| lab.status().error.is_none() && lab.status().busy.contains("step"));
            lost.store(true, Ordering::Relaxed);
            wait(&mut frame, "the processor", |lab| says(lab, "on the processor, more slowly") && lab.status().backend.starts_with("CPU"));
            assert!(says(frame.state().0.as_ref(), "the cable was pulled"), "{id}");
            frame.get_by_label("Go on with the processor").click();
            wait(&mut frame, "training without a word", |lab| lab.status().error.is_none() && lab.status().busy.contains("step"));
            frame.step();
            assert!(frame.query_by_label("Go on with the processor").is_none(), "{id}");
        }
    }
}
