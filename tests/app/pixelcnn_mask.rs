//! The mask editor and the cost panel, driven by names, with counts and sweeps from elsewhere.

use std::collections::BTreeSet;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use tractable::autoregressive::pixelcnn::Config;
use tractable::data::noise;
use tractable::exec::sampler::{draw, temper};
use tractable::graph::{MaskKind, Taps};
use tractable::labs::TractableApp;
use tractable::train::pixelcnn_job::leak;
use tractable::train::{Lesson, Model, Weights};

use super::pixelcnn::{at, find, lab, press, press_with, spoken, wait};
use super::pixelcnn_micro::Alone;

fn binary() -> Config {
    match Lesson::preset("pixelcnn-binary").expect("shipped").model {
        Model::Pixelcnn { config, .. } => config,
        _ => panic!("a PixelCNN"),
    }
}

/// What a pixel's prediction sees: the offsets of all layers added up, the first layer's last; walked on the image, without the graph.
fn reach(config: &Config, first: &[(i32, i32)], pixel: usize) -> BTreeSet<(i32, i32)> {
    let (height, width) = (config.height as i32, config.width as i32);
    let step = |from: &BTreeSet<(i32, i32)>, taps: &[(i32, i32)]| -> BTreeSet<(i32, i32)> {
        let all = from.iter().flat_map(|&(y, x)| taps.iter().map(move |&(dy, dx)| (y + dy, x + dx)));
        all.filter(|(y, x)| (0..height).contains(y) && (0..width).contains(x)).collect()
    };
    let mut seen = BTreeSet::from([(pixel as i32 / width, pixel as i32 % width)]);
    let later = Taps::raster(config.kernel, MaskKind::B);
    for _ in 0..config.blocks {
        seen = step(&seen, later.offsets());
    }
    step(&seen, first)
}

fn chip(window: &mut Harness<'_, TractableApp>, name: &str) {
    window.get_by_role_and_label(Role::RadioButton, name).click();
    window.run_steps(2);
}

fn cell(window: &mut Harness<'_, TractableApp>, name: &str) {
    window.get_by_role_and_label(Role::CheckBox, name).click();
    window.run_steps(2);
}

#[test]
fn a_mask_leaks_exactly_where_a_walk_over_the_image_meets_a_later_pixel() {
    let config = Config { height: 6, width: 7, channels: 2, blocks: 2, first_kernel: 5, kernel: 3, head: 2, ..binary() };
    let standard = config.mask_a();
    for (dy, dx) in (-2..=2).flat_map(|dy| (-2..=2).map(move |dx| (dy, dx))) {
        let mut taps = standard.clone();
        if !taps.contains(&(dy, dx)) {
            taps.push((dy, dx));
        }
        let found = leak(&Config { first_taps: Some(taps.clone()), ..config.clone() }).expect("shapes fit");
        let walked = (0..config.pixels()).find_map(|pixel| {
            let last = reach(&config, &taps, pixel).into_iter().map(|(y, x)| y as usize * config.width + x as usize).max()?;
            (last >= pixel).then_some((pixel, last))
        });
        assert_eq!(found.map(|leak| (leak.pixel, leak.sees)), walked, "cell {dy}, {dx}");
        assert_eq!(found.is_some(), (dy, dx) >= (0, 0), "cell {dy}, {dx}");
    }
}

#[test]
fn cells_change_the_field_a_leak_is_named_and_refused_and_mask_a_brings_everything_back() {
    let config = binary();
    let mut window = lab();
    press(&mut window, Key::End);
    let original = spoken(&window);
    press(&mut window, Key::Home);
    for _ in 0..5 {
        press_with(&mut window, Modifiers::SHIFT, Key::ArrowRight);
    }
    chip(&mut window, "mask");
    let mut taps = config.mask_a();
    assert!(find(&window, &format!("Autoregressive: {} open cells", taps.len())).is_some());

    // A smaller mask is a smaller field.
    for name in ["Mask cell -1, +3", "Mask cell -2, +3", "Mask cell -3, +3"] {
        cell(&mut window, name);
        taps.retain(|(dy, dx)| format!("Mask cell {dy:+}, {dx:+}") != name);
        let verdict = format!("Autoregressive: {} open cells", taps.len());
        wait(&mut window, &verdict, |window| find(window, &verdict).is_some());
    }
    let seen = reach(&config, &taps, 5 * config.width).len();
    let standard = reach(&config, &config.mask_a(), 5 * config.width).len();
    assert!(seen < standard);
    wait(&mut window, "the smaller field", |window| find(window, &format!("seen by the next pixel: {seen}")).is_some());

    // A cell on the right of the pixel.
    cell(&mut window, "Mask cell +0, +1");
    let sentence = "pixel (0, 0) would see (0, 1), which is drawn later";
    wait(&mut window, "the leak", |window| find(window, &format!("Not autoregressive: {sentence}")).is_some());
    at(&window, "pixel 71 of 196");
    press(&mut window, Key::ArrowRight);
    at(&window, "pixel 71 of 196");
    assert!(find(&window, &format!("Sampling is refused: {sentence}")).is_some());
    assert!(find(&window, "Nothing is drawn").is_some() && find(&window, "Its price").is_none());
    window.get_by_role_and_label(Role::Button, "what if").click();
    wait(&mut window, "what it draws all the same", |window| find(window, "In the red frame").is_some());
    press(&mut window, Key::End);
    at(&window, "all 196 pixels drawn");
    assert_ne!(spoken(&window), original);

    chip(&mut window, "mask A");
    wait(&mut window, "the model as it was", |window| {
        find(window, "Autoregressive: 24 open cells").is_some() && spoken(window) == original
    });
}

