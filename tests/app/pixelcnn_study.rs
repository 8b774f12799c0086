//! What a person does with a PixelCNN beside watching it: change a pixel, complete, score, compare, bet. Numbers are those of the sampler.

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui::{Key, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use tractable::autoregressive::pixelcnn;
use tractable::data::noise;
use tractable::exec::cpu::CpuSession;
use tractable::exec::sampler::{CpuSampler, Trajectory};
use tractable::graph::causal::Order;
use tractable::labs::{AppOptions, TractableApp};
use tractable::train::{Lesson, Model, Scorer, Source};
use tractable::ui::theme::Theme;
use tractable::ui::units::Units;

const PATIENCE: Duration = Duration::from_secs(90);
/// Where the tests stop the walk: row 7, so that there is something to change above.
const PLACE: usize = 7 * 14;
const CLASS: f32 = 3.0;

/// The lab on the binary preset, paused at [`PLACE`].
fn lab() -> Harness<'static, TractableApp> {
    let options = AppOptions { chapter: Some("pixelcnn".into()), seed: Some(541), theme: Theme::Dark, ..AppOptions::default() };
    let mut window =
        Harness::builder().with_size(Vec2::new(1280.0, 720.0)).build_eframe(move |cc| TractableApp::new(&cc.egui_ctx, &options));
    wait(&mut window, "a first sample", |window| find(window, "is next. Most likely").is_some());
    press(&mut window, Key::Space);
    window.get_by_role_and_label(Role::RadioButton, "14×14, binary").click();
    wait(&mut window, "the binary model", |window| find(window, "input. 14×14, 2 grey levels").is_some());
    press(&mut window, Key::Home);
    for _ in 0..PLACE / 14 {
        window.key_press_modifiers(egui::Modifiers::SHIFT, Key::ArrowRight);
        window.run_steps(2);
    }
    wait(&mut window, "the gallery", |window| find(window, "Gallery image 16, not").is_none());
    window
}

