use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{TableSource, TrainError, Training};
use crate::data::table::Learned;
use crate::data::{self, Affine, Batches, Digits, Drawing, Entropy, LevelImages, Mixture, Points, Preparation, Rain, Table, Toy};

/// Streams of the generator: training step t draws from stream t + 1, tests from this one.
const TEST_STREAM: u64 = u64::MAX;
/// Images of a law that stand as an example of what trains, and those that test.
const EXAMPLES: usize = 256;
const FRESH_IMAGES: usize = 1_000;
/// Seeds of the generators beside that of the batches: what is drawn for one purpose does not change what is drawn for another.
const SHIFTS: u64 = 0x5348_4946_5400;
const CLASSES: u64 = 0x434c_4153_5300;
/// Side of the square, centred at 0, that finite point sets are scaled to, halved.
const HALF_SIDE: f32 = 3.0;

/// Which points a flow is fitted to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "source")]
pub enum PointData {
    /// A toy with a known density.
    Toy {
        /// Its name.
        toy: Toy,
    },
    /// The land of the earth.
    World,
    /// One of the shipped drawings, such as the dinosaur.
    Shape {
        /// Its name.
        name: String,
    },
    /// What the user drew.
    Drawing {
        /// The strokes.
        #[serde(default)]
        drawing: Drawing,
    },
    /// The user's file of two coordinates of one plane.
    File {
        /// Where it is.
        path: PathBuf,
    },
    /// A table of numbers, standardised column by column.
    Table {
        /// The name of a shipped table, or where a file is.
        table: PathBuf,
        /// The two columns that make the points of the plane; all columns, in as many dimensions, where there are none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        columns: Option<[String; 2]>,
    },
}

/// Points, opened: what a flow's training and score draw from.
#[derive(Clone, Debug)]
pub enum PointSource {
    /// Fresh draws from a toy at each step.
    Toy(Toy),
    /// Fresh draws from the brush mixture of a drawing at each step.
    Drawing(Mixture, Option<Entropy>),
    /// A finite set, split; scaled to fit the window.
    Finite {
        /// Points that train.
        train: Points,
        /// Points that test.
        test: Points,
        /// What was noted while reading: thinned rows and the like.
        note: Option<String>,
        /// How the coordinates of a person's file became these.
        units: Option<Affine>,
    },
    /// Two columns of a table.
    Table(TableSource),
}

impl PointData {
    /// Title on the screen.
    pub fn title(&self) -> String {
        match self {
            PointData::Toy { toy } => toy.title().into(),
            PointData::World => "the world map".into(),
            PointData::Shape { name } => name.replace('_', " "),
            PointData::Drawing { .. } => "your drawing".into(),
            PointData::File { path } => file_name(path),
            PointData::Table { table, columns: None } => file_name(table),
            PointData::Table { table, columns: Some([x, y]) } => format!("{}: {x}, {y}", file_name(table)),
        }
    }

    /// Reads a table, standardises it by the rows that train and splits it.
    ///
    /// # Errors
    /// Data that are no table, a file that cannot be read, another number of columns than `dim`, a column without a scale of its own.
    pub fn open_table(&self, dim: usize) -> Result<TableSource, TrainError> {
        let read = self.read_table(dim, None)?;
        read.varies()?;
        Ok(TableSource::new(read.prepare(None)?))
    }

    /// Reads the columns of a table that are learned from, or those that the weights have learned.
    ///
    /// # Errors
    /// As [`PointData::open_table`].
    pub fn read_table(&self, dim: usize, learned: Option<&Learned>) -> Result<Table, TrainError> {
        let PointData::Table { table, columns } = self else {
            return Err(TrainError::WrongColumns { place: self.title(), dim, found: 2 });
        };
        let chosen = match columns {
            // The rows are those that have all columns, as when two of them were chosen in the window.
            Some(names) => {
                let classes = learned.map(|learned| Learned { classes: learned.classes.clone(), ..Learned::default() });
                Table::open_as(table, classes.as_ref())?.pick(names)?
            }
            None => Table::open_as(table, learned)?,
        };
        match chosen.dim() {
            found if found == dim => Ok(chosen),
            found => Err(TrainError::WrongColumns { place: file_name(table), dim, found }),
        }
    }

