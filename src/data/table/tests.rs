use super::*;

fn table(text: &str) -> Result<Table, DataError> {
    read(|| Ok(text.as_bytes()), Path::new("the input"), None)
}

/// The same for weights that learned these columns and classes.
fn table_for(text: &str, columns: &[&str], classes: &[&str]) -> Result<Table, DataError> {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let standard = Standard { columns: names(columns), mean: vec![0.0; columns.len()], scale: vec![1.0; columns.len()] };
    read(|| Ok(text.as_bytes()), Path::new("the input"), Some(&Learned { standard, classes: names(classes) }))
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
fn a_file_of_points_is_no_table_and_one_of_other_columns_or_with_classes_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    for (text, expected) in [
        ("x,y\n1,2\n", None),
        ("1,2\n", None),
        ("index,longitude,latitude\n7,1,2.5\n", None),
        ("Lat;Lon\n1;2\n", None),
        ("t,y,x\n9,2.5,1\n", None),
        ("shape,x,y\ncat,1,2.5\n", None),
        ("name,a,b\ncat,1,2.5\n", Some(vec!["a", "b"])),
        ("width,height\n1,2\n", Some(vec!["width", "height"])),
        ("a,b,c\n1,2,3\n", Some(vec!["a", "b", "c"])),
        ("id,a,b,species\n1,2,3,cat\n", Some(vec!["a", "b"])),
        ("x,y,label\n1,2,0\n", Some(vec!["x", "y"])),
        ("x,y,kind\n1,2,cat\n1,3,dog\n", Some(vec!["x", "y"])),
        ("1,2,cat\n1,3,dog\n", Some(vec!["1", "2"])),
        ("", None),
    ] {
        std::fs::write(&path, text).unwrap();
        let expected = expected.map(|names| names.into_iter().map(String::from).collect::<Vec<_>>());
        assert_eq!(table_columns(&path).unwrap(), expected, "{text:?}");
        assert_eq!(first_two(&path).unwrap().map(Vec::from), expected.map(|names| names[..2].to_vec()), "{text:?}");
    }
    // What does not vary is not shown first.
    std::fs::write(&path, "a,b,c\n1,2,3\n1,4,6\n").unwrap();
    assert_eq!(first_two(&path).unwrap(), Some(["b", "c"].map(String::from)));
}

#[test]
fn a_plane_has_one_scale_and_other_columns_have_their_own() {
    let rows: String = (0..40).map(|i| format!("{:.2},{:.1}\n", f64::from(i * 7 % 11), 100.0 * f64::from(i * 5 % 13))).collect();
    for (header, plane) in [("x,y", true), ("Latitude,Longitude", true), ("lng,lat", true), ("a,b", false), ("x,height", false)] {
        let table = table(&format!("{header}\n{rows}")).unwrap();
        let prepared = table.prepare(None).unwrap();
        let [a, b] = prepared.standard.scale[..] else { unreachable!() };
        assert_eq!(a == b, plane, "{header}: {a} {b}");
        assert_eq!(prepared.note.contains("one factor"), plane, "{header}: {}", prepared.note);
        // One factor or two, together the columns have variance 1.
        let square = prepared.train.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / prepared.train.len() as f64;
        assert!((square - 1.0).abs() < 1e-6, "{header}: {square}");
        assert!((prepared.standard.log_det() + a.ln() + b.ln()).abs() < 1e-12);
    }
    // Two columns of a wider table without names are no plane.
    let wide: String = (0..40).map(|i| format!("{}.5,{},{}\n", i * 7 % 11, 100 * (i * 5 % 13), i * 3 % 17)).collect();
    let picked = table(&wide).unwrap().pick(&["1", "2"].map(String::from)).unwrap();
    let scale = picked.prepare(None).unwrap().standard.scale;
    assert!(scale[1] > 10.0 * scale[0], "{scale:?}");
}

#[test]
fn a_gap_in_any_row_leaves_the_columns_what_they_are_and_takes_out_its_row() {
    let gaps = ["NA", "", "n/a", "?", "null"];
    for gap in gaps {
        let table = table(&format!("a,b,kind\n{gap},2.5,cat\n1.5,1,dog\n3,7,cat\n4,4,{gap}\n5.5,1,dog\n")).unwrap();
        assert_eq!((&table.columns[..], table.len(), table.rows, table.gaps), (&["a", "b"].map(String::from)[..], 3, 5, 2), "{gap:?}");
        assert_eq!((&table.class_names[..], &table.classes[..]), (&["cat", "dog"].map(String::from)[..], &[1, 0, 1][..]), "{gap:?}");
        let note = table.prepare(None).unwrap().note;
        assert!(
            note.contains("2 of its 5 rows lack a value and are left out. 1 of these rows lacks only a class, in the column kind."),
            "{note}"
        );
    }
    let sentence = table("a,b\nNA,2\n1,\n").unwrap_err().to_string();
    assert!(sentence.contains("found none among 2"), "{sentence}");
}

