use serde_json::json;

use super::report::Report;
use crate::train::{Lesson, Model, Weights};

/// `tractable list`.
pub(super) fn list() -> anyhow::Result<Report> {
    let mut rows = Vec::new();
    let mut text = String::new();
    for name in Lesson::PRESETS {
        let lesson = Lesson::preset(name).expect("every listed preset is shipped");
        let weights = lesson.trained_weights()?;
        let step = weights.as_ref().map(Weights::step);
        let parameters = lesson.model.training_graph(1)?.parameter_count();
        let kind = match lesson.model {
            Model::Pixelcnn { .. } => "pixelcnn",
            Model::CausalStack { .. } => "causal-stack",
            Model::Realnvp { .. } => "realnvp",
        };
        let state = step.map_or("not trained yet".into(), |step| format!("trained for {step} steps"));
        text += &format!("{name:<16} {:<36} {parameters:>7} parameters, {state}\n", lesson.title);
        rows.push(json!({
            "name": name, "title": lesson.title, "model": kind, "parameters": parameters, "trained_steps": step,
            "batch": lesson.training.batch, "steps": lesson.training.steps, "seed": lesson.seed,
        }));
    }
    Ok(Report { json: json!({ "lessons": rows }), text })
}
