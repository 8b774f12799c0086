use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};

use super::arguments::Common;
use crate::autoregressive::{causal_stack, pixelcnn};
use crate::data::table::{Learned, Prepared};
use crate::data::{Drawing, Table, Toy, load_darkness, load_image, shipped, table};
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

/// Opens the lesson's data, or the person's in its place; the lesson then names them, in its title too. Columns of a table are those that the weights
/// learned, by their names, standardised as they were.
pub(super) fn source(lesson: &mut Lesson, data: Option<&Path>, weights: Option<&Weights>) -> anyhow::Result<Source> {
    match take(lesson, data, weights)? {
        Some(images) => Ok(images),
        None => {
            if let (Model::Realnvp { data: PointData::File { path }, .. }, Some(_)) = (&lesson.model, weights) {
                crate::data::load_csv(path)?.varies()?;
            }
            open_data(lesson, weights)
        }
    }
}

/// Puts the person's data in place of the lesson's; images are opened at once.
fn take(lesson: &mut Lesson, data: Option<&Path>, weights: Option<&Weights>) -> anyhow::Result<Option<Source>> {
    let Some(path) = data else { return Ok(None) };
    match &mut lesson.model {
        Model::Pixelcnn { data, .. } => return Ok(Some(Source::images(load_image(path, data.preparation())?))),
        Model::CausalStack { data, .. } => {
            bail!("Expected no data, because this lesson has its own ({}), found {}; leave --data out.", data.title(), path.display())
        }
        Model::Realnvp { data, .. } => {
            *data = points(path, weights)?;
            lesson.title = titled(&lesson.title, &data.title());
        }
    }
    Ok(None)
}

/// Opens the data that the lesson names, split; a table or a file of points in the units that the weights learned.
pub(super) fn open_data(lesson: &Lesson, weights: Option<&Weights>) -> anyhow::Result<Source> {
    let (config, data) = match &lesson.model {
        Model::Realnvp { config, data: data @ PointData::Table { .. } } => (config, data),
        Model::Realnvp { config, data: data @ PointData::File { .. } } if config.dim == 2 => {
            return Ok(Source::Points(data.open_as(weights.and_then(Weights::file_units))?));
        }
        _ => return Ok(Source::open(lesson)?),
    };
    match weights.and_then(|weights| weights.learned_table(config.dim, config.classes)) {
        Some(learned) => Ok(of_table(read_table(data, config.dim, &learned)?.prepare(Some(&learned.standard))?)),
        None => Ok(Source::open(lesson)?),
    }
}

fn of_table(prepared: Prepared) -> Source {
    let table = TableSource::new(prepared);
    if table.dim() == 2 { Source::Points(PointSource::Table(table)) } else { Source::Table(table) }
}

/// Reads the columns that the weights learned; all of them must be there, since others would be standardised by the wrong numbers.
fn read_table(data: &PointData, dim: usize, learned: &Learned) -> anyhow::Result<Table> {
    let table = data.read_table(dim, Some(learned))?;
    if table.columns != learned.standard.columns {
        let (expected, found) = (learned.standard.columns.join(", "), table.columns.join(", "));
        bail!("Expected the columns that the weights learned, {expected}; found {found}. Name them so, or begin anew with --from-scratch.");
    }
    Ok(table)
}

/// What a score is made on: the lesson's own test data, or all of the person's. Rows that are scored need not vary where what they are divided by is
/// known.
pub(super) fn test_source(lesson: &mut Lesson, data: Option<&Path>, weights: &Weights) -> anyhow::Result<Source> {
    if let Some(images) = take(lesson, data, Some(weights))? {
        return Ok(images);
    }
    match &lesson.model {
        Model::Realnvp { data: PointData::File { path }, .. } if data.is_some() => {
            let (points, units, note) = PointData::read_file(path, weights.file_units())?;
            Ok(Source::Points(PointSource::Finite { train: points.clone(), test: points, note, units: Some(units) }))
        }
        Model::Realnvp { config, data: all @ PointData::Table { .. } } if data.is_some() => {
            let Some(learned) = weights.learned_table(config.dim, config.classes) else {
                let table = all.read_table(config.dim, None)?;
                table.varies()?;
                return Ok(of_table(table.whole(None)));
            };
            Ok(of_table(read_table(all, config.dim, &learned)?.whole(Some(&learned.standard))))
        }
        _ => open_data(lesson, Some(weights)),
    }
}

