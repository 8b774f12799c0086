//! The taxonomy of flows, driven by names and keys.

use egui::Key;
use egui_kittest::kittest::Queryable;
use serde_json::{Value, json};
use tractable::flows::Family;

use crate::chapter_window::{Window, click, has, open, reopen, same, save, stand, table, wait};

fn lab(view: Value) -> Window {
    open("taxonomy", view)
}

#[test]
fn a_card_shows_its_family_and_the_arrows_walk_through_all_of_them() {
    let mut window = lab(json!({}));
    for family in Family::ALL {
        assert!(has(&window, family.title()), "{family:?} has a card");
    }
    assert!(has(&window, "triangular in two blocks, 3 of 6 coordinates stay"));
    assert!(has(&window, "21 of 36"), "zeros: all but the diagonal of 6 and the 3 x 3 by which the moved half reads the other");
    click(&mut window, "Planar");
    wait(&mut window, "the planar layer", |window| has(window, "the identity and a matrix of rank 1"));
    window.get_by_label("both layers").click();
    window.run_steps(3);
    assert!(has(&window, "the identity and a matrix of rank 2"));
    window.key_press(Key::Home);
    window.run_steps(3);
    assert!(has(&window, "1 of 19 families"));
    window.key_press(Key::ArrowRight);
    window.run_steps(3);
    assert!(has(&window, "2 of 19 families"));
}

#[test]
fn the_slow_direction_is_told_and_jacobis_sweeps_are_exact() {
    let mut window = lab(json!({ "page": "costs", "family": "maf" }));
    assert!(has(&window, "MAF: after 6 sweeps"));
    let table = window.state().table().expect("the sweeps are a table");
    let rows: Vec<_> = table.rows.iter().filter(|row| row[0] == "maf").collect();
    assert_eq!(rows.len(), 9, "0 to D + 2 sweeps");
    let error = |sweep: usize| rows[sweep][3].parse::<f64>().unwrap();
    assert!(error(4) > 1e-9 && error(6) < 1e-12, "{} {}", error(4), error(6));
    window.key_press(Key::Num1);
    window.run_steps(3);
    wait(&mut window, "the chart", |window| has(window, "lower triangular"));
    assert!(has(&window, "15 of 36"), "zeros above the diagonal");
    let chart = window.state().table().unwrap();
    assert_eq!(chart.rows.len(), Family::ALL.len());
    let column = |name: &str| chart.columns.iter().position(|column| column == name).unwrap();
    let maf = &chart.rows[6];
    assert_eq!([&maf[0], &maf[column("evaluations forward")], &maf[column("evaluations inverse")]], ["maf", "1", "6"]);
}

#[test]
fn four_race_and_another_family_and_other_data_make_another_race() {
    let mut window = lab(json!({ "page": "race", "racers": ["nice", "realnvp", "maf", "planar"] }));
    assert!(has(&window, "A NICE") && has(&window, "D planar"));
    window.key_press(Key::K);
    wait(&mut window, "steps of all four", |window| {
        let table = window.state().table().unwrap();
        ["nice", "realnvp", "maf", "planar"].iter().all(|name| table.rows.iter().filter(|row| row[0] == *name).count() > 2)
    });
    click(&mut window, "Pause the race");
    let table = window.state().table().unwrap();
    let losses = |name: &str| table.rows.iter().filter(|row| row[0] == name).map(|row| row[3].parse::<f64>().unwrap()).collect::<Vec<_>>();
    for name in ["nice", "realnvp", "maf", "planar"] {
        let losses = losses(name);
        assert!(losses[losses.len() - 1] < losses[0] - 0.05, "{name} learns: {losses:?}");
    }
    click(&mut window, "SOS");
    wait(&mut window, "another racer", |window| has(window, "A SOS") && window.state().settled());
    click(&mut window, "Checkerboard");
    wait(&mut window, "other data", |window| {
        window.state().table().is_some_and(|table| table.rows.first().is_some_and(|row| row[1] == "Checkerboard"))
    });
    let state = window.state().table().unwrap();
    assert!(state.rows.iter().all(|row| row[4].parse::<f64>().unwrap() == 32_f64.ln()), "the entropy of eight squares");
}

