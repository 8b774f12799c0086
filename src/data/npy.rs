//! The rows of a NumPy array file (`.npy`, <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>): numbers of two axes, one row
//! a point. They come as the cells of a table, so that whatever reads a CSV file reads an array too.

use std::fmt::Debug;
use std::io::{self, BufRead, Cursor, Error, ErrorKind, Read};

use npyz::{DType, Deserialize, NpyFile, Order, TypeChar};

use super::DataError;

/// The first bytes of such a file.
pub const MAGIC: &[u8] = b"\x93NUMPY";
/// Magic, version and length of a header of version 1.0; other versions only hold what no table needs.
const BEFORE_TEXT: usize = 10;
/// Numbers whose digits are so many together have a product below 2^64.
const MOST_DIGITS: usize = 19;
/// Numbers that are held in memory where the file is ordered by columns.
const MOST_BY_COLUMNS: u64 = 50_000_000;

/// Visits the cells of each row, in order, with its number from 1.
///
/// # Errors
/// A torn file, another number of axes than two, cells that are no numbers, all of them told by `unreadable`, whose sentence goes on after "but";
/// and what a visit gives.
pub(super) fn each_row(
    mut source: impl BufRead,
    unreadable: impl Fn(String) -> DataError,
    mut visit: impl FnMut(u64, Vec<String>) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let told = |error: Error| unreadable(error.to_string());
    let header = header(&mut source).map_err(told)?;
    let file = NpyFile::new(Cursor::new(header).chain(source)).map_err(told)?;
    let DType::Plain(kind) = file.dtype() else { return Err(unreadable("its cells are records; save numbers".into())) };
    match (kind.type_char(), kind.size_field()) {
        (TypeChar::Float, 4) => rows::<f32, _>(file, told, &mut visit),
        (TypeChar::Float, 8) => rows::<f64, _>(file, told, &mut visit),
        (TypeChar::Int, 1) => rows::<i8, _>(file, told, &mut visit),
        (TypeChar::Int, 2) => rows::<i16, _>(file, told, &mut visit),
        (TypeChar::Int, 4) => rows::<i32, _>(file, told, &mut visit),
        (TypeChar::Int, 8) => rows::<i64, _>(file, told, &mut visit),
        (TypeChar::Uint, 1) => rows::<u8, _>(file, told, &mut visit),
        (TypeChar::Uint, 2) => rows::<u16, _>(file, told, &mut visit),
        (TypeChar::Uint, 4) => rows::<u32, _>(file, told, &mut visit),
        (TypeChar::Uint, 8) => rows::<u64, _>(file, told, &mut visit),
        _ => Err(unreadable(format!("its cells are of the type {kind}, where numbers are wanted"))),
    }
}

/// The header's bytes, once its numbers are known to multiply without overflow: what reads them does not look.
fn header(source: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; BEFORE_TEXT];
    source.read_exact(&mut bytes).map_err(torn)?;
    if !bytes.starts_with(MAGIC) || bytes[6] != 1 {
        return Err(unfit("its header is not of version 1.0; save it again with numpy.save"));
    }
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    bytes.resize(BEFORE_TEXT + length, 0);
    source.read_exact(&mut bytes[BEFORE_TEXT..]).map_err(torn)?;
    if bytes[BEFORE_TEXT..].iter().filter(|byte| byte.is_ascii_digit()).count() > MOST_DIGITS {
        return Err(unfit("its header has larger numbers than a file can hold"));
    }
    Ok(bytes)
}

/// Reads the values one by one: a header that promises more than the file holds costs no memory, and neither do rows that are visited as they
/// come. A file that is ordered by columns has to be held whole.
fn rows<T: Deserialize + Debug, R: Read>(
    file: NpyFile<R>,
    told: impl Fn(Error) -> DataError,
    visit: &mut impl FnMut(u64, Vec<String>) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let &[count, columns @ 1..=u64::MAX] = file.shape() else {
        let sides: Vec<String> = file.shape().iter().map(u64::to_string).collect();
        return Err(told(unfit(&format!(
            "its array has the shape ({}); save one of rows and columns, (n, 2) for points of the plane",
            sides.join(", ")
        ))));
    };
    let by_rows = file.order() == Order::C;
    let mut values = file.data::<T>().map_err(|error| told(unfit(&error.to_string())))?.map(|value| value.map_err(torn));
    if by_rows {
        for row in 1..=count {
            let cells = values.by_ref().take(columns as usize).map(|value| value.map(|value| cell(&value)));
            visit(row, cells.collect::<io::Result<_>>().map_err(&told)?)?;
        }
        return Ok(());
    }
    if count * columns > MOST_BY_COLUMNS {
        let why = format!("it is ordered by columns and has {} numbers; save it by rows: numpy.ascontiguousarray", count * columns);
        return Err(told(unfit(&why)));
    }
    let values: Vec<T> = values.collect::<io::Result<_>>().map_err(told)?;
    for row in 0..count {
        let cells = (0..columns).filter_map(|column| values.get((column * count + row) as usize)).map(cell);
        visit(row + 1, cells.collect())?;
    }
    Ok(())
}