/// Whether two lessons' points are the same set: the same file, wherever it is named from, or the same one of those that ship.
pub(super) fn same_points(a: &PointData, b: &PointData) -> bool {
    let place = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.into());
    match (a, b) {
        (PointData::File { path: a }, PointData::File { path: b })
        | (PointData::Table { table: a, .. }, PointData::Table { table: b, .. }) => place(a) == place(b),
        _ => a == b,
    }
}

/// Names of the classes that a flow reads: as its weights keep them, else as its table has them; none where they have no names.
pub(super) fn class_names(lesson: &Lesson, weights: &Weights) -> Vec<String> {
    let Model::Realnvp { config, data } = &lesson.model else { return Vec::new() };
    let kept = weights.class_names(config.classes);
    match data {
        PointData::Table { table, .. } if kept.is_empty() && config.classes > 0 => {
            let read = Table::open(table).map(|table| table.class_names).unwrap_or_default();
            Some(read).filter(|names| names.len() == config.classes).unwrap_or_default()
        }
        _ => kept,
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

/// A file of points or a table, or the name of a toy, a shipped drawing or table. Weights that learned a file as points of the plane, or a table,
/// take another one so, whatever its columns are called.
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
    Ok(match weights.and_then(learned).map(|lesson| lesson.model) {
        Some(Model::Realnvp { data: PointData::File { .. }, .. }) => PointData::File { path: absolute },
        Some(Model::Realnvp { data: PointData::Table { columns, .. }, .. }) => PointData::Table { table: absolute, columns },
        _ if table::table_columns(path)?.is_some() => PointData::Table { table: absolute, columns: None },
        _ => PointData::File { path: absolute },
    })
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

/// The same for points that are scored: those of a table whose classes were found by name may lack some.
pub(super) fn check_scored_classes(lesson: &Lesson, source: &Source, weights: &Weights) -> anyhow::Result<()> {
    let known = match &lesson.model {
        Model::Realnvp { config, .. } => weights.class_names(config.classes),
        _ => Vec::new(),
    };
    if !known.is_empty() && source.class_names() == known { Ok(()) } else { check_classes(lesson, source) }
}

/// Takes the architecture that the weights of a flow were trained with: the lesson's own may have been replaced by `--family` or `--layers`. Data of
/// another dimension or other units are replaced too, but a table of the lesson's own stays where it is no other one: its place may have been corrected.
pub(super) fn as_trained(lesson: &mut Lesson, weights: &Weights) {
    if let (Model::Realnvp { config, data }, Some(Lesson { title, model: Model::Realnvp { config: other, data: known }, .. })) =
        (&mut lesson.model, learned(weights))
    {
        let keeps = config.dim == other.dim && (!matches!(known, PointData::Table { .. }) || may_be_learned(data, weights, &other));
        if !keeps {
            *data = known;
            lesson.title = title;
        } else if config.family != other.family {
            lesson.title = other.family.title().into();
        }
        *config = other;
    }
}

/// Whether data are a table with the columns that the weights learned, or one that cannot be read: then its own name is what a person looks for.
fn may_be_learned(data: &PointData, weights: &Weights, config: &flows::Config) -> bool {
    let Some(learned) = weights.learned_table(config.dim, config.classes) else { return false };
    let PointData::Table { table, .. } = data else { return false };
    match data.read_table(config.dim, Some(&learned)) {
        Ok(table) => table.columns == learned.standard.columns,
        Err(_) => Table::open(table).is_err(),
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
