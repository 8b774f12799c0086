//! What can be wrong with data, as sentences for the screen.

use std::path::PathBuf;

/// An error of reading, preparing or writing data. Its text is one sentence: what was expected, what was found, what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The file cannot be opened or read.
    #[error("Expected a readable file at {path}, but {reason}; check the path and its permissions.", path = .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The file can be read, but is no table of numbers.
    #[error("Expected a table of numbers in {path}, but {reason}.", path = .path.display())]
    NoTable {
        /// The file.
        path: PathBuf,
        /// What it is, and what to do.
        reason: String,
    },
    /// A cell that should be a number is text.
    #[error("Expected a number in row {row}, column {column}, found the text {value:?}; correct the cell or delete the row.")]
    TextCell {
        /// Line in the file, from 1.
        row: u64,
        /// Header of the column, or its number from 1.
        column: String,
        /// The cell, shortened.
        value: String,
    },
    /// A number is NaN, infinite or too large for single precision.
    #[error("Expected a finite number in row {row}, column {column}, found {value}; correct the cell or delete the row.")]
    NotFinite {
        /// Line in the file, from 1.
        row: u64,
        /// Header of the column, or its number from 1.
        column: String,
        /// The cell, shortened.
        value: String,
    },
    /// A row has fewer cells than the columns in use.
    #[error("Expected a number in row {row}, column {column}, found a row of {cells} cell(s); complete or delete the row.")]
    ShortRow {
        /// Line in the file, from 1.
        row: u64,
        /// Header of the column, or its number from 1.
        column: String,
        /// Cells in that row.
        cells: usize,
    },
    /// A table with a single column cannot be points of the plane.
    #[error("Expected two columns of numbers (x and y), found one column; add the second, separated by commas, semicolons or tabs.")]
    OneColumn,
    /// A table with several columns of which fewer than two hold numbers.
    #[error(
        "Expected two columns of numbers (x and y), found {found} in row {row} of {columns} columns; \
         keep the numbers in two columns of their own."
    )]
    TooFewNumbers {
        /// Line in the file, from 1.
        row: u64,
        /// Columns that hold a number.
        found: usize,
        /// Columns in all.
        columns: usize,
    },
    /// A table without a row of data.
    #[error("Expected at least one row with x and y, found none; add rows or choose another file.")]
    NoRows,
    /// Training or sampling was asked of an empty set.
    #[error("Expected at least one example to train on, found none; draw points, choose a data set or load a file.")]
    Empty,
    /// A table in which every row lacks a value.
    #[error("Expected at least one row without a gap, found none among {rows}; fill the gaps, or leave out the columns that have them.")]
    OnlyGaps {
        /// Rows of data in the file.
        rows: usize,
    },
    /// A column that always holds the same number.
    #[error(
        "Expected values that differ in column {column}, found {value} in each of {rows} row(s): a density there can grow without bound; leave \
         that column out, or add rows."
    )]
    Constant {
        /// Header of the column, or its number from 1.
        column: String,
        /// The number.
        value: String,
        /// Rows of data.
        rows: usize,
    },
    /// An array of the wrong shape.
    #[error("Expected {expected}, found {found}; reshape the data.")]
    Shape {
        /// The shape that is needed.
        expected: String,
        /// The shape that was given.
        found: String,
    },
    /// A name that is not in the list.
    #[error("Expected the name of a {kind}, found {name:?}; choose one of {known}.")]
    UnknownName {
        /// What is named: "toy", "shape".
        kind: &'static str,
        /// The name that was given.
        name: String,
        /// The known names, separated by commas.
        known: String,
    },
    /// A preparation of images that is not offered.
    #[error("Expected {expected}, found {found}; choose another setting.")]
    Setting {
        /// The range that is allowed.
        expected: &'static str,
        /// What was asked.
        found: String,
    },
    /// The file is no image that can be read.
    #[error("Expected a PNG or JPEG image in {path}, but {reason}; save it again as PNG.", path = .path.display())]
    NotAnImage {
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        reason: String,
    },
    /// The declared size of an image is zero or too large; nothing was decoded.
    #[error(
        "Expected an image of 1 to {max_side} pixels a side and at most {max_megapixels} megapixels, found {width}x{height}; resize or crop it first."
    )]
    ImageSize {
        /// Declared width in pixels.
        width: u32,
        /// Declared height in pixels.
        height: u32,
        /// Largest side that is allowed.
        max_side: u32,
        /// Largest number of megapixels that is allowed.
        max_megapixels: u32,
    },
    /// The folder to write into is missing.
    #[error("Expected the folder {path} to exist for writing, found none; create it or choose another folder.", path = .path.display())]
    NoFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The disk has no room; the previous file, if any, is untouched.
    #[error("Expected room for {bytes} bytes to write {path}, but the disk is full; free some space or choose another disk (the old file is untouched).", path = .path.display())]
    DiskFull {
        /// The file that was to be written.
        path: PathBuf,
        /// Its size.
        bytes: usize,
    },
    /// Writing failed for another reason; the previous file, if any, is untouched.
    #[error("Expected to write {path}, but {reason}; choose another place (the old file, if any, is untouched).", path = .path.display())]
    Write {
        /// The file that was to be written.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

/// Shorten what a user's file holds so that it fits in a sentence.
pub(crate) fn shorten(text: &str) -> String {
    const LIMIT: usize = 32;
    let mut short: String = text.chars().take(LIMIT).collect();
    if text.chars().nth(LIMIT).is_some() {
        short.push_str("...");
    }
    short
}