    /// Reads a file of points, scaled as the weights learned it, else so that it fits the window; with how, and with what was noted. Points that
    /// scale themselves must vary.
    ///
    /// # Errors
    /// A file that cannot be read, a coordinate that is the same for all.
    pub fn read_file(path: &Path, learned: Option<Affine>) -> Result<(Points, Affine, Option<String>), TrainError> {
        let loaded = data::load_csv(path)?;
        let (points, units) = match learned {
            Some(units) => (loaded.points.map(|p| units.apply(p)), units),
            None => {
                loaded.varies()?;
                loaded.points.fit_to(HALF_SIDE)
            }
        };
        Ok((points, units, loaded.note()))
    }

    /// Reads and splits the points. A set of one point trains and tests on it.
    ///
    /// # Errors
    /// A file that cannot be read, no point.
    pub fn open(&self) -> Result<PointSource, TrainError> {
        self.open_as(None)
    }

    /// The same with a file scaled as the weights learned theirs.
    ///
    /// # Errors
    /// As [`PointData::open`].
    pub fn open_as(&self, learned: Option<Affine>) -> Result<PointSource, TrainError> {
        let finite = |points: Points, note: Option<String>, units: Option<Affine>| {
            let scaled = match learned {
                Some(_) => "Coordinates are moved and scaled as those of the file that was learned; nats are in those units.",
                None => "Coordinates are moved and scaled to fit -3 to 3; nats and samples are in those units.",
            };
            let note = Some(note.map_or_else(|| scaled.to_owned(), |note| format!("{note} {scaled}")));
            match points.len() {
                0 => Err(TrainError::NoData { what: "point" }),
                1 => Ok(PointSource::Finite { train: points.clone(), test: points, note, units }),
                _ => {
                    let (train, test) = points.split(0.1, 541);
                    let test = if test.is_empty() { train.clone() } else { test };
                    Ok(PointSource::Finite { train, test, note, units })
                }
            }
        };
        match self {
            PointData::Toy { toy } => Ok(PointSource::Toy(*toy)),
            PointData::World => finite(data::shipped::world_map().fit_to(HALF_SIDE).0, None, None),
            PointData::Shape { name } => finite(data::shipped::shape(name)?.fit_to(HALF_SIDE).0, None, None),
            PointData::Drawing { drawing } => match drawing.mixture() {
                Some(mixture) => Ok(PointSource::Drawing(mixture, drawing.entropy())),
                None => Err(TrainError::NoData { what: "point" }),
            },
            PointData::File { path } => {
                let (points, units, note) = PointData::read_file(path, learned)?;
                finite(points, note, Some(units))
            }
            PointData::Table { .. } => self.open_table(2).map(PointSource::Table),
        }
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| "your file".into(), |n| n.to_string_lossy().into_owned())
}

impl PointSource {
    /// The batch of step `step`: a pure function of (seed, step).
    pub fn batch(&self, n: usize, seed: u64, step: u64) -> Points {
        match self {
            PointSource::Toy(toy) => toy.sample(n, seed, step + 1),
            PointSource::Drawing(mixture, _) => mixture.sample(n, seed, step + 1),
            PointSource::Finite { train, .. } => {
                let mut batches = Batches::new(train.len(), n, seed).expect("a source holds at least one point");
                train.at(batches.at(step))
            }
            PointSource::Table(table) => {
                let [train, _] = table.points();
                let mut batches = Batches::new(train.len(), n, seed).expect("a prepared table holds at least one row");
                train.at(batches.at(step))
            }
        }
    }

    /// Points that test: `n` fresh ones, or the held-out part of a finite set.
    pub fn test(&self, n: usize, seed: u64) -> Points {
        match self {
            PointSource::Toy(toy) => toy.sample(n, seed, TEST_STREAM),
            PointSource::Drawing(mixture, _) => mixture.sample(n, seed, TEST_STREAM),
            PointSource::Finite { test, .. } => test.clone(),
            PointSource::Table(table) => table.points()[1].clone(),
        }
    }

