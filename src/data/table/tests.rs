use super::*;

fn table(text: &str) -> Result<Table, DataError> {
    read(text.as_bytes(), Path::new("the input"))
}

#[test]
fn every_shipped_table_opens_whole() {
    let expected = [("penguins", 342, 4, 3), ("wine", 178, 13, 3), ("breast-cancer", 569, 30, 2), ("power", 20_000, 6, 0)];
    assert_eq!(expected.map(|(name, ..)| name), SHIPPED);
    for (name, rows, dim, classes) in expected {
        let table = Table::open(Path::new(name)).unwrap();
        assert_eq!((table.len(), table.dim(), table.class_names.len(), table.dropped), (rows, dim, classes, 0), "{name}");
        assert_eq!(table.classes.len(), if classes > 0 { rows } else { 0 }, "{name}");
    }
    let power = Table::open(Path::new("power")).unwrap();
    assert_eq!(power.columns[5], "minute");
    assert_eq!(power.steps, [0.001, 0.01, 1.0, 1.0, 1.0, 1.0]);
    assert_eq!(Table::open(Path::new("penguins")).unwrap().class_names, ["Adelie", "Chinstrap", "Gentoo"]);
}

#[test]
fn prepared_rows_are_standard_and_come_back_within_a_step() {
    let table = Table::open(Path::new("power")).unwrap();
    let prepared = table.prepare(None).unwrap();
    let (n, dim) = (table.len(), table.dim());
    assert_eq!((prepared.train.len(), prepared.test.len()), (n * 9 / 10 * dim, n / 10 * dim));
    for c in 0..dim {
        let column = || prepared.train.iter().skip(c).step_by(dim).map(|&v| f64::from(v));
        let mean = column().sum::<f64>() / column().count() as f64;
        let square = column().map(|v| v * v).sum::<f64>() / column().count() as f64;
        // Rounding to f32 only.
        assert!(mean.abs() < 1e-6 && (square - 1.0).abs() < 1e-6, "{c}: {mean} {square}");
    }
    // Every prepared row is its own row of the file, each value raised by less than its step; f32 rounds by at most 2e-3 of one.
    let mut order: Vec<usize> = (0..n).collect();
    order.shuffle(&mut rng(SPLIT_SEED, 0));
    let rows = prepared.train.chunks_exact(dim).chain(prepared.test.chunks_exact(dim));
    for (row, &from) in rows.zip(&order) {
        for (c, &z) in row.iter().enumerate() {
            let raised = (prepared.standard.invert(c, z.into()) - table.values[from * dim + c]) / table.steps[c];
            assert!((-2e-3..1.002).contains(&raised), "row {from}, column {c}: {raised}");
        }
    }
}

#[test]
fn bad_tables_are_sentences() {
    for (text, parts) in [
        ("a,b,c\n1,2,3\n4,five,6\n", ["row 3", "column b", "five"]),
        ("a,b,c\n1,2,3\n4,5\n", ["row 3", "column c", "2 cell"]),
        ("a,b,c\n1,2,3\n4,5,NaN\n", ["row 3", "column c", "finite"]),
        ("a,b,c\n1,cat,dog\n", ["row 2", "found 1", "3 columns"]),
        ("", ["at least one row", "", ""]),
    ] {
        let sentence = table(text).unwrap_err().to_string();
        assert!(parts.iter().all(|part| sentence.contains(part)), "{text:?}: {sentence}");
    }
    let wide = format!("{}\n", vec!["1"; 70].join(","));
    assert!(table(&wide).unwrap_err().to_string().contains("at most 64"));
    assert!(Table::open(Path::new("no-such.csv")).unwrap_err().to_string().contains("no-such.csv"));
}

#[test]
fn two_columns_are_picked_by_name_with_their_classes() {
    let penguins = Table::open(Path::new("penguins")).unwrap();
    let names = ["body_mass_g", "bill_length_mm"].map(String::from);
    let picked = penguins.pick(&names).unwrap();
    assert_eq!((picked.columns.clone(), picked.values[..2].to_vec()), (names.to_vec(), vec![3750.0, 39.1]));
    let prepared = picked.prepare(None).unwrap();
    let [train, test] = prepared.points();
    assert_eq!((train.len(), test.len(), train.classes.len()), (308, 34, 308));
    assert!(prepared.note.contains("body_mass_g 42") && prepared.note.contains("(sd 8"), "{}", prepared.note);
    let error = penguins.pick(&["bill".into(), "mass".into()]).unwrap_err().to_string();
    assert!(error.contains("\"bill\"") && error.contains("bill_depth_mm"), "{error}");
}

#[test]
fn one_row_and_equal_rows_stay_finite() {
    for text in ["1,2,3\n", "1,2,3\n1,2,3\n1,2,3\n", "1e8,1e-8,0\n1e8,1e-8,0\n"] {
        let prepared = table(text).unwrap().prepare(None).unwrap();
        assert!(!prepared.test.is_empty() && prepared.train.iter().chain(&prepared.test).all(|v| v.is_finite()), "{text:?}");
    }
}

#[test]
fn a_file_of_points_is_no_table_and_one_of_more_columns_or_with_classes_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    for (text, expected) in [
        ("x,y\n1,2\n", None),
        ("1,2\n", None),
        ("index,longitude,latitude\n7,1,2.5\n", None),
        ("t,y,x\n9,2.5,1\n", None),
        ("name,a,b\ncat,1,2.5\n", None),
        ("a,b,c\n1,2,3\n", Some(vec!["a", "b", "c"])),
        ("id,a,b,species\n1,2,3,cat\n", Some(vec!["a", "b"])),
        ("x,y,label\n1,2,0\n", Some(vec!["x", "y"])),
        ("", None),
    ] {
        std::fs::write(&path, text).unwrap();
        let expected = expected.map(|names| names.into_iter().map(String::from).collect::<Vec<_>>());
        assert_eq!(wide_columns(&path).unwrap(), expected, "{text:?}");
    }
}
