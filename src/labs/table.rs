//! Numbers for a spreadsheet.

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
}
