use super::*;

fn load(text: &str) -> Result<LoadedPoints, DataError> {
    read_csv(text.as_bytes())
}

#[test]
fn headers_separators_and_extra_columns() {
    let two = vec![[1.0, 2.5], [-3.0, 4e-1]];
    for text in [
        "1,2.5\n-3,4e-1\n",
        "x,y\n1,2.5\n-3,0.4",
        "\u{feff}x,y\r\n1,2.5\r\n-3,0.4\r\n",
        "a;b\n1;2,5\n-3;0,4\n",
        "1\t2.5\n-3\t0.4\n",
        "# made by hand\n 1   2.5\n-3   0.4\n",
        "name,a,b\ncat,1,2.5\ndog,-3,0.4\n",
        "index,longitude,latitude\n7,1,2.5\n8,-3,0.4\n",
        "t,y,x\n9,2.5,1\n9,0.4,-3\n",
        "\n\"1\",\"2.5\"\n\n-3,0.4\n,\n",
    ] {
        let loaded = load(text).unwrap_or_else(|e| panic!("{text:?}: {e}"));
        assert_eq!(loaded.points.xy, two, "{text:?}");
        assert_eq!((loaded.rows, loaded.dropped), (2, 0));
        assert_eq!(loaded.note(), None);
    }
    let named = load("index,longitude,latitude\n7,1,2.5\n").unwrap();
    assert_eq!(named.columns, ["longitude", "latitude"]);
    assert_eq!(load("1,2\n").unwrap().columns, ["1", "2"]);
}

#[test]
fn bad_cells_are_named_by_row_column_and_value() {
    let text = load("x,y\n1,2\n3,four\n").unwrap_err();
    assert_eq!(text.to_string(), "Expected a number in row 3, column y, found the text \"four\"; correct the cell or delete the row.");
    for value in ["NaN", "inf", "-Infinity", "1e39"] {
        let error = load(&format!("1,2\n3,{value}\n")).unwrap_err();
        let expected = DataError::NotFinite { row: 2, column: "2".into(), value: value.into() };
        assert_eq!(error, expected);
    }
    assert!(matches!(load("NaN,1\n"), Err(DataError::NotFinite { row: 1, .. })));
    assert!(matches!(load("1,2\n3\n"), Err(DataError::ShortRow { row: 2, cells: 1, .. })));
    assert!(matches!(load("1,2\n3,\n"), Err(DataError::TextCell { .. })));
    assert!(matches!(load("1,cat\n2,dog\n"), Err(DataError::TextCell { row: 1, .. })));
    assert!(matches!(load("a,b,c\n1,cat,dog\n"), Err(DataError::TooFewNumbers { row: 2, found: 1, columns: 3 })));
    let long = load(&format!("1,2\n3,{}\n", "z".repeat(10_000))).unwrap_err();
    assert!(long.to_string().len() < 200, "{long}");
}

#[test]
fn a_coordinate_that_never_varies_is_named_and_a_single_point_has_none() {
    let sentence = load("x,y\n1,2\n3,2\n4,2\n").unwrap().varies().unwrap_err().to_string();
    assert!(sentence.contains("column y, found 2 in each of 3 row(s)"), "{sentence}");
    for text in ["x,y\n1,2\n", "x,y\n1,2\n2,3\n"] {
        assert_eq!(load(text).unwrap().varies(), Ok(()), "{text}");
    }
}

#[test]
fn tables_without_points_are_sentences() {
    for text in ["1\n2\n3\n", "x\n1\n2\n", "value\n"] {
        assert_eq!(load(text), Err(DataError::OneColumn), "{text:?}");
    }
    for text in ["", "\n\n", "x,y\n", "# nothing\n", ",,\n"] {
        assert_eq!(load(text), Err(DataError::NoRows), "{text:?}");
    }
    // A binary file: any sentence, no panic.
    let noise: Vec<u8> = (0..20_000_u32).map(|i| ((i * i) >> 3) as u8).collect();
    assert!(read_csv(&noise[..]).is_err());
    assert!(read_csv(&include_bytes!("../../../presets/data/digits_train.png")[..]).is_err());
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().join("none.csv"), folder.path().to_owned()] {
        let error = load_csv(&path).unwrap_err();
        assert!(matches!(error, DataError::Unreadable { .. }), "{error}");
    }
}

#[test]
fn shipped_sets_open_as_a_users_own_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.csv");
    std::fs::write(&path, include_str!("../../../presets/data/points_world.csv")).unwrap();
    let loaded = load_csv(&path).unwrap();
    assert_eq!(loaded.points.len(), 20_000);
    assert_eq!(loaded.columns, ["longitude", "latitude"]);
    let shapes = load(include_str!("../../../presets/data/points_shapes.csv")).unwrap();
    assert_eq!((shapes.rows, shapes.columns), (7776, ["x", "y"].map(String::from)));
}

#[test]
fn a_million_rows_are_thinned_with_a_note() {
    let mut text = String::with_capacity(12_000_000);
    for i in 0..1_000_000 {
        text.push_str(&format!("{i},{}\n", i % 7));
    }
    let loaded = load(&text).unwrap();
    assert_eq!(loaded.points.len(), ROW_CAP);
    assert_eq!((loaded.rows, loaded.dropped), (1_000_000, 800_000));
    assert!(loaded.note().unwrap().contains("1000000 rows"));
    // The mean of 200,000 uniform draws from 0..1e6: standard error 577; five of them.
    let (mean, _) = loaded.points.moments();
    assert!((mean[0] - 499_999.5).abs() < 2_900.0, "{mean:?}");
}

#[test]
fn sizes_around_the_batch_load_whole() {
    for n in [1, 2, 511, 512, 513, 4097] {
        let text: String = (0..n).map(|i| format!("{i},{i}\n")).collect();
        assert_eq!(load(&text).unwrap().points.len(), n);
    }
}
