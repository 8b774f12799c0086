//! The micro-steps of a pixel, driven by keys and names, with numbers from an independent drawing of the same image.

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use tractable::autoregressive::pixelcnn;
use tractable::data::noise;
use tractable::exec::cpu::CpuSession;
use tractable::exec::sampler::{Trajectory, full_forward};
use tractable::exec::{ProgramId, Session};
use tractable::graph::causal::Order;
use tractable::graph::{Graph, Reuse};
use tractable::labs::TractableApp;
use tractable::train::{Lesson, Model};

use super::pixelcnn::{at, find, lab, press, press_with, texts, wait};

/// The binary preset by itself: its graph in a session of its own.
pub(super) struct Alone {
    session: CpuSession,
    program: ProgramId,
    pub(super) pixels: usize,
    pub(super) levels: usize,
}

impl Alone {
    pub(super) fn new() -> Alone {
        let lesson = Lesson::preset("pixelcnn-binary").expect("shipped");
        let Model::Pixelcnn { config, .. } = &lesson.model else { panic!("a PixelCNN") };
        let (graph, _) = pixelcnn::evaluation(config, 1).expect("shapes fit");
        let graph: Arc<Graph> = Arc::new(graph);
        let mut session = CpuSession::new(1);
        let program = session.prepare(&graph, Reuse::On).expect("fits");
        let weights = lesson.trained_weights().expect("readable").expect("shipped");
        weights.write_to(&mut session, &graph).expect("its weights");
        Alone { session, program, pixels: config.pixels(), levels: config.levels }
    }

    pub(super) fn logits(&mut self, levels: &[f32]) -> Vec<f32> {
        self.session.run(self.program, &[("levels", levels), ("class", &[3.0])]).expect("runs");
        self.session.read_output(self.program, "logits").expect("an output")
    }

    /// The image of seed 541 and class 3, one whole pass for each pixel.
    fn draw(&mut self) -> Trajectory {
        let u = noise::uniforms(541, 0, self.pixels);
        let (order, levels) = (Order::raster(self.pixels), self.levels);
        full_forward(&order, levels, &u, 1.0, |image, logits| -> Result<(), ()> {
            logits.copy_from_slice(&self.logits(image));
            Ok(())
        })
        .expect("draws")
    }
}

fn signed(value: f32) -> String {
    format!("{value:+.2}").replace('-', "−")
}

/// All that the window says but what is measured meanwhile.
fn picture(window: &Harness<'_, TractableApp>) -> Vec<String> {
    texts(window).into_iter().filter(|text| !text.contains("Cost of") && !text.contains("One image each")).collect()
}