    /// The entropy of the law that the points come from, where it is known: no model's test loss lies below it.
    pub fn floor(&self) -> Option<Entropy> {
        match self {
            PointSource::Toy(toy) => toy.entropy(),
            PointSource::Drawing(_, entropy) => *entropy,
            PointSource::Finite { .. } | PointSource::Table(_) => None,
        }
    }
}

/// Images, prepared and split: what a PixelCNN's training and score draw from.
#[derive(Clone, Debug)]
pub struct ImageSource {
    /// Images that train; of a law that is drawn fresh at each step, some as an example.
    pub train: LevelImages,
    /// Images that test.
    pub test: LevelImages,
    batches: Option<Batches>,
    /// The law that training draws from, where there is one.
    law: Option<Rain>,
}

impl ImageSource {
    /// The shipped digits: the first 9,000 train, the last 1,000 test.
    ///
    /// # Errors
    /// A size or a number of levels that cannot be made.
    pub fn digits(preparation: Preparation) -> Result<ImageSource, TrainError> {
        let (train, test) = Digits::train_test(preparation)?;
        Ok(ImageSource { train, test, batches: None, law: None })
    }

    /// Rain or snow: every step draws fresh images.
    ///
    /// # Errors
    /// A setting out of range.
    pub fn rain(rain: Rain, seed: u64) -> Result<ImageSource, TrainError> {
        rain.check()?;
        let (train, test) = (rain.images(EXAMPLES, seed, 0), rain.images(FRESH_IMAGES, seed, TEST_STREAM));
        Ok(ImageSource { train, test, batches: None, law: Some(rain) })
    }

    /// The entropy of the law that the images come from, where it is known: no model's test loss lies below it.
    pub fn floor(&self) -> Option<Entropy> {
        self.law.map(|law| law.entropy())
    }

    /// The user's images, which both train and test.
    pub fn own(images: LevelImages) -> ImageSource {
        ImageSource { train: images.clone(), test: images, batches: None, law: None }
    }

    /// Levels `[n, H, W]` and classes `[n]` of the batch of step `step`, each image shifted and its class hidden at random as the training
    /// asks: a pure function of (seed, step).
    ///
    /// # Errors
    /// No image.
    pub fn batch(&mut self, n: usize, seed: u64, step: u64, training: &Training) -> Result<(Vec<f32>, Vec<f32>), TrainError> {
        if let Some(law) = &self.law {
            let images = law.images(n, seed, step + 1);
            return Ok((images.data.iter().map(|&level| f32::from(level)).collect(), vec![-1.0; n]));
        }
        let shift = training.shift;
        let batches = match &mut self.batches {
            Some(batches) => batches,
            none => none.insert(Batches::new(self.train.len(), n, seed)?),
        };
        let rows = batches.at(step).to_vec();
        let size = self.train.size;
        let side = 2 * shift + 1;
        let moves = data::noise::uniforms(seed ^ SHIFTS, step + 1, 2 * n);
        let mut levels = Vec::with_capacity(n * size * size);
        let mut shifted = vec![0u8; size * size];
        for (i, &row) in rows.iter().enumerate() {
            let [dx, dy] = [0, 1].map(|axis| (moves[2 * i + axis] * side as f32) as i32 - shift as i32);
            data::digits::shift(self.train.image(row), size, dx, dy, &mut shifted);
            levels.extend(shifted.iter().map(|&level| f32::from(level)));
        }
        let mut class = classes(&self.train, &rows);
        if training.class_dropout > 0.0 {
            let chances = data::noise::uniforms(seed ^ CLASSES, step + 1, n);
            let hidden = class.iter_mut().zip(chances).filter(|(_, u)| f64::from(*u) < training.class_dropout);
            hidden.for_each(|(class, _)| *class = -1.0);
        }
        Ok((levels, class))
    }
}

/// Class of each image, -1 where none is known.
pub(super) fn classes(images: &LevelImages, rows: &[usize]) -> Vec<f32> {
    rows.iter().map(|&row| images.labels.get(row).map_or(-1.0, |&label| f32::from(label))).collect()
}
