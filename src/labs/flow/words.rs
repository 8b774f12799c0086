//! The lab in words: the chip of the top bar, and what a screen reader says.

use super::{FlowLab, LabStatus};
use crate::flows::Config;
use crate::ui::transport::TransportModel;
use crate::ui::units::{count, number};

/// What a layer is called where all are listed: its number, and NICE's last one by what it does.
pub(super) fn layer(config: &Config, layer: usize) -> String {
    match config.stage_title(layer) {
        scale @ "scale" => scale.to_owned(),
        _ => format!("layer {}", layer + 1),
    }
}

impl FlowLab {
    /// The backend chip, what is going on, and the sentence about what went wrong.
    pub(super) fn said_status(&self) -> LabStatus {
        let Some(snapshot) = &self.snapshot else {
            return LabStatus { busy: "opening".into(), error: self.failed.clone(), ..LabStatus::default() };
        };
        let backend = match snapshot.backend.backend {
            "cpu" => format!("CPU · {} {}", snapshot.backend.threads, if snapshot.backend.threads == 1 { "thread" } else { "threads" }),
            other => format!("{} · {}", other.to_uppercase(), snapshot.backend.adapter),
        };
        let state = if snapshot.training { "training" } else { "paused" };
        let busy = format!("{state} · step {}", count(snapshot.step));
        LabStatus { backend, busy, error: self.failed.clone().or_else(|| snapshot.diverged.clone()).or_else(|| snapshot.lost.clone()) }
    }

    /// The present picture in a few sentences, for a screen reader.
    pub(super) fn said_summary(&self) -> String {
        let mut text = format!("{}.", self.depth.labels().position);
        if let Some(sentence) = self.micro_sentence() {
            text.push_str(&format!(" {sentence}"));
        }
        for sentence in self.spoken_overlays(self.depth.between(false)) {
            text.push_str(&format!(" {sentence}."));
        }
        if let Some(sentence) = self.bet_sentence() {
            text.push_str(&format!(" {sentence}"));
        }
        if let Some(probe) = self.reading() {
            let [x, y] = probe.at.map(|v| number(v, 2));
            text.push_str(&format!(" Probe at {x}, {y}: log density {} nats.", number(probe.shown_log_prob(), 2)));
            if let Some(log_det) = probe.log_dets.get(self.layer()).filter(|_| !self.hides(self.layer())) {
                let verb = if *log_det < 0.0 { "squeezes" } else { "stretches" };
                text.push_str(&format!(" Layer {} {verb} by {}.", self.layer() + 1, number(log_det.exp(), 2)));
            }
        }
        if let Some(score) = self.pictures().and_then(|pictures| pictures.test) {
            text.push_str(&format!(" Test loss {} nats per point.", number(score.nats, 2)));
        }
        text
    }
}
