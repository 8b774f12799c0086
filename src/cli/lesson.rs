use std::path::Path;

use anyhow::{Context, bail};

use super::arguments::Common;
use crate::autoregressive::pixelcnn;
use crate::data::{Toy, load_image, shipped};
use crate::exec::{Session, open_session};
use crate::flows::realnvp;
use crate::graph::{Direction, Graph, GraphError};
use crate::train::{Lesson, Model, PointData, Source, TrainError, Weights};

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
        Model::Pixelcnn { data, .. } => Ok(Source::images(load_image(path, *data)?)),
        Model::Realnvp { data, .. } => {
            *data = points(path)?;
            Ok(Source::Points(data.open()?))
        }
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
        (Model::Pixelcnn { .. }, None) => "the last 1,000 of the shipped digits".into(),
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

/// The graph that gives a batch's predictions (PixelCNN) or its way through the layers (flow): it declares the model's parameters.
pub(super) fn evaluation_graph(model: &Model, batch: usize, direction: Direction) -> Result<Graph, GraphError> {
    match model {
        Model::Pixelcnn { config, .. } => pixelcnn::evaluation(config, batch).map(|(graph, _)| graph),
        Model::Realnvp { config, .. } => realnvp::evaluation(config, batch, direction),
    }
}

/// Puts weights into a session, once the program that declares them is prepared there.
pub(super) fn load(session: &mut dyn Session, model: &Model, weights: &Weights) -> Result<(), TrainError> {
    weights.write_to(session, &evaluation_graph(model, 1, Direction::Forward)?)
}

/// Step at which weights were saved.
pub(super) fn step_of(weights: &Weights) -> u64 {
    weights.metadata.get("step").and_then(|step| step.parse().ok()).unwrap_or(0)
}