#[test]
fn the_cost_panel_counts_passes_sweeps_and_when_each_pixel_froze() {
    let mut alone = Alone::new();
    let mut window = lab();
    chip(&mut window, "costs");
    wait(&mut window, "all three measured", |window| {
        find(window, "Jacobi sampler:").is_some_and(|text| text.contains("identical")) && find(window, "full sampler:").is_some()
    });
    let full = find(&window, "full sampler:").expect("waited for");
    assert!(full.ends_with("196 passes, 196 of 196 pixels identical"), "{full}");
    assert!(find(&window, "cached sampler:").expect("drawn first").contains(" 1 pass,"));

    // Sweeps by hand: all pixels from the sweep before, until nothing changes.
    let u = noise::uniforms(541, 0, alone.pixels);
    let mut image = vec![0.0_f32; alone.pixels];
    let (mut last, mut sweeps) = (vec![0_u32; alone.pixels], 0);
    loop {
        sweeps += 1;
        let logits = alone.logits(&image);
        let mut log_p = vec![0.0; alone.levels];
        let next: Vec<f32> = (0..alone.pixels)
            .map(|i| {
                temper(&logits[i * alone.levels..][..alone.levels], 1.0, &mut log_p);
                draw(&log_p, u[i]) as f32
            })
            .collect();
        if next == image {
            break;
        }
        (0..alone.pixels).filter(|&i| next[i] != image[i]).for_each(|i| last[i] = sweeps);
        image = next;
    }
    let jacobi = find(&window, "Jacobi sampler:").expect("waited for");
    assert!(jacobi.ends_with(&format!("{sweeps} sweeps, 196 of 196 pixels identical")), "{jacobi}");
    let mean = last.iter().map(|&s| f64::from(s)).sum::<f64>() / last.len() as f64;
    let latest = last.iter().max().expect("pixels");
    let summary = format!("{sweeps} sweeps, the last change in sweep {latest}, the mean in sweep {mean:.1}");
    assert!(find(&window, "Sweep in which each pixel froze").expect("a map").contains(&summary), "{summary}");

    // Other noise is another image: what was counted on the one before says so, until it is counted again.
    press(&mut window, Key::N);
    wait(&mut window, "the marks", |window| {
        ["full sampler:", "Jacobi sampler:"].iter().all(|name| find(window, name).is_some_and(|text| text.contains("of an earlier image")))
    });
    window.get_by_label("measure again").click();
    window.run_steps(2);
    wait(&mut window, "both measured", |window| {
        ["full sampler:", "Jacobi sampler:"].iter().all(|name| find(window, name).is_some_and(|text| text.contains("196 of 196")))
    });
}

#[test]
fn a_leaking_model_is_trained_and_nobody_takes_its_loss_for_a_likelihood() {
    let config = binary();
    let mut window = lab();
    for _ in 0..5 {
        press_with(&mut window, Modifiers::SHIFT, Key::ArrowRight);
    }
    window.get_by_role_and_label(Role::CheckBox, "more").click_accesskit();
    wait(&mut window, "the weights' origin", |window| find(window, "shipped, trained for").is_some());
    chip(&mut window, "mask");
    cell(&mut window, "Mask cell +0, +1");
    let mut taps = config.mask_a();
    taps.push((0, 1));
    let pixel = 5 * config.width;
    let ahead = reach(&config, &taps, pixel).into_iter().filter(|(y, x)| *y as usize * config.width + *x as usize >= pixel).count();
    assert!(ahead > 0);
    wait(&mut window, "the leaking pixels", |window| find(window, &format!("leaks: {ahead} seen before")).is_some());
    assert!(find(&window, "shipped, trained for").is_none(), "these are not the shipped weights");
    assert!(find(&window, "edited mask").is_some());

    chip(&mut window, "layers");
    wait(&mut window, "the warning", |window| find(window, "Not a likelihood").is_some());
    assert!(find(&window, "Pixel (0, 0) would see (0, 1), which is drawn later. The curve below").is_some());
    press(&mut window, Key::K);
    wait(&mut window, "training", |window| find(window, "training · step").is_some());
    assert!(find(&window, "Not a likelihood").is_some());
    press(&mut window, Key::K);
    wait(&mut window, "a pause", |window| find(window, "trained here").is_some() && window.state().settled());
    chip(&mut window, "Score");
    assert!(find(&window, "Scoring and completing are refused: pixel (0, 0) would see (0, 1)").is_some());

    // What it learned is in its session, with its mask.
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("leak.tractable.json");
    window.state_mut().save_as(&path);
    let file = folder.path().join("leak.safetensors");
    wait(&mut window, "the weights", |_| Weights::read(&file).is_ok());
    let weights = Weights::read(&file).expect("written");
    assert_eq!(weights.arrays["first.conv.weight"].0[0], taps.len());
    taps.sort_unstable();
    assert_eq!(window.state().document().view["mask"], serde_json::json!(taps));

    chip(&mut window, "Draw");
    chip(&mut window, "mask");
    chip(&mut window, "mask A");
    wait(&mut window, "a model that may draw", |window| find(window, "Autoregressive: 24 open cells").is_some());
    // Undo brings the edited mask back, redo takes it away again.
    press_with(&mut window, Modifiers::COMMAND, Key::Z);
    wait(&mut window, "the leak again", |window| find(window, "Not autoregressive").is_some());
    press_with(&mut window, Modifiers::COMMAND, Key::Y);
    wait(&mut window, "no leak", |window| find(window, "Autoregressive: 24 open cells").is_some());
}
