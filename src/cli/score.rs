use serde_json::{Value, json};

use super::arguments::{Common, ScoreArguments};
use super::report::Report;
use super::{balance, lesson, train};
use crate::exec::Session;
use crate::train::{Lesson, Model, Source, Weights};

/// `tractable score`.
pub(super) fn score(arguments: &ScoreArguments, common: &Common) -> anyhow::Result<Report> {
    let mut lesson = lesson::open(&arguments.lesson, common)?;
    let weights = lesson::weights(&lesson, arguments.weights.as_deref())?;
    lesson::as_trained(&mut lesson, &weights);
    let source = lesson::test_source(&mut lesson, arguments.data.as_deref(), &weights)?;
    lesson::check_scored_classes(&lesson, &source, &weights)?;
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
    if let (Some(object), Value::Object(more)) = (json.as_object_mut(), more) {
        object.extend(more);
    }
    let mut text = format!("{} at step {}\n{}", lesson::subject(&lesson, &data), weights.step(), train::describe(&score));
    if let Some(rows) = Rows::of(session.as_mut(), &lesson, &source, &weights)? {
        text += &format!("\n{}", rows.text);
        (json["trained_on"], json["held_out"]) = (json!(rows.trained), rows.held_out);
    }
    let classes = if let Model::Realnvp { config, .. } = &lesson.model { config.classes } else { 0 };
    // The shares were learned with the weights: the rows that are scored may have others.
    let shares = weights.class_shares(classes);
    if let Some(found) = train::by_class(session.as_mut(), &lesson.model, &source, &shares, lesson.seed)? {
        json["by_class"] = json!(found);
        text += &format!("\n{}", train::describe_by_class(&found));
    }
    if let Model::Realnvp { config, .. } = &lesson.model {
        json["family"] = json!(config.family.name());
        json["class_names"] = json!(lesson::class_names(&lesson, &weights));
        let (_, held_out) = balance::both(session.as_mut(), config, &source, lesson.seed)?;
        json["balance"] = json!({ "test": held_out });
        text += &format!("\n{}", held_out.describe("scored"));
    }
    Ok(Report { json, text: text + &note.map(|note| format!("\n{note}")).unwrap_or_default() })
}

/// How many of the rows that were scored are rows that the weights were trained on.
struct Rows {
    trained: usize,
    /// The score of those that were not, where the others are more.
    held_out: Value,
    text: String,
}

impl Rows {
    /// Counts them; none where the points are other ones than those that were learned, or come without end.
    fn of(session: &mut dyn Session, lesson: &Lesson, source: &Source, weights: &Weights) -> anyhow::Result<Option<Rows>> {
        let (Model::Realnvp { data, .. }, Some(Model::Realnvp { data: learned, .. })) =
            (&lesson.model, lesson::learned(weights).map(|lesson| lesson.model))
        else {
            return Ok(None);
        };
        if !lesson::same_points(data, &learned) || source.flow_train().is_none() {
            return Ok(None);
        }
        let count = source.flow_test(usize::MAX, lesson.seed).len();
        let split = lesson::open_data(lesson, Some(weights))?;
        if split.trained_rows().map(|rows| rows.to_string()).as_ref() != weights.metadata.get("trained_rows") {
            // The file has grown since, and is split in another way.
            return Ok(None);
        }
        let (train, test) = (split.flow_train().unwrap_or_default(), split.flow_test(usize::MAX, lesson.seed));
        let (trained, held_out) = (train.len(), test.len());
        if train == test {
            // Too few rows to hold one out.
            let text = "The weights were trained on these rows.".into();
            return Ok(Some(Rows { trained, held_out: Value::Null, text }));
        }
        if count == held_out {
            let text = format!("These {count} rows were held out: the weights were trained on {trained} others.");
            return Ok(Some(Rows { trained: 0, held_out: Value::Null, text }));
        }
        let score = train::score_in(session, &lesson.model, &split, lesson.seed)?;
        let text = format!(
            "The weights were trained on {trained} of these {count} rows; the {held_out} held out alone: {}",
            train::describe(&score)
        );
        Ok(Some(Rows { trained, held_out: json!(score), text }))
    }
}
