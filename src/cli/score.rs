use serde_json::json;

use super::arguments::{Common, ScoreArguments};
use super::report::Report;
use super::{balance, lesson, train};
use crate::train::Model;

/// `tractable score`.
pub(super) fn score(arguments: &ScoreArguments, common: &Common) -> anyhow::Result<Report> {
    let mut lesson = lesson::open(&arguments.lesson, common)?;
    let weights = lesson::weights(&lesson, arguments.weights.as_deref())?;
    lesson::as_trained(&mut lesson, &weights);
    let source = lesson::test_source(&mut lesson, arguments.data.as_deref(), &weights)?;
    lesson::check_classes(&lesson, &source)?;
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
    let mut text = format!("{} at step {}\n{}", lesson::subject(&lesson, &data), weights.step(), train::describe(&score));
    let classes = if let Model::Realnvp { config, .. } = &lesson.model { config.classes } else { 0 };
    // The shares were learned with the weights: the rows that are scored may have others.
    let shares = weights.class_shares(classes);
    if let Some(found) = train::by_class(session.as_mut(), &lesson.model, &source, &shares, lesson.seed)? {
        json["by_class"] = json!(found);
        text += &format!("\n{}", train::describe_by_class(&found));
    }
    if let Model::Realnvp { config, .. } = &lesson.model {
        let (_, held_out) = balance::both(session.as_mut(), config, &source, lesson.seed)?;
        json["balance"] = json!({ "test": held_out });
        text += &format!("\n{}", held_out.describe("scored"));
    }
    Ok(Report { json, text: text + &note.map(|note| format!("\n{note}")).unwrap_or_default() })
}
