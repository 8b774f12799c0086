//! Tables of any number of columns, their own or a user's file, standardised for a flow.
//!
//! A written number is a step of its last decimal wide: 234.84 V stands for what lies between 234.84 and 234.85. So each value gets uniform
//! noise of one step once, as in the papers that fit such tables (1705.07057, appendix C); without it a density could grow without bound at
//! the values that repeat. Then every column is moved and scaled to mean 0 and standard deviation 1 over the rows that train; two columns that are
//! coordinates of a plane ([`is_plane`]) by one factor for both, so that its shapes stay what they are.

mod survey;

use std::io::BufRead;
use std::path::Path;

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use self::survey::{Survey, is_gap};
use super::csv_points::ROW_CAP;
use super::csv_rows::{column_name, each_row, open};
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
const NOISE_SEED: u64 = 0x5354_4550;
/// Further decimals than this say nothing of a number that f32 holds.
const MOST_DECIMALS: usize = 60;
/// Names of two columns that are coordinates of one plane.
const PLANES: [[&str; 2]; 5] = [["x", "y"], ["lon", "lat"], ["long", "lat"], ["lng", "lat"], ["longitude", "latitude"]];

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
    /// Names of the text columns of which each could name classes, where none of them is called so.
    pub candidates: Vec<String>,
    /// Names of the columns that only count the rows: they are left out.
    pub counters: Vec<String>,
    /// Names of the columns of numbers that the weights have not learned: they are left out.
    pub spare: Vec<String>,
    /// Rows of data in the file.
    pub rows: usize,
    /// Rows that were left out because a value is missing.
    pub gaps: usize,
    /// Rows among those that lack nothing but their class.
    pub unnamed: usize,
    /// Name of the column of classes; empty where there is none.
    pub class_column: String,
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

