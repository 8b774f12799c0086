//! What comes from the worker, and what it is told about the view.

use std::time::{Duration, Instant};

use egui::Context;

use super::{FlowLab, Shared};
use crate::train::flow_job::FlowCommand;
use crate::ui::canvas2d::View;

/// The view onto data space must stand still this long before fields are computed for it.
const VIEW_SETTLES: Duration = Duration::from_millis(120);
/// Among so many points the nearest one is near, and hardly an outlier.
const SOME_POINTS: usize = 24;

/// A view that a hand may be moving: its bounds, and since when.
#[derive(Default)]
pub(super) struct Moving(Option<([f64; 4], Instant)>);

impl Moving {
    /// Whether these bounds are to be sent now: they are others than those that were `sent`, and have stood still; the first ones are sent at
    /// once. Asks for the frame in which they will have.
    pub(super) fn stands(&mut self, bounds: [f64; 4], sent: Option<[f64; 4]>, ctx: &Context) -> bool {
        let since = match self.0 {
            Some((last, since)) if last == bounds => since,
            _ => self.0.insert((bounds, Instant::now())).1,
        };
        if sent == Some(bounds) {
            return false;
        }
        let quiet = since.elapsed();
        let stands = quiet >= VIEW_SETTLES || sent.is_none();
        if !stands {
            ctx.request_repaint_after(VIEW_SETTLES.saturating_sub(quiet));
        }
        stands
    }
}

impl FlowLab {
    /// Takes the worker's news: events, and the newest snapshot.
    pub(super) fn take_news(&mut self, shared: &mut Shared) {
        let Some(worker) = &self.worker else { return };
        if let Some(death) = shared.hear(worker.events()) {
            self.failed = Some(death);
        }
        let Some(snapshot) = worker.take_snapshot() else { return };
        if snapshot.data.version != self.data_version {
            self.data_version = snapshot.data.version;
            if std::mem::take(&mut self.fit_next) && !snapshot.data.points.is_empty() {
                self.data_view = View::fit(&snapshot.data.points);
                // The probe stays where it is, but on the data.
                let near = |p: &&[f32; 2]| (f64::from(p[0]) - self.probe[0]).hypot(f64::from(p[1]) - self.probe[1]);
                let nearest = snapshot.data.points.iter().take(SOME_POINTS).min_by(|a, b| near(a).total_cmp(&near(b)));
                if let Some(&[x, y]) = nearest.filter(|_| !std::mem::take(&mut self.pins.probe_stays)) {
                    self.set_probe([x.into(), y.into()]);
                }
            }
        }
        if snapshot.heard == self.sent.get() {
            self.follow_worker(&snapshot);
        }
        if let Some(reading) = snapshot.probe.as_ref().filter(|_| self.led_by_z) {
            self.probe = reading.at;
        }
        self.follow_pins(&snapshot.pins);
        self.follow_curve(snapshot.trace.as_deref());
        self.depth.set_layers(snapshot.config.stages());
        self.snapshot = Some(snapshot);
    }

    /// Tells the worker what is in view, once the view stands still.
    pub(super) fn follow_view(&mut self, bounds: [f64; 4], ctx: &Context) {
        if self.view_moved.stands(bounds, self.view_sent, ctx) {
            self.view_sent = Some(bounds);
            self.send(FlowCommand::Window(bounds));
        }
    }
}
