//! Tables of any number of columns, their own or a user's file, standardised for a flow.
//!
//! A written number is a step of its last decimal wide: 234.84 V stands for what lies between 234.84 and 234.85. So each value gets uniform
//! noise of one step once, as in the papers that fit such tables (1705.07057, appendix C); without it a density could grow without bound at
//! the values that repeat. Then every column is moved and scaled to mean 0 and standard deviation 1 over the rows that train.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use super::csv_points::{ROW_CAP, named};
use super::csv_rows::{Row, column_name, each_row, open};
use super::noise::{Reservoir, rng, uniforms};
use super::{DataError, Points};

/// Most columns that a flow takes.
pub const MOST_COLUMNS: usize = 64;
/// Most classes that points fall into.
pub const MOST_CLASSES: usize = 8;
/// Headers of a column that names the class of a row.
const LABELS: [&str; 4] = ["label", "class", "species", "target"];
/// Share of the rows that test, and the seed that chooses them.
const HELD_OUT: f64 = 0.1;
const SPLIT_SEED: u64 = 541;
/// Bytes of a file that hold its header and its first row.
const BEGINNING: u64 = 1 << 16;
const NOISE_SEED: u64 = 0x5354_4550;

/// Numbers in rows and named columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Names of the columns that hold numbers: header, or place from 1.
    pub columns: Vec<String>,
    /// Names of all that the file has, also where two of them were picked.
    pub offered: Vec<String>,
    /// `[n, D]`, row-major, in the file's own units.
    pub values: Vec<f64>,
    /// One unit of the last decimal written in each column.
    pub steps: Vec<f64>,
    /// Class of each row; empty where the table has none.
    pub classes: Vec<u8>,
    /// Names of the classes, in the order of their first rows.
    pub class_names: Vec<String>,
    /// Rows of data in the file.
    pub rows: usize,
    /// Rows that were left out because there were more than [`ROW_CAP`].
    pub dropped: usize,
}

/// The map of standardisation, column by column `z = (x - mean) / scale`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Standard {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// What is subtracted.
    pub mean: Vec<f64>,
    /// What each column is then divided by; positive.
    pub scale: Vec<f64>,
}

/// A table, ready to be learned from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prepared {
    /// Rows that train, `[n, D]`, standardised.
    pub train: Vec<f32>,
    /// Rows that test.
    pub test: Vec<f32>,
    /// Classes of both; empty where the table has none.
    pub classes: [Vec<u8>; 2],
    /// Names of the classes.
    pub class_names: Vec<String>,
    /// Names of all columns that the file has.
    pub offered: Vec<String>,
    /// How a column comes back to its own units.
    pub standard: Standard,
    /// What was done, for the screen.
    pub note: String,
}

/// Names of the tables that ship with the program.
pub const SHIPPED: [&str; 4] = ["penguins", "wine", "breast-cancer", "power"];

impl Table {
    /// A shipped table of this name, else a file.
    ///
    /// # Errors
    /// A sentence for each: an unreadable file, text in a cell, NaN or infinity, a short row, no rows, too many columns.
    pub fn open(path: &Path) -> Result<Table, DataError> {
        match path.to_str().and_then(shipped) {
            Some(text) => read(text.as_bytes(), path),
            None => read(open(path)?, path),
        }
    }