#[test]
fn a_state_in_which_the_race_runs_starts_it_once_and_it_goes_on_when_the_chapter_is_opened_again() {
    let mut window = lab(json!({ "page": "race", "racers": ["nice", "realnvp", "radial", "planar"], "training": true }));
    let trains = |window: &Window| window.state().document().view["training"] == true && has(window, "Pause the race");
    let rows = |window: &Window| table(window).rows.len();
    wait(&mut window, "some scores", |window| rows(window) > 8);
    let document = window.state().document();
    let ctx = window.ctx.clone();
    window.state_mut().open_document(&document, &ctx).unwrap();
    let before = rows(&window);
    wait(&mut window, "more of the same race", |window| rows(window) > before + 8);
    assert!(trains(&window));
    click(&mut window, "NADE · MADE");
    click(&mut window, "Taxonomy of flows");
    let before = rows(&window);
    wait(&mut window, "more of the same race", |window| rows(window) > before + 8);
    window.key_press(Key::K);
    wait(&mut window, "the pause", |window| has(window, "Start the race"));
    stand(&mut window);
    assert_eq!(window.state().document().view["training"], false);
}

#[test]
fn what_is_not_understood_is_a_sentence_and_changes_nothing() {
    use tractable::labs::Shared;
    let mut shared = Shared::default();
    let mut lab = tractable::labs::taxonomy::open(&shared);
    let before = lab.state();
    for (patch, part) in [
        (json!({ "family": "realnvq" }), "realnvq"),
        (json!({ "dim": 5 }), "2 or 6 dimensions"),
        (json!({ "point": [9.0, 0.0] }), "probe"),
        (json!({ "racers": ["nice"] }), "racers"),
        (json!({ "dimension": 2 }), "dimension"),
    ] {
        let told = lab.restore(&patch, &mut shared).unwrap_err();
        assert!(told.contains(part) || part == "racers", "{told}");
        assert_eq!(lab.state(), before);
    }
    for action in lab.actions() {
        assert_eq!(lab.restore(&action.patch, &mut shared), Ok(()), "{}", action.title);
    }
    let state = lab.state();
    let mut fresh = tractable::labs::taxonomy::open(&shared);
    fresh.restore(&state, &mut shared).unwrap();
    assert_eq!(fresh.state(), state);
}

#[test]
fn a_saved_race_goes_on_where_it_stood() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.tractable.json");
    let mut window = lab(json!({ "page": "race", "racers": ["nice", "realnvp", "radial", "planar"] }));
    window.key_press(Key::K);
    let twice = |window: &Window| {
        let rows = table(window).rows;
        ["nice", "realnvp", "radial", "planar"].iter().all(|name| rows.iter().filter(|row| row[0] == *name).count() > 2)
    };
    wait(&mut window, "steps of all four", twice);
    click(&mut window, "Pause the race");
    stand(&mut window);
    save(&mut window, &path);
    let mut again = reopen("taxonomy", &path);
    wait(&mut again, "the scores", |window| twice(window) && window.state().settled());
    stand(&mut again);
    same(&table(&window), &table(&again));
}

#[test]
fn times_of_a_session_say_where_they_were_measured() {
    let mut view = lab(json!({})).state().document().view;
    for measured in view["times"]["measured"].as_array_mut().unwrap() {
        assert!(measured["machine"].as_str().unwrap().starts_with("CPU · "));
        measured["machine"] = json!("CPU · 64 threads");
    }
    let mut again = lab(view);
    wait(&mut again, "the times", |window| has(window, "median of 5 runs, measured then on CPU · 64 threads"));
}

/// A chapter that computes on the processor alone has no graphics device to lose.
#[test]
fn the_taxonomy_and_the_change_of_variables_compute_on_the_processor_whatever_is_chosen() {
    use std::time::{Duration, Instant};
    use tractable::exec::BackendChoice;
    use tractable::labs::{Shared, change, taxonomy};
    let ctx = egui::Context::default();
    for (open, patch) in [(taxonomy::open as fn(&Shared) -> _, json!({ "page": "race" })), (change::open, json!({ "page": "cost" }))] {
        let mut shared = Shared { backend: BackendChoice::Gpu, threads: 1, ..Shared::default() };
        let mut lab = open(&shared);
        lab.restore(&patch, &mut shared).unwrap();
        let start = Instant::now();
        while !lab.settled() {
            lab.update(&ctx, &mut shared);
            assert!(start.elapsed() < Duration::from_secs(120), "{} is never complete", lab.title());
            std::thread::sleep(Duration::from_millis(5));
        }
        lab.update(&ctx, &mut shared);
        let status = lab.status();
        assert!(status.backend.starts_with("CPU · ") && status.error.is_none(), "{}: {status:?}", lab.title());
    }
}