/// A value as short as it can be written: its last decimal is one step of what is known of it.
fn cell(value: &impl Debug) -> String {
    let written = format!("{value:?}");
    written.strip_suffix(".0").map_or(written.clone(), str::to_owned)
}

fn unfit(reason: &str) -> Error {
    Error::new(ErrorKind::InvalidData, reason.to_owned())
}

fn torn(error: Error) -> Error {
    if error.kind() == ErrorKind::UnexpectedEof { unfit("it ends before its array does; copy or save it again") } else { error }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<Vec<String>>, String> {
        let mut rows = Vec::new();
        let unreadable = |reason: String| DataError::NoTable { path: "a.npy".into(), reason };
        each_row(bytes, unreadable, |number, cells| {
            assert_eq!(number as usize, rows.len() + 1);
            rows.push(cells);
            Ok(())
        })
        .map_err(|error| error.to_string())?;
        Ok(rows)
    }

    /// As `numpy.save` writes it.
    fn saved(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
        let order = if fortran { "True" } else { "False" };
        let text = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}");
        let padded = format!("{text:<width$}\n", width = 117);
        let mut bytes = [MAGIC, &[1, 0], &(padded.len() as u16).to_le_bytes(), padded.as_bytes()].concat();
        bytes.extend(data);
        bytes
    }

    #[test]
    fn rows_come_in_both_orders_and_as_short_as_they_are_written() {
        let data: Vec<u8> = [0.1f32, -2.5, 1e-9, 4.0, 5.0, 6.0].iter().flat_map(|v| v.to_le_bytes()).collect();
        let by_rows = read(&saved("<f4", false, "(3, 2)", &data)[..]).unwrap();
        assert_eq!(by_rows, [["0.1", "-2.5"], ["1e-9", "4"], ["5", "6"]]);
        let by_columns = read(&saved("<f4", true, "(3, 2)", &data)[..]).unwrap();
        assert_eq!(by_columns, [["0.1", "4"], ["-2.5", "5"], ["1e-9", "6"]]);
        let big_endian: Vec<u8> = [258i16, -1].iter().flat_map(|v| v.to_be_bytes()).collect();
        assert_eq!(read(&saved(">i2", false, "(1, 2)", &big_endian)[..]).unwrap(), [["258", "-1"]]);
    }

    #[test]
    fn what_is_no_table_is_a_sentence() {
        let refused = |bytes: &[u8]| read(bytes).unwrap_err();
        assert!(refused(&saved("<f8", false, "(2, 3, 4)", &[0; 192])).contains("shape (2, 3, 4)"));
        assert!(refused(&saved("<f8", false, "(3,)", &[0; 24])).contains("shape (3)"));
        assert!(refused(&saved("<c16", false, "(1, 2)", &[0; 32])).contains("numbers are wanted"));
        assert!(refused(&saved("<f8", false, "(3, 2)", &[0; 40])).contains("ends before"));
        // Neither memory nor an overflow follows from what a header only promises.
        assert!(refused(&saved("<f8", false, "(99999999999, 2)", &[0; 40])).contains("ends before"));
        assert!(refused(&saved("<f8", false, "(4294967296, 4294967296)", &[0; 40])).contains("larger numbers"));
        assert!(refused(b"\x93NUMPY\x03\x00").contains("ends before"));
        assert!(refused(&saved("<f8", true, "(50000001, 1)", &[0; 8])).contains("ascontiguousarray"));
        // Rows without cells would never end.
        assert!(refused(&saved("<f8", false, "(999999999999999, 0)", &[])).contains("shape (999999999999999, 0)"));
    }
}