#[test]
fn seven_ideas_show_the_models_own_numbers_and_going_back_shows_the_same() {
    let mut alone = Alone::new();
    let run = alone.draw();
    let mut window = lab();
    // Cuts, so that every state is there at once.
    press(&mut window, Key::M);
    for _ in 0..5 {
        press_with(&mut window, Modifiers::SHIFT, Key::ArrowRight);
    }
    press(&mut window, Key::ArrowRight);
    let pixel = 71;
    at(&window, "pixel 72 of 196");
    wait(&mut window, "toasts to go", |window| find(window, "otion").is_none());

    let mut seen = Vec::new();
    for number in 1..=7 {
        press(&mut window, Key::ArrowDown);
        assert!(find(&window, &format!("{number}  ")).is_some(), "no label of step {number}: {:?}", texts(&window));
        seen.push(picture(&window));
    }
    let says = |step: usize, part: &str| {
        let text = seen[step - 1].iter().find(|text| text.contains(part));
        text.unwrap_or_else(|| panic!("step {step} does not say “{part}” but {:?}", seen[step - 1]))
    };

    // The logits of this pixel from an image in which nothing later is drawn.
    let mut image = vec![0.0; alone.pixels];
    (0..pixel).for_each(|i| image[i] = f32::from(run.levels[i]));
    let logits = alone.logits(&image)[pixel * alone.levels..][..alone.levels].to_vec();
    let list: Vec<String> = logits.iter().map(|&logit| signed(logit)).collect();
    says(3, &format!("Logits of the levels: {}", list.join(", ")));
    says(4, &format!("Logits over T of the levels: {}", list.join(", ")));
    let most = logits.iter().copied().fold(f32::MIN, f32::max);
    let sum: f32 = logits.iter().map(|l| (l - most).exp()).sum();
    let p: Vec<String> = logits.iter().map(|l| format!("{:.3}", (l - most).exp() / sum)).collect();
    says(5, &format!("Probabilities of the levels: {}, sum 1.000", p.join(", ")));
    says(6, &format!("u = {:.3} falls on level {}", run.u[pixel], run.levels[pixel]));
    let before: f32 = run.nats[..pixel].iter().sum();
    says(7, &format!("{before:.2} nats"));
    says(7, &format!("{:.2} nats", before + run.nats[pixel]));

    // Back through all of them, then forward into the next pixel and back.
    for step in (1..7).rev() {
        press(&mut window, Key::ArrowUp);
        assert_eq!(picture(&window), seen[step - 1], "back at step {step}");
    }
    for _ in 0..7 {
        press(&mut window, Key::ArrowDown);
    }
    at(&window, "pixel 73 of 196");
    press(&mut window, Key::ArrowUp);
    at(&window, "pixel 72 of 196");
    assert_eq!(picture(&window), seen[6], "back from the next pixel");

    // A number of the row goes there, Right completes the pixel.
    window.get_by_role_and_label(Role::Button, "Micro-step 2, features").click();
    window.run_steps(2);
    assert!(find(&window, "2  Features").is_some());
    press(&mut window, Key::ArrowRight);
    at(&window, "pixel 73 of 196");
    assert!(find(&window, "Inside one pixel").is_none());
}

#[test]
fn the_gradient_stays_inside_the_exact_field_and_the_line_says_how_much_of_it_it_fills() {
    let mut window = lab();
    for _ in 0..5 {
        press_with(&mut window, Modifiers::SHIFT, Key::ArrowRight);
    }
    window.get_by_role_and_label(Role::CheckBox, "gradient").click();
    wait(&mut window, "the gradient", |window| find(window, "gradient reaches").is_some());
    let line = find(&window, "gradient reaches").expect("a line");
    let numbers: Vec<usize> = line.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect();
    let seen = find(&window, "seen by the next pixel:").expect("the legend");
    assert_eq!(seen, format!("seen by the next pixel: {}", numbers[1]));
    assert!(numbers[0] > 0 && numbers[0] <= numbers[1], "{line}");
    assert_eq!(numbers[2], 0, "{line}");
    assert!(find(&window, "log₁₀ |∂l/∂x|, relative, from −3.00 to 0.00").is_some(), "a colour bar");
}

#[test]
fn pointing_at_a_layer_shows_its_channels_with_a_range_that_stays() {
    let mut window = lab();
    for _ in 0..5 {
        press_with(&mut window, Modifiers::SHIFT, Key::ArrowRight);
    }
    let layer = window.get_by_label("Field after 3 masked layers").rect().center();
    window.hover_at(layer);
    wait(&mut window, "the channels", |window| find(window, "Channel 32 of masked 3").is_some());
    let range = find(&window, "activation, from").expect("a colour bar");
    window.get_by_role_and_label(Role::CheckBox, "channels").click();
    let channel = window.get_by_label("Channel 5 of masked 3").rect().center();
    window.hover_at(channel);
    wait(&mut window, "the channel, large", |window| find(window, "masked 3, channel 5: from").is_some());
    press(&mut window, Key::ArrowRight);
    assert_eq!(find(&window, "activation, from"), Some(range), "the range does not move with the picture");
}
