use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};

use super::arguments::Common;
use crate::autoregressive::{causal_stack, pixelcnn};
use crate::data::{Toy, load_csv, load_image, shipped};
use crate::exec::{Session, open_session};
use crate::flows;
use crate::graph::Reuse;
use crate::train::{Lesson, Model, PointData, PointSource, Source, Weights};

/// Half-side of the square that the points of a file are fitted to, as for training.
const HALF_SIDE: f32 = 3.0;

/// Opens a lesson with the person's seed.
pub(super) fn open(name: &str, common: &Common) -> anyhow::Result<Lesson> {
    let mut lesson = Lesson::open(name)?;
    if let Some(seed) = common.seed {
        lesson.seed = seed;
    }
    Ok(lesson)
}

/// Opens the lesson's data, or the person's in its place; the lesson then names them.
pub(super) fn source(lesson: &mut Lesson, data: Option<&Path>) -> anyhow::Result<Source> {
    let Some(path) = data else { return Ok(Source::open(lesson)?) };
    match &mut lesson.model {
        Model::Pixelcnn { data, .. } => Ok(Source::images(load_image(path, data.preparation())?)),
        Model::CausalStack { data, .. } => {
            bail!("Expected no data, because this lesson has its own ({}), found {}; leave --data out.", data.title(), path.display())
        }
        Model::Realnvp { data, .. } => {
            *data = points(path)?;
            Ok(Source::Points(data.open()?))
        }
    }
}

/// What a score is made on: the lesson's own test data, or all of the person's.
pub(super) fn test_source(lesson: &mut Lesson, data: Option<&Path>) -> anyhow::Result<Source> {
    let source = source(lesson, data)?;
    match (&lesson.model, source) {
        (Model::Realnvp { data: PointData::File { path }, .. }, Source::Points(PointSource::Finite { .. })) if data.is_some() => {
            let loaded = load_csv(path)?;
            let (points, _) = loaded.points.fit_to(HALF_SIDE);
            Ok(Source::Points(PointSource::Finite { train: points.clone(), test: points, note: loaded.note() }))
        }
        (_, source) => Ok(source),
    }
}

/// A file of points, or the name of a toy or a shipped drawing.
fn points(path: &Path) -> anyhow::Result<PointData> {
    let name = path.to_string_lossy();
    if !path.exists() {
        if let Ok(toy) = Toy::from_name(&name) {
            return Ok(PointData::Toy { toy });
        }
        if name == "world" {
            return Ok(PointData::World);
        }
        if shipped::shape(&name).is_ok() {
            return Ok(PointData::Shape { name: name.into_owned() });
        }
        if path.extension().is_none() && path.components().count() == 1 {
            let known: Vec<&str> = Toy::ALL.map(Toy::name).into_iter().chain(["world"]).chain(shipped::shape_names()).collect();
            bail!("Expected a CSV file or the name of a data set, found {name:?}; the data sets are {}.", known.join(", "));
        }
    }
    // Absolute, so that the lesson inside the weights still finds it from another folder.
    Ok(PointData::File { path: std::path::absolute(path).unwrap_or_else(|_| path.into()) })
}

/// Title of what a lesson learns from.
pub(super) fn data_title(lesson: &Lesson, data: Option<&Path>) -> String {
    match (&lesson.model, data) {
        (Model::Pixelcnn { .. }, Some(path)) => path.display().to_string(),
        (Model::Pixelcnn { data, .. }, None) => data.title().into(),
        (Model::CausalStack { data, .. }, _) => data.title().into(),
        (Model::Realnvp { data, .. }, _) => data.title(),
    }
}

/// The person's weights, else those that belong to the lesson.
pub(super) fn weights(lesson: &Lesson, file: Option<&Path>) -> anyhow::Result<Weights> {
    let found = match file {
        Some(path) => Some(Weights::read(path)?),
        None => lesson.trained_weights()?,
    };
    found.with_context(|| {
        let name = &lesson.name;
        format!("Expected trained weights for the lesson {name}, which comes without any; make some with `tractable train {name} --from-scratch --out mine.safetensors` and pass `--weights mine.safetensors`.")
    })
}

/// A session for a lesson on the backend that the person chose.
pub(super) fn session(common: &Common) -> anyhow::Result<Box<dyn Session>> {
    Ok(open_session(common.backend.into(), common.threads())?)
}

/// A session that holds these weights of the model.
pub(super) fn loaded(model: &Model, weights: &Weights, common: &Common) -> anyhow::Result<Box<dyn Session>> {
    let mut session = session(common)?;
    let graph = Arc::new(match model {
        Model::Pixelcnn { config, .. } => pixelcnn::likelihood(config, 1)?,
        Model::CausalStack { config, .. } => causal_stack::likelihood(config, 1)?,
        Model::Realnvp { config, .. } => flows::likelihood(config, 1)?,
    });
    session.prepare(&graph, Reuse::On)?;
    weights.write_to(session.as_mut(), &graph)?;
    Ok(session)
}

/// What was noted while the data were read: that a long file was thinned, for example.
pub(super) fn note(source: &Source) -> Option<String> {
    match source {
        Source::Points(PointSource::Finite { note, .. }) => note.clone(),
        _ => None,
    }
}
