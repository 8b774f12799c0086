use serde_json::json;

use super::arguments::{Common, ScoreArguments};
use super::report::Report;
use super::{lesson, train};

/// `tractable score`.
pub(super) fn score(arguments: &ScoreArguments, common: &Common) -> anyhow::Result<Report> {
    let mut lesson = lesson::open(&arguments.lesson, common)?;
    let weights = lesson::weights(&lesson, arguments.weights.as_deref())?;
    lesson::as_trained(&mut lesson, &weights);
    let source = lesson::test_source(&mut lesson, arguments.data.as_deref())?;
    let mut session = lesson::loaded(&lesson.model, &weights, common)?;
    let score = train::score_in(session.as_mut(), &lesson.model, &source, lesson.seed)?;
    let data = lesson::data_title(&lesson, arguments.data.as_deref());
    let note = lesson::note(&source);
    let backend = session.backend();
    let mut json = serde_json::to_value(score)?;
    let more = json!({
        "lesson": lesson.name, "data": data, "note": note, "seed": lesson.seed, "step": weights.step(), "parameters": weights.parameter_count(),
        "backend": backend.backend, "adapter": backend.adapter, "threads": backend.threads,
    });
    if let (Some(object), serde_json::Value::Object(more)) = (json.as_object_mut(), more) {
        object.extend(more);
    }
    let text = format!("{} at step {}, on {data}\n{}", lesson.title, weights.step(), train::describe(&score));
    Ok(Report { json, text: text + &note.map(|note| format!("\n{note}")).unwrap_or_default() })
}
