//! Inside one training update: batch, forward, base, sum, mean, gradient, nudge.

use egui::{Color32, Stroke};

use super::{arrow, words};
use crate::labs::flow::FlowLab;
use crate::train::flow_job::{Point, UpdateStory};
use crate::ui::canvas2d::Plane;
use crate::ui::units::{count, number, signed};

/// The movement of one update is too small to be seen: it is drawn so many times longer, and the picture says so.
const LONGER: f32 = 50.0;
/// Length of a gradient's arrow, in the plane's units for each unit of the gradient.
const RISE: f32 = 0.08;
/// A steep gradient's arrow ends here.
const LONGEST: f32 = 0.45;
/// More arrows than this hide one another.
const ARROWS: usize = 128;

impl FlowLab {
    /// The update that is told.
    pub(super) fn story(&self) -> Option<&UpdateStory> {
        self.snapshot.as_ref()?.story.as_deref()
    }
}

/// What happens, step by step, at most 12 words each.
pub(super) fn sentences(story: &UpdateStory) -> Vec<String> {
    vec![
        format!("Batch: {} points are drawn for update {}.", count(story.batch.len() as u64), count(story.step + 1)),
        "Forward: the layers carry the batch to z.".into(),
        format!("Base: the mean of log N(z) is {} nats.", signed(story.log_base, 3)),
        format!("Sum: plus the log-dets, {}, it is {}.", signed(story.log_det, 3), signed(-story.loss, 3)),
        format!("Mean: the loss is minus that, {} nats per point.", number(story.loss, 3)),
        "Gradient: the arrows point where log p rises.".into(),
        format!(
            "Nudge: {} weights move by {}; the loss is {}.",
            count(story.parameters as u64),
            number(story.moved, 3),
            number(story.loss_after, 3)
        ),
    ]
}

/// Whether the sentence is about the loss itself: mean and nudge.
pub(super) fn tells_the_loss(at: usize) -> bool {
    matches!(at, 4 | 6)
}

/// Lights the batch in data space.
pub(super) fn data(plane: &Plane<'_>, story: &UpdateStory, at: usize) {
    let palette = plane.palette();
    match at {
        0 => rings(plane, &story.batch, palette.now),
        1..=4 => plane.points(&story.batch, 1.6, palette.text_dim),
        _ => {
            plane.points(&story.batch, 1.6, palette.text_dim);
            for (&x, rise) in story.batch.iter().zip(&story.rise).take(ARROWS) {
                let length = rise[0].hypot(rise[1]) * RISE;
                let factor = if length > LONGEST { RISE * LONGEST / length } else { RISE };
                arrow(plane, x, [x[0] + factor * rise[0], x[1] + factor * rise[1]], 1.4, palette.positive);
            }
        }
    }
}

/// Lights the batch in latent space.
pub(super) fn latent(plane: &Plane<'_>, story: &UpdateStory, at: usize) {
    let palette = plane.palette();
    match at {
        0 => {}
        1 => rings(plane, &story.z, palette.now),
        2..=5 => {
            for radius in [1.0, 2.0, 3.0] {
                plane.circle([0.0; 2], radius, Stroke::new(1.5, palette.base));
            }
            plane.points(&story.z, 1.8, if at == 2 { palette.base } else { palette.text_dim });
            let text = match at {
                2 => Some((format!("mean log N(z) = {}", signed(story.log_base, 3)), palette.base)),
                3 => {
                    Some((format!("{} {} = {}", signed(story.log_base, 3), signed(story.log_det, 3), signed(-story.loss, 3)), palette.now))
                }
                4 => Some((format!("loss = {}", number(story.loss, 3)), palette.now)),
                _ => None,
            };
            if let Some((text, ink)) = text {
                words(plane, [0.0, 0.0], &text, ink);
            }
        }
        _ => {
            for (&from, to) in story.z.iter().zip(&story.z_after).take(ARROWS) {
                let to = [0, 1].map(|axis| from[axis] + LONGER * (to[axis] - from[axis]));
                arrow(plane, from, to, 1.4, palette.now);
            }
            words(plane, [0.0, -3.4], &format!("moves drawn {LONGER} times longer"), palette.text);
        }
    }
}

fn rings(plane: &Plane<'_>, points: &[Point], color: Color32) {
    for point in points {
        let pos = plane.to_screen(point.map(f64::from));
        if plane.rect().contains(pos) {
            plane.painter().circle_stroke(pos, 3.5, Stroke::new(1.5, color));
        }
    }
}