    /// Number of columns D.
    pub fn dim(&self) -> usize {
        self.columns.len()
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len() / self.dim().max(1)
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The same rows in two columns, by their names.
    ///
    /// # Errors
    /// A name that no column has.
    pub fn pick(&self, names: &[String; 2]) -> Result<Table, DataError> {
        let place = |name: &String| {
            let unknown = || DataError::UnknownName { kind: "column", name: name.clone(), known: self.columns.join(", ") };
            self.columns.iter().position(|column| column == name).ok_or_else(unknown)
        };
        let places = [place(&names[0])?, place(&names[1])?];
        let values = self.values.chunks_exact(self.dim()).flat_map(|row| places.map(|p| row[p])).collect();
        Ok(Table { columns: names.to_vec(), values, steps: places.map(|p| self.steps[p]).to_vec(), ..self.clone() })
    }

    /// The rows with noise of a step, split, and standardised: by this map, else by the rows that train. At least one row is
    /// held out; a table of one row trains and tests on it.
    ///
    /// # Errors
    /// No rows.
    pub fn prepare(&self, standard: Option<&Standard>) -> Result<Prepared, DataError> {
        let n = self.len();
        if n == 0 {
            return Err(DataError::Empty);
        }
        let mut train: Vec<usize> = (0..n).collect();
        train.shuffle(&mut rng(SPLIT_SEED, 0));
        let held_out = ((n as f64 * HELD_OUT).round() as usize).max(1).min(n - 1);
        let mut test = train.split_off(n - held_out);
        if test.is_empty() {
            test.clone_from(&train);
        }
        Ok(self.prepared([&train, &test], standard))
    }

    /// All rows, to train and to test, standardised by this map, else by themselves.
    pub fn whole(&self, standard: Option<&Standard>) -> Prepared {
        let all: Vec<usize> = (0..self.len()).collect();
        self.prepared([&all, &all], standard)
    }

    fn prepared(&self, [train, test]: [&[usize]; 2], standard: Option<&Standard>) -> Prepared {
        let dim = self.dim();
        let noise = uniforms(NOISE_SEED, 0, self.values.len());
        let value = |row: usize, column: usize| self.values[row * dim + column] + self.steps[column] * f64::from(noise[row * dim + column]);
        let standard = standard.cloned().unwrap_or_else(|| Standard::of(&self.columns, train, value));
        let z = |rows: &[usize]| -> Vec<f32> {
            rows.iter().flat_map(|&row| (0..dim).map(move |c| (row, c))).map(|(row, c)| standard.apply(c, value(row, c)) as f32).collect()
        };
        let classes = |rows: &[usize]| rows.iter().filter_map(|&row| self.classes.get(row).copied()).collect();
        Prepared {
            train: z(train),
            test: z(test),
            classes: [classes(train), classes(test)],
            class_names: self.class_names.clone(),
            offered: self.offered.clone(),
            note: self.note(&standard),
            standard,
        }
    }

    fn note(&self, standard: &Standard) -> String {
        let mut note = String::new();
        if self.dropped > 0 {
            note = format!("The file has {} rows; {} of them, drawn at random, are used. ", self.rows, self.len());
        }
        let units = self.columns.iter().zip(&standard.mean).zip(&standard.scale);
        let units: Vec<String> = units.map(|((name, mean), scale)| format!("{name} {} (sd {})", short(*mean), short(*scale))).collect();
        note + &format!(
            "Columns are standardised, after uniform noise of their last decimal: 0 stands for {}; nats are in those units.",
            units.join(", ")
        )
    }
}

impl Standard {
    fn of(columns: &[String], rows: &[usize], value: impl Fn(usize, usize) -> f64) -> Standard {
        let (n, dim) = (rows.len() as f64, columns.len());
        let mean: Vec<f64> = (0..dim).map(|c| rows.iter().map(|&row| value(row, c)).sum::<f64>() / n).collect();
        let deviation = |c: usize| (rows.iter().map(|&row| (value(row, c) - mean[c]).powi(2)).sum::<f64>() / n).sqrt();
        // Equal values leave a rest of rounding: a column without spread keeps its scale.
        let scale = (0..dim).map(|c| Some(deviation(c)).filter(|d| *d > mean[c].abs() * f64::from(f32::EPSILON)).unwrap_or(1.0)).collect();
        Standard { columns: columns.to_vec(), mean, scale }
    }

    /// A value of a column, standardised.
    pub fn apply(&self, column: usize, x: f64) -> f64 {
        (x - self.mean[column]) / self.scale[column]
    }

    /// A standardised value in the column's own units.
    pub fn invert(&self, column: usize, z: f64) -> f64 {
        z * self.scale[column] + self.mean[column]
    }
}

impl Prepared {
    /// Number of columns D.
    pub fn dim(&self) -> usize {
        self.standard.mean.len()
    }

    /// Training and test rows of two columns as points of the plane.
    pub fn points(&self) -> [Points; 2] {
        let of = |rows: &[f32], classes: &[u8]| Points { xy: rows.as_chunks::<2>().0.to_vec(), classes: classes.to_vec() };
        [of(&self.train, &self.classes[0]), of(&self.test, &self.classes[1])]
    }
}

/// The columns of numbers of a file that is more than points of the plane: it has more than two of them, none named x and y, or a column that
/// is named as one of classes. None for points of the plane.
///
/// # Errors
/// A file that cannot be read.
pub fn wide_columns(path: &Path) -> Result<Option<Vec<String>>, DataError> {
    let mut found = None;
    let visit = |row: &Row, names: &[String]| {
        found.get_or_insert_with(|| {
            let (columns, _) = numeric(row, names);
            let wide = (columns.len() > 2 && named(names).is_none()) || (columns.len() == 2 && label(names).is_some());
            wide.then(|| columns.iter().map(|&c| column_name(c, names)).collect())
        });
        Ok(())
    };
    // The first row of data says it.
    each_row(open(path)?.take(BEGINNING), path, visit)?;
    Ok(found.flatten())
}

fn shipped(name: &str) -> Option<&'static str> {
    match name {
        "penguins" => Some(include_str!("../../presets/data/table_penguins.csv")),
        "wine" => Some(include_str!("../../presets/data/table_wine.csv")),
        "breast-cancer" => Some(include_str!("../../presets/data/table_breast_cancer.csv")),
        "power" => Some(include_str!("../../presets/data/table_power.csv")),
        _ => None,
    }
}

