use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use serde_json::{Value, json};

use super::arguments::{Common, Method};
use super::draw::{self, Request};
use super::picture::{self, Meaning};
use super::plane::Plane;
use super::report::Report;
use super::{lesson, sample, train};
use crate::data::{Points, Sheet, noise};
use crate::train::{Examples, Fit, Lesson, Model, PointSource, Source, Weights};

/// Folder of the pictures, in the folder where the program runs.
const FOLDER: &str = "tractable-pictures";
/// Longest training when a lesson comes without weights.
const SECONDS: u64 = 30;
/// Images that are drawn and test images that are scored.
const DRAWN: usize = 20;
/// Side of the density and of each log-determinant field, in pixels.
const DENSITY: usize = 384;
const STRIP: usize = 128;
const AMBER: [u8; 3] = [255, 179, 77];
const TEAL: [u8; 3] = [63, 201, 184];

/// What the program does where there is no display: both lessons, as pictures and figures.
///
/// # Errors
/// A folder that cannot be written, a device that fails.
pub fn showcase(common: &Common) -> anyhow::Result<Report> {
    let begin = Instant::now();
    eprintln!("There is no display, so instead of the window both lessons run here and their pictures go to ./{FOLDER}.");
    let folder = PathBuf::from(FOLDER);
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("Expected to make the folder {FOLDER} here; run the program where you may write"))?;
    let (mut json, mut text) = (json!({ "pictures": FOLDER }), String::new());
    for name in ["pixelcnn-small", "realnvp"] {
        let lesson = lesson::open(name, common)?;
        let (weights, how) = trained(&lesson, common)?;
        let source = Source::open(&lesson)?;
        let score = score(&lesson, &weights, &source, common)?;
        text += &format!("{} ({how})\n  test        {}\n", lesson.title, train::describe(&score));
        json[name] = json!({ "weights": how, "score": score });
        let figures = match &lesson.model {
            Model::Pixelcnn { .. } => pixelcnn(&lesson, &weights, common, &folder, &mut text)?,
            Model::CausalStack { .. } => Value::Null,
            Model::Realnvp { .. } => realnvp(&lesson, &weights, &source, common, &folder, &mut text)?,
        };
        json[name]["figures"] = figures;
    }
    json["seconds"] = json!(begin.elapsed().as_secs_f64());
    text += "With a display, `tractable` opens the window; `tractable --help` lists what works without one.";
    Ok(Report { json, text })
}

/// The shipped weights, or those of a short training.
fn trained(lesson: &Lesson, common: &Common) -> anyhow::Result<(Weights, String)> {
    if let Some(weights) = lesson.trained_weights()? {
        let how = format!("shipped weights, step {}", weights.step());
        return Ok((weights, how));
    }
    let mut fit = Fit::new(lesson.clone(), Source::open(lesson)?, lesson::session(common)?)?;
    let bar = super::progress::bar(SECONDS, "training");
    let begin = Instant::now();
    while begin.elapsed().as_secs() < SECONDS {
        fit.advance()?;
        fit.losses()?;
        bar.set_position(begin.elapsed().as_secs());
    }
    bar.finish_and_clear();
    Ok((fit.weights()?, format!("trained here for {SECONDS} s, {} steps", fit.step())))
}

fn score(lesson: &Lesson, weights: &Weights, source: &Source, common: &Common) -> anyhow::Result<crate::train::Score> {
    let mut session = lesson::loaded(&lesson.model, weights, common)?;
    Ok(train::score_in(session.as_mut(), &lesson.model, source, lesson.seed)?)
}

