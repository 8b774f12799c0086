//! A user's CSV file as points of the plane: two columns that are coordinates of one plane ([`is_plane`](super::table::is_plane)).
//!
//! Commas, semicolons (with decimal commas or points), tabs or spaces; with or without a header. The columns named x and y are taken
//! if there are such, else the first two columns that hold a number in the first row, leaving out a column named index or id where
//! enough others remain. Lines are streamed, so a file of any length needs little memory.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
};

use super::csv_rows::{Row, column_name, each_row, open};
use super::{DataError, Points, noise::Reservoir};

/// At most this many rows are kept.
pub const ROW_CAP: usize = 200_000;

/// What was read from a table.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadedPoints {
    /// The points, in the order of the file, unless some were dropped.
    pub points: Points,
    /// The names of the two columns: header, or number from 1.
    pub columns: [String; 2],
    /// Rows of data in the file.
    pub rows: usize,
    /// Rows that were left out because there were more than [`ROW_CAP`].
    pub dropped: usize,
}

impl LoadedPoints {
    /// A sentence for the screen if rows were left out.
    pub fn note(&self) -> Option<String> {
        (self.dropped > 0).then(|| format!("The file has {} rows; {} of them, drawn at random, are used.", self.rows, self.points.len()))
    }

    /// Whether neither coordinate is the same for all of several points.
    ///
    /// # Errors
    /// The first one that is.
    pub fn varies(&self) -> Result<(), DataError> {
        let Some([low, high]) = self.points.bounds().filter(|_| self.points.len() > 1) else { return Ok(()) };
        match (0..2).find(|&axis| low[axis] == high[axis]) {
            Some(axis) => {
                let (column, value) = (self.columns[axis].clone(), low[axis].to_string());
                Err(DataError::Constant { column, value, rows: self.points.len() })
            }
            None => Ok(()),
        }
    }
}

/// Read two columns of numbers from a file.
///
/// # Errors
/// A sentence for each: unreadable file, text in a cell, NaN or infinity, a short row, one column, no rows.
pub fn load_csv(path: &Path) -> Result<LoadedPoints, DataError> {
    read(open(path)?, ROW_CAP, path)
}

/// As [`load_csv`], from anything that can be read: pasted text, standard input.
///
/// # Errors
/// As [`load_csv`].
pub fn read_csv(source: impl Read) -> Result<LoadedPoints, DataError> {
    read(BufReader::new(source), ROW_CAP, Path::new("the input"))
}

fn read(source: impl BufRead, cap: usize, path: &Path) -> Result<LoadedPoints, DataError> {
    let mut columns: Option<[usize; 2]> = None;
    let mut reservoir = Reservoir::new(cap, 0);
    let mut count = 0;
    let names = each_row(source, path, |row, names| {
        let chosen = match columns {
            Some(chosen) => chosen,
            None => *columns.insert(choose(row, names)?),
        };
        reservoir.offer([row.number(chosen[0], names)?, row.number(chosen[1], names)?]);
        count += 1;
        Ok(())
    })?;
    let Some(chosen) = columns else {
        return Err(match names.len() {
            1 => DataError::OneColumn,
            _ => DataError::NoRows,
        });
    };
    let (xy, dropped) = reservoir.finish();
    Ok(LoadedPoints { points: Points::new(xy), columns: chosen.map(|c| column_name(c, &names)), rows: count, dropped })
}

/// Which two columns hold x and y, by the header and this first row of numbers.
fn choose(row: &Row, names: &[String]) -> Result<[usize; 2], DataError> {
    if let Some(two) = named(names) {
        return Ok(two);
    }
    let numeric = row.numeric(names, 2);
    match (numeric[..].first_chunk::<2>(), row.cells.len()) {
        (Some(&two), _) => Ok(two),
        (None, 0 | 1) => Err(DataError::OneColumn),
        // Two columns, one of them text: that cell is the trouble.
        (None, 2) => {
            let text = usize::from(numeric.first() == Some(&0));
            Err(row.number(text, names).err().unwrap_or(DataError::OneColumn))
        }
        (None, columns) => Err(DataError::TooFewNumbers { row: row.line, found: numeric.len(), columns }),
    }
}

/// The columns that a header names x and y.
pub(super) fn named(names: &[String]) -> Option<[usize; 2]> {
    let place = |wanted: &str| names.iter().position(|n| n.eq_ignore_ascii_case(wanted));
    Some([place("x")?, place("y")?])
}

#[cfg(test)]
mod tests;