/// What weights keep of the table that they learned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Learned {
    /// Names and units of its columns; without names the columns are those that a table without weights has.
    pub standard: Standard,
    /// Names of its classes by their numbers; none where they are not known or the flow reads none.
    pub classes: Vec<String>,
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
    /// Names of the text columns of which each could name classes, where none of them is called so.
    pub candidates: Vec<String>,
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
        Table::open_as(path, None)
    }

    /// The same for weights that learned a table: their columns and classes are taken by name, in their order, whatever this file's rows say of them.
    /// A file that lacks one of the columns is read as if there were no weights.
    ///
    /// # Errors
    /// As [`Table::open`]; a class of another name.
    pub fn open_as(path: &Path, learned: Option<&Learned>) -> Result<Table, DataError> {
        match path.to_str().and_then(shipped) {
            Some(text) => read(|| Ok(text.as_bytes()), path, learned),
            None => read(|| open(path), path, learned),
        }
    }

    /// Whether there is something to learn from in every column.
    ///
    /// # Errors
    /// The first column that holds the same number in every row.
    pub fn varies(&self) -> Result<(), DataError> {
        let same = |c: &usize| self.values.iter().skip(*c).step_by(self.dim()).all(|v| *v == self.values[*c]);
        match (0..self.dim()).find(same) {
            Some(c) if !self.is_empty() => {
                Err(DataError::Constant { column: self.columns[c].clone(), value: self.values[c].to_string(), rows: self.len() })
            }
            _ => Ok(()),
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
        let standard = standard.cloned().unwrap_or_else(|| {
            let own = Standard::of(&self.columns, train, value);
            if self.is_plane() { own.with_one_scale() } else { own }
        });
        let z = |rows: &[usize]| -> Vec<f32> {
            rows.iter().flat_map(|&row| (0..dim).map(move |c| (row, c))).map(|(row, c)| standard.apply(c, value(row, c)) as f32).collect()
        };
        let classes = |rows: &[usize]| rows.iter().filter_map(|&row| self.classes.get(row).copied()).collect();
        Prepared {
            train: z(train),
            test: z(test),
            classes: [classes(train), classes(test)],
            class_names: self.class_names.clone(),
            candidates: self.candidates.clone(),
            offered: self.offered.clone(),
            note: self.note(&standard),
            standard,
        }
    }

    /// Whether its two columns are coordinates of one plane.
    fn is_plane(&self) -> bool {
        is_plane(&self.columns, self.offered.len())
    }

    fn note(&self, standard: &Standard) -> String {
        let mut note = String::new();
        if !self.spare.is_empty() {
            note += &format!("Left out are columns that were not learned: {}. ", self.spare.join(", "));
        } else if self.columns.len() < self.offered.len() {
            note += &format!("Shown are {} of {} columns: {}. ", self.dim(), self.offered.len(), self.columns.join(" and "));
        }
        if self.dropped > 0 {
            note += &format!("The file has {} rows; {} of them, drawn at random, are used. ", self.rows, self.len());
        }
        if self.gaps > 0 {
            note += &format!("{} of its {} rows lack a value and are left out. ", self.gaps, self.rows);
        }
        if self.unnamed > 0 {
            let lack = if self.unnamed == 1 { "lacks" } else { "lack" };
            note += &format!("{} of these rows {lack} only a class, in the column {}. ", self.unnamed, self.class_column);
        }
        for counter in &self.counters {
            note += &format!("The column {counter} only counts the rows and is left out. ");
        }
        if !self.candidates.is_empty() {
            note += &format!("Classes could be named by {}: call one of these columns class. ", self.candidates.join(" or "));
        }
        let units = self.columns.iter().zip(&standard.mean).zip(&standard.scale);
        let units: Vec<String> = units.map(|((name, mean), scale)| format!("{name} {} (sd {})", short(*mean), short(*scale))).collect();
        let how = if self.is_plane() { "moved, and divided by one factor so that their shapes stay" } else { "standardised" };
        note + &format!(
            "Columns are {how}, after uniform noise of their last decimal: 0 stands for {}; nats are in those units.",
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

    /// The same with one scale for all columns, the root of their mean variance.
    fn with_one_scale(self) -> Standard {
        let variance = self.scale.iter().map(|scale| scale.powi(2)).sum::<f64>() / self.scale.len().max(1) as f64;
        Standard { scale: vec![variance.sqrt(); self.scale.len()], ..self }
    }

    /// `log|det|` of [`apply`](Self::apply) on a row, nats: what is added to a log-density of standardised rows to have that of rows in the
    /// columns' own units.
    pub fn log_det(&self) -> f64 {
        -self.scale.iter().map(|scale| scale.ln()).sum::<f64>()
    }

    /// A value of a column, standardised.
    pub fn apply(&self, column: usize, x: f64) -> f64 {
        (x - self.mean[column]) / self.scale[column]
    }

    /// A standardised value in the column's own units.
    pub fn invert(&self, column: usize, z: f64) -> f64 {
        z * self.scale[column] + self.mean[column]
    }

    /// The same as a note shows it: as many digits as tell a hundredth of the column's scale, and three at least.
    pub fn shown(&self, column: usize, z: f64) -> String {
        let value = self.invert(column, z);
        let above = (value.abs() / self.scale[column]).max(1.0).log10().floor();
        significant(value, 3 + above.min(12.0) as i32)
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

/// Whether two columns are coordinates of one plane, such as a drawing or a map: both are then divided by one factor, so that circles stay
/// circles. They are if they are named x and y or longitude and latitude, or if they are all that a file without names offers. Two columns with
/// other names are as those of a wider table: each has its own unit.
pub fn is_plane(columns: &[String], offered: usize) -> bool {
    let [a, b] = columns else { return false };
    let named = |[x, y]: [&str; 2]| [(a, b), (b, a)].iter().any(|(a, b)| a.eq_ignore_ascii_case(x) && b.eq_ignore_ascii_case(y));
    let without_name = |name: &String| name.bytes().all(|byte| byte.is_ascii_digit());
    PLANES.into_iter().any(named) || (offered == 2 && without_name(a) && without_name(b))
}

/// The columns of numbers of a file that is a table: it has more than two of them, none named x and y, or two that are no coordinates of a plane
/// ([`is_plane`]) or whose rows have classes. None for points of the plane.
///
/// # Errors
/// A file that cannot be read.
pub fn table_columns(path: &Path) -> Result<Option<Vec<String>>, DataError> {
    let survey = Survey::of(open(path)?, path, None)?;
    Ok(survey.is_table().then(|| survey.columns()))
}

/// The two columns of a table, a shipped one or a file, that the plane shows first: those that vary. None for points of the plane.
///
/// # Errors
/// A file that cannot be read.
pub fn first_two(path: &Path) -> Result<Option<[String; 2]>, DataError> {
    let survey = match path.to_str().and_then(shipped) {
        Some(text) => Survey::of(text.as_bytes(), path, None)?,
        None => Survey::of(open(path)?, path, None)?,
    };
    Ok(survey.first_two().filter(|_| survey.is_table()))
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

/// Reads a table twice: what its columns are, then their values.
fn read<R: BufRead>(source: impl Fn() -> Result<R, DataError>, path: &Path, learned: Option<&Learned>) -> Result<Table, DataError> {
    let survey = Survey::of(source()?, path, learned)?;
    let Some((line, cells)) = survey.first else { return Err(DataError::NoRows) };
    let columns = &survey.numbers;
    if columns.len() < 2 {
        return Err(DataError::TooFewNumbers { row: line, found: columns.len(), columns: cells });
    }
    if columns.len() > MOST_COLUMNS {
        let found = format!("{} in row {line}", columns.len());
        return Err(DataError::Shape { expected: format!("at most {MOST_COLUMNS} columns of numbers"), found });
    }
    let mut decimals = vec![0; columns.len()];
    let mut reservoir = Reservoir::new(ROW_CAP, 0);
    let (mut count, mut gaps, mut unnamed) = (0, 0, 0);
    each_row(source()?, path, |row, names| {
        count += 1;
        let class = survey.class.map(|c| row.cells.get(c).cloned().unwrap_or_default());
        let gap = |c: &usize| row.cells.get(*c).is_some_and(|cell| is_gap(cell));
        let lacks = columns.iter().any(gap);
        if lacks || class.as_deref().is_some_and(is_gap) {
            gaps += 1;
            unnamed += usize::from(!lacks);
            return Ok(());
        }
        let values = columns.iter().map(|&c| row.precise(c, names)).collect::<Result<Vec<f64>, _>>()?;
        decimals.iter_mut().zip(columns).for_each(|(most, &c)| *most = row.decimals(c).max(*most));
        reservoir.offer((values, class.unwrap_or_default()));
        Ok(())
    })?;
    let (rows, dropped) = reservoir.finish();
    if rows.is_empty() {
        return Err(DataError::OnlyGaps { rows: count });
    }
    let (mut values, mut labels) = (Vec::with_capacity(rows.len() * columns.len()), Vec::with_capacity(rows.len()));
    for (row, label) in rows {
        values.extend(row);
        labels.push(label);
    }
    // Another table's classes have nothing to do with these.
    let its_own = |learned: &&Learned| learned.standard.columns.is_empty() || learned.standard.columns == survey.columns();
    let known = learned.filter(its_own).map(|learned| &learned.classes[..]).filter(|known| !known.is_empty());
    let (classes, class_names) = match (survey.class, known) {
        (None, _) => Default::default(),
        (Some(_), Some(known)) => (numbered_as(&labels, known)?, known.to_vec()),
        (Some(_), None) => numbered(labels),
    };
    let class_column = survey.class.map(|c| column_name(c, &survey.names)).unwrap_or_default();
    let columns = survey.columns();
    let offered = columns.iter().chain(&survey.spare).cloned().collect();
    let Survey { candidates, counters, spare, .. } = survey;
    let steps = decimals.into_iter().map(|d: usize| 10_f64.powi(-(d.min(MOST_DECIMALS) as i32))).collect();
    Ok(Table {
        columns,
        offered,
        values,
        steps,
        classes,
        class_names,
        candidates,
        counters,
        spare,
        rows: count,
        gaps,
        unnamed,
        class_column,
        dropped,
    })
}

/// The number of each row's class among names that are known.
fn numbered_as(labels: &[String], known: &[String]) -> Result<Vec<u8>, DataError> {
    let number = |label: &String| {
        let unknown = || DataError::UnknownName { kind: "class", name: label.clone(), known: known.join(", ") };
        known.iter().position(|name| name == label).map(|place| place as u8).ok_or_else(unknown)
    };
    labels.iter().map(number).collect()
}

/// The number of each row's class, and the names by their numbers; nothing where they are too many or one.
fn numbered(labels: Vec<String>) -> (Vec<u8>, Vec<String>) {
    let mut class_names: Vec<String> = Vec::new();
    let mut classes = Vec::with_capacity(labels.len());
    for class in labels {
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
    if (2..=MOST_CLASSES).contains(&class_names.len()) { (classes, class_names) } else { Default::default() }
}

/// Three digits of a number, or all before its point, as a note shows it.
fn short(value: f64) -> String {
    significant(value, 3)
}

/// So many digits of a number, and all before its point; with an exponent where it is tiny or huge.
fn significant(value: f64, digits: i32) -> String {
    let exponent = if value == 0.0 || !value.is_finite() { 0 } else { value.abs().log10().floor() as i32 };
    let decimals = (digits - 1 - exponent).max(0) as usize;
    match exponent {
        -4..=6 if value == 0.0 => "0".into(),
        -4..=6 => format!("{value:.decimals$}"),
        _ => format!("{value:.*e}", (digits - 1).max(0) as usize),
    }
}

#[cfg(test)]
mod tests;