/// Samples, and the surprise of each of their pixels.
fn pixelcnn(lesson: &Lesson, weights: &Weights, common: &Common, folder: &Path, text: &mut String) -> anyhow::Result<Value> {
    let Model::Pixelcnn { config, .. } = &lesson.model else { return Ok(Value::Null) };
    let request = Request { count: DRAWN, class: None, seed: lesson.seed, temperature: 1.0, method: Method::Cached };
    let drawn = draw::images(config, weights, common, &request)?;
    let (columns, factor) = sample::layout(DRAWN, config.width);
    let uniform = (config.levels as f32).ln();
    let surprise = picture::value_sheet(&drawn.nats, config.width, columns, Meaning::Surprise, [0.0, 2.0 * uniform]).enlarged(factor);
    save(&sample::sheet(&drawn), folder, "pixelcnn-samples.png", "twenty digits, drawn pixel by pixel", text)?;
    save(&surprise, folder, "pixelcnn-surprise.png", "the price -ln p of each of their pixels: dark is sure, bright is a surprise", text)?;
    let speed = drawn.nats.len() as f64 / drawn.seconds.max(1e-9);
    *text += &format!("  sampling    {speed:.0} pixels/s, {:.2} nats an image\n", drawn.mean_nats());
    Ok(json!({ "nats_of_samples": drawn.mean_nats(), "pixels_per_s": speed }))
}

/// Data, density and samples; the log-determinant of each layer; the integral and the round trip.
fn realnvp(
    lesson: &Lesson,
    weights: &Weights,
    source: &Source,
    common: &Common,
    folder: &Path,
    text: &mut String,
) -> anyhow::Result<Value> {
    let (Model::Realnvp { config, .. }, Source::Points(points)) = (&lesson.model, source) else { return Ok(Value::Null) };
    let mut plane = Plane::new(config, weights, common)?;
    let field = plane.forward(&Points::new(picture::grid(DENSITY)).into())?;
    let density: Vec<f32> = field.log_prob.iter().map(|l| l.exp()).collect();
    let mass = density.iter().map(|&p| f64::from(p)).sum::<f64>() * picture::cell_area(DENSITY);
    let highest = density.iter().copied().fold(0.0, f32::max);
    let shown = data(points, lesson.seed);
    let (samples, _) = plane.inverse(&Examples::new(noise::normals(lesson.seed, 0, 2 * shown.len()), 2, &[]))?;
    let [mut left, mut right] = [picture::ground(DENSITY), picture::ground(DENSITY)];
    picture::dots(&mut left, &shown, AMBER);
    picture::dots(&mut right, samples.as_chunks::<2>().0, TEAL);
    let middle = picture::field(&density, DENSITY, DENSITY, Meaning::Density, [0.0, highest]);
    save(
        &picture::beside(&[left, middle, right]),
        folder,
        "flow-density.png",
        "the data, the density that was learned, samples of it",
        text,
    )?;

    let layers = plane.forward(&Points::new(picture::grid(STRIP)).into())?;
    let reach = layers.log_dets.iter().flatten().fold(0.1_f32, |reach, v| reach.max(v.abs()));
    let strips: Vec<Sheet> = layers.log_dets.iter().map(|l| picture::field(l, STRIP, STRIP, Meaning::Signed, [-reach, reach])).collect();
    save(&picture::beside(&strips), folder, "flow-log-det.png", "log|det J| of each layer: orange squeezes, blue stretches", text)?;

    let there = plane.forward(&Points::new(shown.clone()).into())?;
    let (back, _) = plane.inverse(&Examples::new(there.z, 2, &[]))?;
    let error = shown.iter().zip(back.as_chunks::<2>().0).flat_map(|(a, b)| [(a[0] - b[0]).abs(), (a[1] - b[1]).abs()]).fold(0.0, f32::max);
    *text += &format!("  integral    {mass:.5} of p over the square of side {}\n", 2.0 * picture::HALF_SIDE);
    *text += &format!("  round trip  {error:.1e} at most over {} points\n", shown.len());
    Ok(json!({ "integral": mass, "round_trip_error": error, "largest_log_det": reach }))
}

fn data(points: &PointSource, seed: u64) -> Vec<[f32; 2]> {
    points.test(4_000, seed).xy
}

fn save(sheet: &Sheet, folder: &Path, name: &str, what: &str, text: &mut String) -> anyhow::Result<()> {
    let path = folder.join(name);
    sheet.save(&path)?;
    *text += &format!("  {}  {what}\n", path.display());
    Ok(())
}
