use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};

use super::arguments::Common;
use crate::autoregressive::{causal_stack, pixelcnn};
use crate::data::{Drawing, Table, Toy, load_csv, load_darkness, load_image, shipped, table};
use crate::exec::{Session, open_session};
use crate::flows;
use crate::graph::Reuse;
use crate::train::{Lesson, Model, PointData, PointSource, Source, TableSource, Weights};

/// Half-side of the square that the points of a file are fitted to, as for training.
const HALF_SIDE: f32 = 3.0;

/// Files whose darkness becomes points: endings, the side that they are read at, the number of points and the width of each.
const PICTURES: [&str; 4] = ["png", "jpg", "jpeg", "bmp"];
const PICTURE_SIDE: u32 = 256;
const PICTURE_POINTS: usize = 4_000;
const PICTURE_SIGMA: f32 = 0.05;

/// Opens a lesson with the person's seed.
pub(super) fn open(name: &str, common: &Common) -> anyhow::Result<Lesson> {
    let mut lesson = Lesson::open(name)?;
    if let Some(seed) = common.seed {
        lesson.seed = seed;
    }
    Ok(lesson)
}

/// Opens the lesson's data, or the person's in its place; the lesson then names them, in its title too. Columns of a table are standardised as those
/// that the weights were trained on.
pub(super) fn source(lesson: &mut Lesson, data: Option<&Path>, weights: Option<&Weights>) -> anyhow::Result<Source> {
    if let Some(path) = data {
        match &mut lesson.model {
            Model::Pixelcnn { data, .. } => return Ok(Source::images(load_image(path, data.preparation())?)),
            Model::CausalStack { data, .. } => {
                bail!("Expected no data, because this lesson has its own ({}), found {}; leave --data out.", data.title(), path.display())
            }
            Model::Realnvp { data, .. } => {
                *data = points(path, weights)?;
                lesson.title = titled(&lesson.title, &data.title());
            }
        }
    }
    let standard = weights.and_then(Weights::standard);
    match (&lesson.model, standard) {
        (Model::Realnvp { config, data: data @ PointData::Table { .. } }, Some(standard)) if standard.mean.len() == config.dim => {
            check_columns(data, config.dim, &standard)?;
            let table = data.open_table(config.dim, Some(&standard))?;
            Ok(if config.dim == 2 { Source::Points(PointSource::Table(table)) } else { Source::Table(table) })
        }
        _ => Ok(Source::open(lesson)?),
    }
}

/// Whether a table has the columns that the weights learned, in their order: another order would be standardised by the wrong numbers.
fn check_columns(data: &PointData, dim: usize, standard: &table::Standard) -> anyhow::Result<()> {
    let found = data.read_table(dim)?.columns;
    if found != standard.columns {
        let (expected, found) = (standard.columns.join(", "), found.join(", "));
        bail!(
            "Expected the columns that the weights learned, {expected}, in this order; found {found}. Put them in order, or begin anew with --from-scratch."
        );
    }
    Ok(())
}

/// What a score is made on: the lesson's own test data, or all of the person's.
pub(super) fn test_source(lesson: &mut Lesson, data: Option<&Path>, weights: &Weights) -> anyhow::Result<Source> {
    let source = source(lesson, data, Some(weights))?;
    match &lesson.model {
        Model::Realnvp { data: PointData::File { path }, .. } if data.is_some() => {
            let loaded = load_csv(path)?;
            let (points, _) = loaded.points.fit_to(HALF_SIDE);
            Ok(Source::Points(PointSource::Finite { train: points.clone(), test: points, note: loaded.note() }))
        }
        Model::Realnvp { config, data: all @ PointData::Table { .. } } if data.is_some() => {
            let standard = weights.standard().filter(|standard| standard.mean.len() == config.dim);
            let table = TableSource::new(all.read_table(config.dim)?.whole(standard.as_ref()));
            Ok(if config.dim == 2 { Source::Points(PointSource::Table(table)) } else { Source::Table(table) })
        }
        _ => Ok(source),
    }
}

