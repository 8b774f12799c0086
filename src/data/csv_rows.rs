//! The rows of a user's CSV file: commas, semicolons (with decimal commas or points), tabs or spaces; with or without a header. A NumPy array
//! ([`npy`](super::npy)) is read as a file without one.
//!
//! Lines are streamed, so a file of any length needs little memory.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use csv::{ByteRecord, ReaderBuilder, Trim};

use super::{DataError, error::shorten, npy};

/// One row of data.
pub(super) struct Row {
    /// Its cells, trimmed.
    pub(super) cells: Vec<String>,
    /// Its line in the file, from 1.
    pub(super) line: u64,
    delimiter: u8,
}

/// Opens a file to be read row by row.
///
/// # Errors
/// A file that cannot be read, a folder.
pub(super) fn open(path: &Path) -> Result<BufReader<File>, DataError> {
    let unreadable = |error: std::io::Error| DataError::Unreadable { path: path.to_owned(), reason: error.to_string() };
    let file = File::open(path).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.is_dir() {
        return Err(unreadable(std::io::ErrorKind::IsADirectory.into()));
    }
    Ok(BufReader::new(file))
}

/// Visits every row of data with the header's names, and gives those; none where the first row already holds a number.
///
/// # Errors
/// A file that cannot be read, and what a visit gives.
pub(super) fn each_row(
    mut source: impl BufRead,
    path: &Path,
    mut visit: impl FnMut(&Row, &[String]) -> Result<(), DataError>,
) -> Result<Vec<String>, DataError> {
    let unreadable = |reason: String| DataError::Unreadable { path: path.to_owned(), reason };
    let start = source.fill_buf().map_err(|e| unreadable(e.to_string()))?;
    if start.starts_with(b"PK\x03\x04") {
        let reason = "it is an archive, such as numpy.savez writes; save one array of rows and columns with numpy.save".into();
        return Err(DataError::NoTable { path: path.to_owned(), reason });
    }
    if start.starts_with(npy::MAGIC) {
        let no_table = |reason: String| DataError::NoTable { path: path.to_owned(), reason };
        npy::each_row(source, no_table, |line, cells| visit(&Row { cells, line, delimiter: b',' }, &[]))?;
        return Ok(Vec::new());
    }
    let delimiter = delimiter(start);
    if start.starts_with(b"\xef\xbb\xbf") {
        source.consume(3); // the byte order mark of some spreadsheets
    }
    let mut rows =
        ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).trim(Trim::All).comment(Some(b'#')).from_reader(source);
    let (mut header, mut first) = (Vec::new(), true);
    let mut record = ByteRecord::new();
    while rows.read_byte_record(&mut record).map_err(|e| unreadable(e.to_string()))? {
        let line = record.position().map_or(0, csv::Position::line);
        let row = Row { cells: cells(&record, delimiter), line, delimiter };
        if row.cells.iter().all(String::is_empty) {
            continue;
        }
        if std::mem::take(&mut first) && !row.cells.iter().any(|c| number(c, delimiter).is_some()) {
            header = row.cells;
            continue;
        }
        visit(&row, &header)?;
    }
    Ok(header)
}

impl Row {
    /// The columns that hold a number in this row; where more than `enough` do, one that only counts the rows is left out.
    pub(super) fn numeric(&self, names: &[String], enough: usize) -> Vec<usize> {
        let mut numeric: Vec<usize> = (0..self.cells.len()).filter(|&c| number(&self.cells[c], self.delimiter).is_some()).collect();
        if numeric.len() > enough
            && let Some(at) = numeric.iter().position(|&c| counts_rows(c, names))
        {
            numeric.remove(at);
        }
        numeric
    }

    /// The number in a column.
    ///
    /// # Errors
    /// A short row, text, a number that f32 does not hold.
    pub(super) fn number(&self, column: usize, names: &[String]) -> Result<f32, DataError> {
        self.precise(column, names).map(|v| v as f32)
    }

    /// The same in f64.
    ///
    /// # Errors
    /// As [`Row::number`].
    pub(super) fn precise(&self, column: usize, names: &[String]) -> Result<f64, DataError> {
        let (row, name) = (self.line, || column_name(column, names));
        let Some(cell) = self.cells.get(column) else {
            return Err(DataError::ShortRow { row, column: name(), cells: self.cells.len() });
        };
        match number(cell, self.delimiter) {
            Some(v) if (v as f32).is_finite() => Ok(v),
            Some(_) => Err(DataError::NotFinite { row, column: name(), value: shorten(cell) }),
            None => Err(DataError::TextCell { row, column: name(), value: shorten(cell) }),
        }
    }

    /// The number in a cell, if it holds one.
    pub(super) fn value(&self, column: usize) -> Option<f64> {
        number(self.cells.get(column)?, self.delimiter)
    }

    /// The place of the last digit of a cell as it is written, counted after the decimal point: 2 for 234.84, 11 for 2.50e-9, 0 for 1e6.
    pub(super) fn decimals(&self, column: usize) -> usize {
        let cell = self.cells.get(column).map_or("", String::as_str);
        let (digits, exponent) = cell.split_once(['e', 'E']).unwrap_or((cell, "0"));
        let written = digits.rsplit_once(['.', ',']).map_or(0, |(_, after)| after.len());
        written.saturating_add_signed(exponent.parse::<isize>().unwrap_or(0).saturating_neg())
    }
}

/// Whether a column only counts the rows, by its name.
pub(super) fn counts_rows(column: usize, names: &[String]) -> bool {
    names.get(column).is_some_and(|name| ["index", "id", ""].iter().any(|counter| name.eq_ignore_ascii_case(counter)))
}

/// The header's name of a column, or its number from 1.
pub(super) fn column_name(column: usize, names: &[String]) -> String {
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
