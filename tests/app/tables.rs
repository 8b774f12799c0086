//! The tables of the labs, their numbers computed here a second time.

use std::f64::consts::TAU;

use egui::Vec2;
use egui_kittest::Harness;
use serde_json::json;
use tractable::data::noise;
use tractable::labs::document::Document;
use tractable::labs::table::Table;
use tractable::labs::{AppOptions, TractableApp};

use super::pixelcnn::{lab, wait};
use super::pixelcnn_micro::Alone;

/// The table of a chapter that shows this.
fn table_of(chapter: &str, view: serde_json::Value) -> Table {
    let document = Document { format_version: 1, chapter: chapter.into(), view, ..Document::default() };
    let options = AppOptions { document: Some(document), seed: Some(541), ..AppOptions::default() };
    let mut window: Harness<'static, TractableApp> =
        Harness::builder().with_size(Vec2::new(1280.0, 720.0)).build_eframe(move |cc| TractableApp::new(&cc.egui_ctx, &options));
    wait(&mut window, "a settled picture", |window| window.state().settled());
    window.state().table().expect("the lab has a table")
}

/// An array of a file for NumPy, row-major.
pub(crate) fn array_of(npz: &[u8], name: &str) -> Vec<f64> {
    let mut file = zip::ZipArchive::new(std::io::Cursor::new(npz)).unwrap();
    let entry = file.by_name(&format!("{name}.npy")).unwrap_or_else(|error| panic!("{name}: {error}"));
    npyz::NpyFile::new(entry).unwrap().into_vec().unwrap()
}

fn column(table: &Table, name: &str) -> Vec<f64> {
    let index = table.columns.iter().position(|column| column == name).unwrap_or_else(|| panic!("no {name} in {:?}", table.columns));
    table.rows.iter().map(|row| row[index].parse().unwrap_or(f64::NAN)).collect()
}

fn close(a: f64, b: f64, tolerance: f64, what: &str) {
    assert!((a - b).abs() <= tolerance * (1.0 + b.abs()), "{what}: {a} is not {b}");
}

#[test]
fn a_sample_has_the_softmax_of_its_logits_and_the_sum_of_its_prices() {
    let window = lab();
    let table = window.state().table().unwrap();
    assert_eq!(table.rows.len(), 196);
    let mut alone = Alone::new();
    let level = column(&table, "level");
    let image: Vec<f32> = level.iter().map(|&level| level as f32).collect();
    let logits = alone.logits(&image);
    let u = noise::uniforms(541, 0, 196);
    let p: Vec<Vec<f64>> = (0..2).map(|k| column(&table, &format!("p(level {k})"))).collect();
    let (price, before) = (column(&table, "price −ln p / nats"), column(&table, "sum before / nats"));
    let (entropy, drawn_by) = (column(&table, "entropy / nats"), column(&table, "u"));
    let (row, col) = (column(&table, "row"), column(&table, "column"));
    let mut sum = 0.0;
    for i in 0..196 {
        let exp: Vec<f64> = logits[i * 2..][..2].iter().map(|&l| f64::from(l).exp()).collect();
        let total: f64 = exp.iter().sum();
        for k in 0..2 {
            close(p[k][i], exp[k] / total, 1e-4, "a probability");
        }
        let chosen = exp[level[i] as usize] / total;
        close(price[i], -chosen.ln(), 1e-3, "a price");
        close(entropy[i], -exp.iter().map(|e| e / total * (e / total).max(1e-300).ln()).sum::<f64>(), 1e-3, "an entropy");
        close(before[i], sum, 1e-9, "the sum before");
        sum += price[i];
        assert_eq!(drawn_by[i] as f32, u[i]);
        assert_eq!((row[i] * 14.0 + col[i]) as usize, i);
    }
    assert!(table.to_csv().is_ok());
    // To NumPy they go as one array, a row a pixel.
    let together = array_of(&table.to_npz().unwrap(), "p");
    assert_eq!(together, (0..196).flat_map(|i| [p[0][i], p[1][i]]).collect::<Vec<_>>());
}

#[test]
fn a_points_terms_add_up_to_its_log_density() {
    let view = json!({ "training": false, "config": { "layers": 3 } });
    let table = table_of("flow", view);
    assert!(table.rows.len() > 100, "{} rows", table.rows.len());
    let layers = table.columns.iter().filter(|name| name.starts_with("log det of layer")).count();
    assert!(layers >= 3);
    let terms: Vec<Vec<f64>> = (1..=layers).map(|k| column(&table, &format!("log det of layer {k} / nats"))).collect();
    let (base, log_p) = (column(&table, "ln N(z) / nats"), column(&table, "log p(x) / nats"));
    let z = [column(&table, "z1"), column(&table, "z2")];
    for i in 0..table.rows.len() {
        close(base[i], -0.5 * (z[0][i].powi(2) + z[1][i].powi(2)) - TAU.ln(), 1e-4, "ln N(z)");
        close(log_p[i], base[i] + terms.iter().map(|term| term[i]).sum::<f64>(), 1e-4, "log p(x)");
    }
    assert_eq!(table.rows[0][0], "probe");
    assert!(table.to_csv().is_ok());
    let arrays = table.to_npz().unwrap();
    assert_eq!(array_of(&arrays, "z"), (1..table.rows.len()).flat_map(|i| [z[0][i], z[1][i]]).collect::<Vec<_>>());
    let by_point = array_of(&arrays, "log_det_of_layer_nats");
    // The probe, whose row is named by a word, is none of the points.
    assert_eq!(by_point.len(), (table.rows.len() - 1) * layers);
    assert_eq!(by_point[layers + 1], terms[1][2]);
    assert_eq!(array_of(&arrays, "point")[0], 1.0);
}

#[test]
fn a_sequence_pays_the_logarithms_of_its_probabilities() {
    let table = table_of("stack", json!({}));
    let symbol = column(&table, "symbol");
    let levels: Vec<usize> = (0..table.columns.len()).filter(|&i| table.columns[i].starts_with("p(")).collect();
    let (price, before) = (column(&table, "price −ln p / nats"), column(&table, "sum before / nats"));
    let mut sum = 0.0;
    for (i, row) in table.rows.iter().enumerate() {
        let p: Vec<f64> = levels.iter().map(|&index| row[index].parse().unwrap()).collect();
        close(p.iter().sum(), 1.0, 1e-5, "all probabilities");
        close(price[i], -p[symbol[i] as usize].ln(), 1e-3, "a price");
        close(before[i], sum, 1e-9, "the sum before");
        sum += price[i];
    }
    let (cached, full) = (column(&table, "multiply-adds with the cache"), column(&table, "multiply-adds without"));
    assert!(cached.iter().zip(&full).all(|(cached, full)| cached < full));
}

#[test]
fn the_blind_spot_grows_by_the_formula() {
    for k in [3_usize, 5] {
        let table = table_of("blind-spot", json!({ "page": "fields", "kernel": k }));
        let r = (k / 2) as f64;
        let (missing, window) = (column(&table, "blind with one stack / pixels"), column(&table, "window / pixels"));
        for (i, layers) in column(&table, "layers").into_iter().enumerate() {
            close(missing[i], r * layers * (layers - 1.0) / 2.0, 0.0, "the wedge");
            close(window[i], 2.0 * layers * r * (layers * r + 1.0), 0.0, "the window");
        }
        assert!(column(&table, "blind with two stacks / pixels").iter().all(|&count| count == 0.0));
    }
}
