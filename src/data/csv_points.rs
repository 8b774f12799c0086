//! A user's CSV file as points of the plane.
//!
//! Commas, semicolons (with decimal commas or points), tabs or spaces; with or without a header. The columns named x and y are taken
//! if there are such, else the first two columns that hold a number in the first row, leaving out a column named index or id where
//! enough others remain. Lines are streamed, so a file of any length needs little memory.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use csv::{ByteRecord, ReaderBuilder, Trim};

use super::{DataError, Points, error::shorten, noise::Reservoir};

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
}

/// Read two columns of numbers from a file.
///
/// # Errors
/// A sentence for each: unreadable file, text in a cell, NaN or infinity, a short row, one column, no rows.
pub fn load_csv(path: &Path) -> Result<LoadedPoints, DataError> {
    let unreadable = |error: std::io::Error| DataError::Unreadable { path: path.to_owned(), reason: error.to_string() };
    let file = File::open(path).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.is_dir() {
        return Err(unreadable(std::io::ErrorKind::IsADirectory.into()));
    }
    read(BufReader::new(file), ROW_CAP, path)
}

/// As [`load_csv`], from anything that can be read: pasted text, standard input.
///
/// # Errors
/// As [`load_csv`].
pub fn read_csv(source: impl Read) -> Result<LoadedPoints, DataError> {
    read(BufReader::new(source), ROW_CAP, Path::new("the input"))
}

fn read(mut source: impl BufRead, cap: usize, path: &Path) -> Result<LoadedPoints, DataError> {
    let unreadable = |reason: String| DataError::Unreadable { path: path.to_owned(), reason };
    let start = source.fill_buf().map_err(|e| unreadable(e.to_string()))?;
    let delimiter = delimiter(start);
    if start.starts_with(b"\xef\xbb\xbf") {
        source.consume(3); // the byte order mark of some spreadsheets
    }
    let mut rows =
        ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).trim(Trim::All).comment(Some(b'#')).from_reader(source);
    let mut header = None;
    let mut columns: Option<[usize; 2]> = None;
    let mut reservoir = Reservoir::new(cap, 0);
    let mut record = ByteRecord::new();
    let mut count = 0;
    loop {
        let more = rows.read_byte_record(&mut record).map_err(|e| unreadable(e.to_string()))?;
        if !more {
            break;
        }
        let line = record.position().map_or(0, csv::Position::line);
        let row = Row { cells: cells(&record, delimiter), line, delimiter };
        if row.cells.iter().all(String::is_empty) {
            continue;
        }
        let first = columns.is_none() && header.is_none();
        if first && !row.cells.iter().any(|c| number(c, delimiter).is_some()) {
            header = Some(row.cells);
            continue;
        }
        let names = header.as_deref().unwrap_or_default();
        let chosen = match columns {
            Some(chosen) => chosen,
            None => *columns.insert(row.choose(names)?),
        };
        reservoir.offer([row.coordinate(chosen[0], names)?, row.coordinate(chosen[1], names)?]);
        count += 1;
    }
    let names = header.as_deref().unwrap_or_default();
    let Some(chosen) = columns else {
        return Err(match names.len() {
            1 => DataError::OneColumn,
            _ => DataError::NoRows,
        });
    };
    let (xy, dropped) = reservoir.finish();
    Ok(LoadedPoints { points: Points::new(xy), columns: chosen.map(|c| column_name(c, names)), rows: count, dropped })
}

struct Row {
    cells: Vec<String>,
    line: u64,
    delimiter: u8,
}

impl Row {
    /// Which two columns hold x and y, by the header and this first row of numbers.
    fn choose(&self, names: &[String]) -> Result<[usize; 2], DataError> {
        let named = |wanted: &str| names.iter().position(|n| n.eq_ignore_ascii_case(wanted));
        if let (Some(x), Some(y)) = (named("x"), named("y")) {
            return Ok([x, y]);
        }
        let mut numeric: Vec<usize> = (0..self.cells.len()).filter(|&c| number(&self.cells[c], self.delimiter).is_some()).collect();
        if numeric.len() > 2 {
            let counter = |c: &usize| names.get(*c).is_some_and(|n| ["index", "id", ""].iter().any(|i| n.eq_ignore_ascii_case(i)));
            numeric = match numeric.iter().position(counter) {
                Some(at) => [&numeric[..at], &numeric[at + 1..]].concat(),
                None => numeric,
            };
        }
        match (numeric[..].first_chunk::<2>(), self.cells.len()) {
            (Some(&two), _) => Ok(two),
            (None, 0 | 1) => Err(DataError::OneColumn),
            // Two columns, one of them text: that cell is the trouble.
            (None, 2) => {
                let text = usize::from(numeric.first() == Some(&0));
                Err(self.coordinate(text, names).err().unwrap_or(DataError::OneColumn))
            }
            (None, columns) => Err(DataError::TooFewNumbers { row: self.line, found: numeric.len(), columns }),
        }
    }

    fn coordinate(&self, column: usize, names: &[String]) -> Result<f32, DataError> {
        let (row, name) = (self.line, column_name(column, names));
        let Some(cell) = self.cells.get(column) else {
            return Err(DataError::ShortRow { row, column: name, cells: self.cells.len() });
        };
        match number(cell, self.delimiter) {
            Some(v) if (v as f32).is_finite() => Ok(v as f32),
            Some(_) => Err(DataError::NotFinite { row, column: name, value: shorten(cell) }),
            None => Err(DataError::TextCell { row, column: name, value: shorten(cell) }),
        }
    }
}

/// The header's name of a column, or its number from 1.
fn column_name(column: usize, names: &[String]) -> String {
    names.get(column).filter(|n| !n.is_empty()).map_or_else(|| format!("{}", column + 1), |n| shorten(n))
}

fn cells(record: &ByteRecord, delimiter: u8) -> Vec<String> {
    let cells = record.iter().map(|c| String::from_utf8_lossy(c).trim().to_owned());
    if delimiter == b' ' {
        // Runs of spaces align columns; they are one separator.
        cells.filter(|c| !c.is_empty()).collect()
    } else {
        cells.collect()
    }
}

fn number(cell: &str, delimiter: u8) -> Option<f64> {
    let parsed = cell.parse().ok();
    if parsed.is_none() && delimiter != b',' {
        return cell.replace(',', ".").parse().ok();
    }
    parsed
}

/// The separator that the first line with one uses.
fn delimiter(start: &[u8]) -> u8 {
    start
        .split(|&b| b == b'\n')
        .filter(|line| !line.starts_with(b"#"))
        .find_map(|line| {
            let line = line.trim_ascii();
            [b';', b'\t', b',', b' '].into_iter().find(|d| line.contains(d))
        })
        .unwrap_or(b',')
}

#[cfg(test)]
mod tests;
