//! Numbers for a spreadsheet, and for NumPy.

use std::iter::Peekable;
use std::vec::IntoIter;

use crate::data::npz::{NamedArray, npz};

/// A table: one row a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Names of the columns, with their units.
    pub columns: Vec<String>,
    /// The rows; a cell that has no value is empty.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// As CSV with a header (RFC 4180).
    ///
    /// # Errors
    /// A sentence about a row of another length than the header.
    pub fn to_csv(&self) -> Result<Vec<u8>, String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let wrong = |error: csv::Error| format!("The table cannot be written: {error}.");
        writer.write_record(&self.columns).map_err(wrong)?;
        for row in &self.rows {
            writer.write_record(row).map_err(wrong)?;
        }
        writer.into_inner().map_err(|error| format!("The table cannot be written: {}.", error.error()))
    }

    /// A check sum (CRC-32) of all of it but measured times, which are others in each run: equal numbers have equal sums, and a single digit
    /// that differs gives another.
    ///
    /// # Errors
    /// As [`Table::to_csv`].
    pub fn check(&self) -> Result<u32, String> {
        let timed = |at: &usize| !self.columns[*at].ends_with("/ ms");
        let kept: Vec<usize> = (0..self.columns.len()).filter(timed).collect();
        let pick = |row: &Vec<String>| kept.iter().filter_map(|&at| row.get(at).cloned()).collect();
        let table = Table { columns: pick(&self.columns), rows: self.rows.iter().map(pick).collect() };
        let mut sum = flate2::Crc::new();
        sum.update(&table.to_csv()?);
        Ok(sum.sum())
    }

    /// As named arrays of numbers for NumPy ([`npz`]): neighbours that one thing has several of, such as `p(level 0)` to `p(level 7)`, are one
    /// array of two axes. An empty cell is NaN. A column of words is left out, and so is a row that has a word where the others have their number: the
    /// probe is none of the points.
    ///
    /// # Errors
    /// A sentence where no column holds numbers.
    pub fn to_npz(&self) -> Result<Vec<u8>, String> {
        let arrays = self.arrays();
        if arrays.is_empty() {
            return Err("The table has no column of numbers; choose a CSV file for its words.".into());
        }
        npz(&arrays).map_err(|error| format!("The arrays cannot be written: {error}."))
    }

    fn arrays(&self) -> Vec<NamedArray> {
        let cell = |row: &Vec<String>, column: usize| row.get(column).cloned().unwrap_or_default();
        let is_word = |cell: &String| !cell.is_empty() && cell.parse::<f64>().is_err();
        let words = |column: usize| self.rows.iter().filter(|row| is_word(&cell(row, column))).count();
        let of_words: Vec<bool> = (0..self.columns.len()).map(|column| 2 * words(column) > self.rows.len()).collect();
        let named_by_a_word = |row: &&Vec<String>| (0..of_words.len()).any(|column| !of_words[column] && is_word(&cell(row, column)));
        let rows: Vec<&Vec<String>> = self.rows.iter().filter(|row| !named_by_a_word(row)).collect();
        let numbers = |column: usize| -> Option<Vec<f64>> {
            (!of_words[column]).then(|| rows.iter().map(|row| cell(row, column).parse().unwrap_or(f64::NAN)).collect())
        };
        let columns: Vec<(&str, Vec<f64>)> =
            self.columns.iter().enumerate().filter_map(|(at, name)| Some((name.as_str(), numbers(at)?))).collect();
        let mut columns = columns.into_iter().peekable();
        let mut arrays: Vec<NamedArray> = Vec::new();
        while let Some((name, first)) = columns.next() {
            let group = neighbours(name, first, &mut columns);
            let stem = if group.len() > 1 { stem(name) } else { name.to_owned() };
            let (rows, wide) = (rows.len(), group.len());
            let values = (0..rows).flat_map(|row| group.iter().map(move |column| column[row])).collect();
            let shape = if wide > 1 { vec![rows, wide] } else { vec![rows] };
            let name = free_name(&identifier(&stem), &arrays);
            arrays.push(NamedArray { name, shape, values });
        }
        arrays
    }
}

