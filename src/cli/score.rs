use serde_json::json;

use super::arguments::{Common, ScoreArguments};
use super::report::Report;
use super::{lesson, train};
use crate::graph::Reuse;
use std::sync::Arc;

/// `tractable score`.
pub(super) fn score(arguments: &ScoreArguments, common: &Common) -> anyhow::Result<Report> {
    let mut lesson = lesson::open(&arguments.lesson, common)?;
    let weights = lesson::weights(&lesson, arguments.weights.as_deref())?;
    let source = lesson::source(&mut lesson, arguments.data.as_deref())?;
    let mut session = lesson::session(common)?;
    let graph = Arc::new(lesson::evaluation_graph(&lesson.model, 1, crate::graph::Direction::Forward)?);
    session.prepare(&graph, Reuse::On)?;
    weights.write_to(session.as_mut(), &graph)?;
    let score = train::score_in(session.as_mut(), &lesson.model, &source, lesson.seed)?;
    let data = lesson::data_title(&lesson, arguments.data.as_deref());
    let backend = session.backend();
    let mut json = serde_json::to_value(score)?;
    let more = json!({
        "lesson": lesson.name, "data": data, "seed": lesson.seed, "step": lesson::step_of(&weights), "parameters": weights.parameter_count(),
        "backend": backend.backend, "adapter": backend.adapter, "threads": backend.threads,
    });
    if let (Some(object), serde_json::Value::Object(more)) = (json.as_object_mut(), more) {
        object.extend(more);
    }
    let text = format!("{} at step {}, on {data}\n{}", lesson.title, lesson::step_of(&weights), train::describe(&score));
    Ok(Report { json, text })
}