#[track_caller]
fn wait(window: &mut Harness<'_, TractableApp>, what: &str, mut done: impl FnMut(&Harness<'_, TractableApp>) -> bool) {
    let start = Instant::now();
    loop {
        window.run_steps(2);
        if done(window) {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}; the window says {:?}", texts(window));
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn press(window: &mut Harness<'_, TractableApp>, key: Key) {
    window.key_press(key);
    window.run_steps(2);
}

fn texts(window: &Harness<'_, TractableApp>) -> Vec<String> {
    let nodes = window.root().children_recursive();
    let both = nodes.flat_map(|node| [node.accesskit_node().label(), node.accesskit_node().value()]).flatten();
    both.map(|text| text.replace('\u{a0}', " ")).collect()
}

fn find(window: &Harness<'_, TractableApp>, part: &str) -> Option<String> {
    texts(window).into_iter().find(|text| text.contains(part))
}

/// The binary model with its shipped weights in a sampler of the test's own.
struct Own {
    model: Model,
    config: pixelcnn::Config,
    lesson: Lesson,
    sampler: CpuSampler,
}

impl Own {
    fn new() -> Own {
        let lesson = Lesson::preset("pixelcnn-binary").unwrap();
        let model = lesson.model.clone();
        let Model::Pixelcnn { config, .. } = model.clone() else { panic!("a PixelCNN") };
        let (graph, nodes) = pixelcnn::evaluation(&config, 1).unwrap();
        let graph = Arc::new(graph);
        let mut sampler = CpuSampler::new(&graph, nodes.levels, nodes.logits, Order::raster(config.pixels()), 1).unwrap();
        lesson.trained_weights().unwrap().unwrap().write_to(sampler.session(), &graph).unwrap();
        sampler.set_input("class", &[CLASS]).unwrap();
        Own { model, config, lesson, sampler }
    }

    /// The cached sampler on image `stream` of seed 541, with some levels forced by hand.
    fn draw(&mut self, stream: u64, forced: impl Fn(usize) -> Option<u16>) -> Trajectory {
        self.sampler.start(&noise::uniforms(541, stream, self.config.pixels()), 1.0);
        for pixel in 0..self.config.pixels() {
            match forced(pixel) {
                Some(level) => self.sampler.force(level),
                None => self.sampler.step(),
            };
        }
        self.sampler.trajectory().clone()
    }
}

fn cell(window: &Harness<'_, TractableApp>, grid: &str, index: usize) -> egui::Pos2 {
    let rect = window.get_by_label_contains(grid).rect();
    let side = rect.width() / 14.0;
    rect.min + egui::vec2(((index % 14) as f32 + 0.5) * side, ((index / 14) as f32 + 0.5) * side)
}

#[test]
fn a_changed_pixel_draws_all_that_follows_again_with_the_same_noise() {
    let mut own = Own::new();
    let plain = own.draw(0, |_| None);
    // A pixel above the middle, given the other of its two levels.
    let pixel = 4 * 14 + 6;
    let other = 1 - plain.image(0)[pixel];
    let branched = own.draw(0, |i| (i == pixel).then_some(other).or((i < pixel).then(|| plain.image(0)[i])));
    let changed = (pixel + 1..196).filter(|&i| plain.image(0)[i] != branched.image(0)[i]).count();
    assert!(changed > 0, "a pixel that changes nothing shows nothing");
    let expected = format!("{changed} of {} later pixels changed: row 4, column 6 is {other} now", 195 - pixel);

    let mut window = lab();
    let spot = cell(&window, "Sample, 14 rows", pixel);
    window.hover_at(spot);
    window.run_steps(2);
    press(&mut window, if other == 1 { Key::Plus } else { Key::Minus });
    wait(&mut window, "the branch", |window| find(window, "later pixels changed").is_some());
    assert!(find(&window, &expected).is_some(), "{expected}: {:?}", find(&window, "later pixels changed"));
    let nats = Units::Nats.format(plain.total_nats(0), 1);
    assert!(find(&window, &format!("The sample before the change, {nats}")).is_some(), "{:?}", find(&window, "before the change"));
    press(&mut window, Key::End);
    let all = Units::Nats.format(branched.total_nats(0), 1);
    wait(&mut window, "its price", |window| find(window, &format!("pixels are drawn, for {all}")).is_some());

    // Undo returns.
    window.key_press_modifiers(egui::Modifiers::COMMAND, Key::Z);
    wait(&mut window, "the old sample", |window| find(window, "later pixels changed").is_none());
    wait(&mut window, "its price", |window| find(window, &format!("pixels are drawn, for {nats}")).is_some());
}

#[test]
fn dragging_a_pixel_up_raises_its_level() {
    let mut own = Own::new();
    let plain = own.draw(0, |_| None);
    let dark = (3 * 14..6 * 14).find(|&i| plain.image(0)[i] == 0).unwrap();
    let mut window = lab();
    let from = cell(&window, "Sample, 14 rows", dark);
    window.drag_at(from);
    window.run_steps(2);
    window.hover_at(from - egui::vec2(0.0, 30.0));
    window.run_steps(2);
    window.drop_at(from - egui::vec2(0.0, 30.0));
    let expected = format!("later pixels changed: row {}, column {} is 1 now", dark / 14, dark % 14);
    wait(&mut window, "the branch", |window| find(window, &expected).is_some());
}

#[test]
fn completions_keep_what_is_known_and_cost_what_the_sampler_says() {
    let mut own = Own::new();
    let Source::Images(images) = Source::open(&own.lesson).unwrap() else { panic!("images") };
    let image: Vec<u16> = images.test.image(0).iter().map(|&level| u16::from(level)).collect();
    let label = f32::from(images.test.labels[0]);
    own.sampler.set_input("class", &[label]).unwrap();
    let half = 98;
    let nats: Vec<String> = (1..=6)
        .map(|stream| {
            let drawn = own.draw(stream, |i| (i < half).then(|| image[i]));
            assert_eq!(drawn.image(0)[..half], image[..half]);
            Units::Nats.format(drawn.nats[half..].iter().map(|&n| f64::from(n)).sum(), 1)
        })
        .collect();

    let mut window = lab();
    window.get_by_role_and_label(Role::RadioButton, "Complete").click();
    let caption = format!("test image 0, a {label}, looked at as class {label}");
    wait(&mut window, "the study", |window| find(window, &caption).is_some());
    wait(&mut window, "the completions", |window| find(window, &format!("1 · {}", nats[0])).is_some());
    for (i, nats) in nats.iter().enumerate() {
        assert!(find(&window, &format!("{} · {nats}", i + 1)).is_some(), "{i}: {nats}; {:?}", find(&window, &format!("{} · ", i + 1)));
    }
    assert!(find(&window, "98 of 196 pixels known").is_some());
    window.get_by_label("left half").click();
    wait(&mut window, "another mask", |window| find(window, &format!("1 · {}", nats[0])).is_none());
    assert!(find(&window, "98 of 196 pixels known").is_some());
    window.get_by_label("nothing").click();
    wait(&mut window, "an empty mask", |window| find(window, "0 of 196 pixels known").is_some());
    let spot = cell(&window, "Original", 3 * 14 + 3);
    window.drag_at(spot);
    window.run_steps(2);
    window.drop_at(spot);
    wait(&mut window, "one known pixel", |window| find(window, "1 of 196 pixels known").is_some());
}

#[test]
fn the_score_is_the_scorers_and_so_is_the_mean() {
    let own = Own::new();
    let source = Source::open(&own.lesson).unwrap();
    let graph = Arc::new(pixelcnn::evaluation(&own.config, 1).unwrap().0);
    let mut session = CpuSession::new(1);
    let scorer = Scorer::new(&mut session, &own.model, 20).unwrap();
    own.lesson.trained_weights().unwrap().unwrap().write_to(&mut session, &graph).unwrap();
    let nll = scorer.nll(&mut session, &source, own.lesson.seed, 200).unwrap();
    let mean = nll.iter().sum::<f64>() / 200.0;

    let mut window = lab();
    window.get_by_role_and_label(Role::RadioButton, "Score").click();
    for (i, nats) in nll.iter().enumerate().take(3) {
        let sentence = format!("This image costs {}", Units::Nats.format(*nats, 1));
        wait(&mut window, &sentence, |window| find(window, &sentence).is_some());
        assert!(find(&window, &format!("test image {i}, a ")).is_some());
        window.get_by_label("Next test digit").click();
        window.run_steps(2);
    }
    wait(&mut window, "the mean", |window| find(window, "Mean of 200 test images").is_some());
    let text = find(&window, "Mean of 200 test images").unwrap();
    assert!(text.contains(&Units::Nats.format(mean, 1)), "{text}: {mean}");
    window.get_by_label("Blank").click();
    wait(&mut window, "a blank canvas", |window| find(window, "your image").is_some());
    let blank = find(&window, "This image costs");
    let spot = cell(&window, "Image to score", 5 * 14 + 5);
    window.drag_at(spot);
    window.run_steps(2);
    window.drop_at(spot);
    wait(&mut window, "ink", |window| find(window, "This image costs") != blank);
}

#[test]
fn two_settings_on_the_same_noise_differ_where_the_sampler_says() {
    let mut own = Own::new();
    let a = own.draw(0, |_| None);
    own.sampler.start(&noise::uniforms(541, 0, 196), 0.7);
    let b = own.sampler.finish().clone();
    let differing = |end: usize| (0..end).filter(|&i| a.image(0)[i] != b.image(0)[i]).count();
    let expected = format!("{} of {PLACE} drawn pixels differ; {} of all 196", differing(PLACE), differing(196));

    let mut window = lab();
    press(&mut window, Key::X);
    wait(&mut window, "the comparison", |window| find(window, &expected).is_some());
    let price = |t: &Trajectory| Units::Nats.format(t.total_nats(0), 1);
    assert!(find(&window, &format!("{} in all", price(&a))).is_some());
    assert!(find(&window, &format!("B: {} so far, {} in all", so_far(&b), price(&b))).is_some(), "{:?}", find(&window, "B: "));
    window.get_by_role_and_label(Role::RadioButton, "B 14×14, 8 greys").click();
    wait(&mut window, "another model", |window| find(window, "B  14×14, 8 greys").is_some());
    press(&mut window, Key::X);
    wait(&mut window, "the sample alone", |window| find(window, "Sample, 14 rows").is_some());
}

fn so_far(t: &Trajectory) -> String {
    Units::Nats.format(t.nats[..PLACE].iter().map(|&n| f64::from(n)).sum(), 1)
}

#[test]
fn a_bet_hides_the_bars_until_there_is_a_guess_and_counts_it() {
    let mut own = Own::new();
    let run = own.draw(0, |_| None);
    let mut window = lab();
    // The pointer rests on the picture, but the bet is about the next pixel.
    let middle = window.query_all_by_label_contains("Sample, 14 rows").next().unwrap().rect().center();
    window.hover_at(middle);
    window.run_steps(2);
    assert!(find(&window, "A pixel to come").is_some(), "the pixel under the pointer is explained");
    press(&mut window, Key::Q);
    let mut hits = 0;
    let mut best = 0.0;
    for (i, key) in [Key::Num0, Key::Num1, Key::Num0].into_iter().enumerate() {
        assert!(find(&window, "Which level will be drawn?").is_some());
        assert!(find(&window, "Distribution of the pixel").is_none() && find(&window, "Most likely").is_none(), "the bars hide");
        press(&mut window, key);
        let drawn = run.image(0)[PLACE + i];
        hits += usize::from(drawn == u16::from(key == Key::Num1));
        best += run.log_p_at(0, PLACE + i).iter().map(|l| f64::from(l.exp())).fold(0.0, f64::max);
        let score = format!("{hits} of {} right; the model expected ", i + 1);
        let own_best = format!("and {:.1} of its own best ones", best);
        let line = find(&window, "of its own best ones").unwrap();
        assert!(line.contains(&score) && line.contains(&own_best), "{score} {own_best}: {line}");
        assert!(find(&window, "Distribution of the pixel").is_some(), "revealed");
        assert!(find(&window, "The next pixel").is_some(), "what is revealed is what was guessed");
        press(&mut window, Key::ArrowRight);
    }
    press(&mut window, Key::Q);
    assert!(find(&window, "Which level will be drawn?").is_none());
}

#[test]
fn after_a_change_of_class_no_number_stands_under_an_old_picture() {
    let mut window = lab();
    assert!(find(&window, "Sixteen at once, same model, other noise, class 3").is_some());
    let old = find(&window, "Gallery image 5,").unwrap();
    window.get_by_role_and_label(Role::RadioButton, "7").click();
    wait(&mut window, "the click", |window| find(window, "Sixteen at once, same model, other noise, class 3").is_none());
    let fresh = |window: &Harness<'_, TractableApp>| find(window, "other noise, class 7").is_some();
    if !fresh(&window) {
        assert!(find(&window, "Sixteen at once, class 7: drawing…").is_some());
        assert!(find(&window, "Gallery image 5, not drawn yet").is_some());
    }
    wait(&mut window, "sevens", fresh);
    assert_ne!(find(&window, "Gallery image 5,").unwrap(), old);
}

#[test]
fn a_visit_to_another_task_leaves_the_sampler_as_it_was() {
    let mut window = lab();
    let view = |window: &Harness<'_, TractableApp>| window.state().document().view;
    let before = view(&window);
    for task in ["Score", "Complete"] {
        window.get_by_role_and_label(Role::RadioButton, task).click();
        // The first test digit is a 7, and the sampler draws a 3.
        wait(&mut window, "the digit's class", |window| view(window)["class"] != before["class"] && window.state().settled());
        window.get_by_role_and_label(Role::RadioButton, "Draw").click();
        wait(&mut window, "the sampler", |window| window.state().settled());
        let after = view(&window);
        for part in ["class", "place", "seed", "stream", "task"] {
            assert_eq!(after[part], before[part], "{part} after {task}");
        }
    }
}