/// The column that a header names as one of classes.
fn label(names: &[String]) -> Option<usize> {
    names.iter().position(|name| LABELS.iter().any(|label| name.eq_ignore_ascii_case(label)))
}

/// The columns of numbers, by the header and the first row, and the column of classes: one that is so named, else the first that holds text.
fn numeric(row: &Row, names: &[String]) -> (Vec<usize>, Option<usize>) {
    let label = label(names).or_else(|| (0..row.cells.len()).find(|&c| !row.is_number(c)));
    let mut columns = row.numeric(names, 1);
    columns.retain(|c| Some(*c) != label);
    (columns, label)
}

fn read(source: impl BufRead, path: &Path) -> Result<Table, DataError> {
    let mut chosen: Option<(Vec<usize>, Option<usize>)> = None;
    let mut decimals = Vec::new();
    let mut reservoir = Reservoir::new(ROW_CAP, 0);
    let mut count = 0;
    let names = each_row(BufReader::new(source), path, |row, names| {
        let (columns, label) = chosen.get_or_insert_with(|| numeric(row, names));
        if columns.len() < 2 {
            return Err(DataError::TooFewNumbers { row: row.line, found: columns.len(), columns: row.cells.len() });
        }
        if columns.len() > MOST_COLUMNS {
            let found = format!("{} in row {}", columns.len(), row.line);
            return Err(DataError::Shape { expected: format!("at most {MOST_COLUMNS} columns of numbers"), found });
        }
        let values = columns.iter().map(|&c| row.precise(c, names)).collect::<Result<Vec<f64>, _>>()?;
        decimals.resize(columns.len(), 0);
        decimals.iter_mut().zip(columns.iter()).for_each(|(most, &c)| *most = row.decimals(c).max(*most));
        let class = label.and_then(|c| row.cells.get(c)).cloned().unwrap_or_default();
        reservoir.offer((values, class));
        count += 1;
        Ok(())
    })?;
    let Some((columns, label)) = chosen else { return Err(DataError::NoRows) };
    let (rows, dropped) = reservoir.finish();
    let mut class_names: Vec<String> = Vec::new();
    let mut classes = Vec::new();
    let mut values = Vec::with_capacity(rows.len() * columns.len());
    for (row, class) in rows {
        values.extend(row);
        let known = class_names.iter().position(|name| *name == class);
        let place = known.unwrap_or(class_names.len());
        if known.is_none() && place <= MOST_CLASSES {
            class_names.push(class);
        }
        classes.push(place as u8);
    }
    // By name, so that another file with its rows in another order numbers them alike.
    let mut order: Vec<usize> = (0..class_names.len()).collect();
    order.sort_by(|&a, &b| class_names[a].cmp(&class_names[b]));
    classes.iter_mut().for_each(|class| *class = order.iter().position(|&old| old == usize::from(*class)).unwrap_or(order.len()) as u8);
    class_names.sort();
    // A column with a text of its own in every row names no classes.
    if label.is_none() || !(2..=MOST_CLASSES).contains(&class_names.len()) {
        (classes, class_names) = (Vec::new(), Vec::new());
    }
    let columns: Vec<String> = columns.into_iter().map(|c| column_name(c, &names)).collect();
    let steps = decimals.into_iter().map(|d: usize| 10_f64.powi(-(d.min(15) as i32))).collect();
    Ok(Table { offered: columns.clone(), columns, values, steps, classes, class_names, rows: count, dropped })
}

/// Three or four digits of a number, as a note shows it.
fn short(value: f64) -> String {
    let digits = if value == 0.0 { 0 } else { (2 - value.abs().log10().floor() as i32).clamp(0, 6) };
    format!("{value:.*}", digits as usize)
}

#[cfg(test)]
mod tests;