/// A column and those after it whose names differ from its name in nothing but what counts them.
fn neighbours(name: &str, first: Vec<f64>, rest: &mut Peekable<IntoIter<(&str, Vec<f64>)>>) -> Vec<Vec<f64>> {
    let stem = stem(name);
    let mut group = vec![first];
    while let Some((_, column)) = rest.next_if(|(next, _)| self::stem(next) == stem) {
        group.push(column);
    }
    group
}

/// What a name has in common with its neighbours, without what counts them: `p(level 3)` and `p(G4)` are `p`, `x1 after layer 2` is
/// `x after layer 2`; a variable, as in `p(x)`, counts nothing.
fn stem(name: &str) -> String {
    let counted = name.strip_suffix(')').and_then(|name| name.split_once('(')).filter(|(_, inside)| inside.chars().count() > 1);
    if let Some((before, _)) = counted {
        return before.to_owned();
    }
    let Some(start) = name.find(|c: char| c.is_ascii_digit()) else { return name.to_owned() };
    let after = name[start..].trim_start_matches(|c: char| c.is_ascii_digit());
    format!("{}{after}", name[..start].trim_end())
}

/// Letters, digits and underscores: what Python takes for a name.
fn identifier(name: &str) -> String {
    // Of a minus, which Python takes for no letter, a name must not lose its meaning.
    let letters: String =
        name.replace('−', " minus ").chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' }).collect();
    letters.split_whitespace().collect::<Vec<_>>().join("_")
}

fn free_name(name: &str, taken: &[NamedArray]) -> String {
    let wanted = if name.is_empty() { "column" } else { name };
    let is_free = |name: &str| taken.iter().all(|array| array.name != name);
    let counted = (2..).map(|count| format!("{wanted}_{count}"));
    std::iter::once(wanted.to_owned()).chain(counted).find(|name| is_free(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn cells_with_commas_come_back() {
        let table = Table { columns: vec!["a".into(), "b".into()], rows: vec![vec!["1,5".into(), "x\"y".into()]] };
        let bytes = table.to_csv().unwrap();
        let mut reader = csv::Reader::from_reader(&bytes[..]);
        let row = reader.records().next().unwrap().unwrap();
        assert_eq!((&row[0], &row[1]), ("1,5", "x\"y"));
        assert!(Table { rows: vec![vec!["1".into()]], ..table }.to_csv().is_err());
    }

    #[test]
    fn neighbours_become_one_array() {
        let columns = [
            "pixel",
            "note",
            "x1",
            "x2",
            "x1 after layer 1",
            "x2 after layer 1",
            "p(level 0)",
            "p(level 1)",
            "u",
            "price −ln p / nats",
            "p(x)",
        ];
        let row = |u: &str| ["word", "1", "2", "3", "4", "0.25", "0.75", u, "1.5", "6"].map(str::to_owned);
        let rows = [("probe", "9"), ("0", "0.5"), ("1", "")].map(|(first, u)| [vec![first.to_owned()], row(u).to_vec()].concat());
        let table = Table { columns: columns.map(str::to_owned).to_vec(), rows: rows.to_vec() };
        let arrays = table.arrays();
        let found: Vec<(&str, &[usize])> = arrays.iter().map(|array| (array.name.as_str(), &array.shape[..])).collect();
        let wanted: [(&str, &[usize]); 7] = [
            ("pixel", &[2]),
            ("x", &[2, 2]),
            ("x_after_layer_1", &[2, 2]),
            ("p", &[2, 2]),
            ("u", &[2]),
            ("price_minus_ln_p_nats", &[2]),
            ("p_x", &[2]),
        ];
        assert_eq!(found, wanted);
        assert_eq!((&arrays[3].values[..], arrays[4].values[1].is_nan()), (&[0.25, 0.75, 0.25, 0.75][..], true));
        assert_eq!(arrays[0].values, [0.0, 1.0], "the probe is none of the points");
        let words = Table { columns: vec!["note".into()], rows: vec![vec!["C".into()]] };
        assert!(words.to_npz().unwrap_err().contains("no column of numbers"));
    }
}