/// Takes the dimension of the person's table for a lesson of the plane that starts anew.
pub(super) fn take_dimension(lesson: &mut Lesson, data: Option<&Path>) -> anyhow::Result<()> {
    if let (Model::Realnvp { config, .. }, Some(path)) = (&mut lesson.model, data)
        && config.dim == 2
        && let PointData::Table { table, .. } = points(path, None)?
    {
        config.dim = Table::open(&table)?.dim();
    }
    Ok(())
}

/// A file of points or a table, or the name of a toy, a shipped drawing or table. Weights that learned a file as points of the plane take another
/// one so, whatever its columns are called.
fn points(path: &Path, weights: Option<&Weights>) -> anyhow::Result<PointData> {
    let name = path.to_string_lossy();
    if !path.exists() {
        if let Ok(toy) = Toy::from_name(&name) {
            return Ok(PointData::Toy { toy });
        }
        if table::SHIPPED.contains(&&*name) {
            return Ok(PointData::Table { table: path.into(), columns: None });
        }
        if name == "world" {
            return Ok(PointData::World);
        }
        if shipped::shape(&name).is_ok() {
            return Ok(PointData::Shape { name: name.into_owned() });
        }
        if path.extension().is_none() && path.components().count() == 1 {
            let known: Vec<&str> =
                Toy::ALL.map(Toy::name).into_iter().chain(["world"]).chain(table::SHIPPED).chain(shipped::shape_names()).collect();
            bail!("Expected a CSV file or the name of a data set, found {name:?}; the data sets are {}.", known.join(", "));
        }
    }
    if path.extension().and_then(|e| e.to_str()).is_some_and(|e| PICTURES.contains(&e.to_ascii_lowercase().as_str())) {
        let darkness = load_darkness(path, PICTURE_SIDE)?;
        let mut drawing = Drawing::default();
        drawing.scatter(darkness.points(PICTURE_POINTS, HALF_SIDE, 0), PICTURE_SIGMA);
        return Ok(PointData::Drawing { drawing });
    }
    // Absolute, so that the lesson inside the weights still finds it from another folder.
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.into());
    let as_points = matches!(weights.and_then(learned), Some(Lesson { model: Model::Realnvp { data: PointData::File { .. }, .. }, .. }));
    if !as_points && table::table_columns(path)?.is_some() {
        return Ok(PointData::Table { table: absolute, columns: None });
    }
    Ok(PointData::File { path: absolute })
}

/// The title of a lesson on other data: what stands before its own.
fn titled(title: &str, data: &str) -> String {
    format!("{} on {data}", title.split_once(" on ").map_or(title, |(model, _)| model))
}

/// What is fitted to what, where a title may say so already.
pub(super) fn subject(lesson: &Lesson, data: &str) -> String {
    if lesson.title.contains(" on ") { lesson.title.clone() } else { titled(&lesson.title, data) }
}

/// The lesson that weights were trained in.
pub(super) fn learned(weights: &Weights) -> Option<Lesson> {
    serde_json::from_str(weights.metadata.get("lesson")?).ok()
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

/// Whether the data of a flow given the class have its classes.
pub(super) fn check_classes(lesson: &Lesson, source: &Source) -> anyhow::Result<()> {
    match (&lesson.model, source.class_shares().len()) {
        (Model::Realnvp { config, data }, found) if config.classes > 0 && config.classes != found => bail!(
            "Expected points of {} classes for this flow, found {}; choose other data, or train without --by-class.",
            config.classes,
            if found == 0 { format!("none in {}", data.title()) } else { format!("{found} in {}", data.title()) }
        ),
        _ => Ok(()),
    }
}

/// Takes the architecture that the weights of a flow were trained with: the lesson's own may have been replaced by `--family` or `--layers`.
pub(super) fn as_trained(lesson: &mut Lesson, weights: &Weights) {
    if let (Model::Realnvp { config, data }, Some(Lesson { title, model: Model::Realnvp { config: other, data: known }, .. })) =
        (&mut lesson.model, learned(weights))
    {
        if config.dim != other.dim || matches!(known, PointData::Table { .. }) {
            // The lesson's own points have another number of coordinates, or other units.
            *data = known;
            lesson.title = title;
        }
        *config = other;
    }
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
        Source::Points(PointSource::Table(table)) | Source::Table(table) => Some(table.prepared().note.clone()),
        _ => None,
    }
}