#[test]
fn the_only_text_that_names_classes_does_and_two_of_them_are_told() {
    // Eight names at most are classes; a name for every row is none.
    let row = |i: usize| format!("n{i},{},{},{}\n", ["red", "blue"][i % 2], i * 7 % 11, i * 5 % 13);
    let rows: String = (0..20).map(row).collect();
    let one = table(&format!("who,colour,a,b\n{rows}")).unwrap();
    assert_eq!((one.class_names, one.candidates), (["blue", "red"].map(String::from).to_vec(), Vec::new()));
    let rows: String = (0..20).map(|i| format!("{}{}", ["s", "t", "u"][i % 3], &row(i)[row(i).find(',').unwrap()..])).collect();
    let two = table(&format!("place,colour,a,b\n{rows}")).unwrap();
    assert_eq!((two.classes.len(), &two.candidates[..]), (0, &["place", "colour"].map(String::from)[..]));
    let note = two.prepare(None).unwrap().note;
    assert!(note.contains("place or colour: call one of these columns class"), "{note}");
    let named = table(&format!("place,Class,a,b\n{rows}")).unwrap();
    assert_eq!((named.class_names, named.candidates), (["blue", "red"].map(String::from).to_vec(), Vec::new()));
}

#[test]
fn a_column_that_counts_the_rows_is_left_out_and_told_and_two_columns_stay() {
    let rows = |first: usize| (0..9).map(|i| format!("{},{},{}\n", first + i, i * 7 % 11, i * 5 % 13)).collect::<String>();
    for first in [0, 1, 1988] {
        let table = table(&format!("nr,a,b\n{}", rows(first))).unwrap();
        assert_eq!((&table.columns[..], &table.counters[..]), (&["a", "b"].map(String::from)[..], &["nr".to_owned()][..]), "{first}");
        let note = table.prepare(None).unwrap().note;
        assert!(note.contains("The column nr only counts the rows and is left out."), "{note}");
    }
    // A jump, a step of two, or too few others.
    let jump = format!("nr,a,b\n{}20,1,2\n", rows(1));
    for text in [jump.as_str(), "nr,a,b\n1,5,2\n3,1,7\n5,5,1\n", "nr,a\n1,5\n2,1\n3,5\n"] {
        assert_eq!(table(text).unwrap().columns[0], "nr", "{text}");
    }
}

#[test]
fn a_column_that_never_varies_is_named_with_its_value() {
    let sentence = table("a,b,c\n1,2.50,3\n2,2.5,1\n7,2.5,0\n").unwrap().varies().unwrap_err().to_string();
    assert!(
        ["column b", "found 2.5 in each of 3 row(s)", "leave that column out"].iter().all(|part| sentence.contains(part)),
        "{sentence}"
    );
    assert_eq!(table("a,b\n1,2\n1,3\n2,3\n").unwrap().varies(), Ok(()));
}

#[test]
fn a_step_is_one_unit_of_the_last_digit_with_an_exponent_too() {
    let table = table("a,b,c,d\n2.50e-9,1e6,0.5,7\n3.1E-9,2.5e6,0.25,9\n1e-9,1e3,1,8\n").unwrap();
    for (step, expected) in table.steps.iter().zip([1e-11, 1.0, 0.01, 1.0]) {
        assert!((step / expected - 1.0).abs() < 1e-12, "{:?}", table.steps);
    }
}

#[test]
fn numbers_of_any_size_are_told_in_few_digits() {
    for (value, text) in
        [(0.0, "0"), (43.917, "43.9"), (-4201.7, "-4202"), (0.001234, "0.00123"), (1.5e-9, "1.50e-9"), (-2.25e12, "-2.25e12")]
    {
        assert_eq!(short(value), text);
    }
    // Seconds since 1970 that spread over an hour are told to the minute.
    let standard = Standard { columns: vec!["t".into()], mean: vec![1.7e9], scale: vec![1_000.0] };
    assert_eq!(standard.shown(0, 0.1), "1.70000010e9");
}

#[test]
fn an_exponent_of_any_size_is_no_overflow() {
    for exponent in [isize::MIN, isize::MIN + 1] {
        let table = table(&format!("a,b\n1e{exponent},2\n3,5\n")).unwrap();
        assert!(table.values[0] == 0.0 && (table.steps[0] / 1e-60 - 1.0).abs() < 1e-12, "{exponent}");
    }
}

#[test]
fn what_was_learned_is_found_by_its_names_whatever_the_rows_look_like() {
    // A column that counts these rows, another order, a column more, one class of three.
    let text = "b,nr,kind,a,more\n7,1,cat,2.5,0\n1,2,cat,3.5,4\n4,3,cat,1.5,0\n";
    let found = table_for(text, &["nr", "a", "b"], &["ant", "bee", "cat"]).unwrap();
    assert_eq!((found.columns.join(","), found.values[..3].to_vec()), ("nr,a,b".to_owned(), vec![1.0, 2.5, 7.0]));
    assert_eq!((&found.classes[..], found.class_names.len(), &found.spare[..]), (&[2, 2, 2][..], 3, &["more".to_owned()][..]));
    let note = found.prepare(None).unwrap().note;
    assert!(note.starts_with("Left out are columns that were not learned: more."), "{note}");
    // Without weights the counter goes, and one name is no class.
    assert_eq!(table(text).unwrap().columns, ["b", "a", "more"]);
    let error = table_for("a,b,kind\n1,2,cat\n3,1,cow\n", &["a", "b"], &["bee", "cat"]).unwrap_err().to_string();
    assert!(error.contains("name of a class, found \"cow\"; choose one of bee, cat"), "{error}");
    // A column that is not there: what the file is by itself.
    assert_eq!(table_for(text, &["a", "c"], &[]).unwrap().columns, ["b", "a", "more"]);
    // Two columns of one name are two columns.
    assert_eq!(table_for("a,a,b\n1,2,7\n3,9,1\n", &["a", "b", "a"], &[]).unwrap().values, [1.0, 7.0, 2.0, 3.0, 1.0, 9.0]);
}
