use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::bail;
use serde_json::{Value, json};

use super::arguments::{Common, TrainArguments};
use super::balance::{self, Balance};
use super::held_out::{HeldOut, Overfit};
use super::lesson;
use super::progress;
use super::report::Report;
use crate::data::table::MOST_CLASSES;
use crate::exec::Session;
use crate::flows::Config;
use crate::train::{ByClass, FRESH_POINTS, Fit, Lesson, Model, PointSource, Score, Scorer, Source, TrainError, Weights};

/// How often the weights are saved during a run.
const SAVE_EVERY: Duration = Duration::from_secs(10);
/// Steps between two looks at the losses: a look on a GPU costs a little.
const LOOK_EVERY: u64 = 10;
/// Share of the newest loss in the mean that is shown.
const FRESH: f64 = 0.02;

/// When a run ends.
#[derive(Clone, Copy, Debug)]
enum Until {
    Step(u64),
    Time(Duration),
}

/// `tractable train`.
pub(super) fn train(arguments: &TrainArguments, common: &Common) -> anyhow::Result<Report> {
    let mut lesson = lesson::open(&arguments.lesson, common)?;
    if let Some(rate) = arguments.rate {
        lesson.training.adam.rate = rate;
    }
    if let Some(batch) = arguments.batch {
        lesson.training.batch = batch as usize;
    }
    other_flow(&mut lesson, arguments)?;
    let data = arguments.data.as_deref();
    let start = match (&arguments.weights, arguments.from_scratch) {
        (Some(path), _) => Some(Weights::read(path)?),
        (None, true) => None,
        (None, false) if arguments.by_class => None,
        (None, false) => shipped(&lesson, data)?,
    };
    match &start {
        Some(weights) if arguments.family.is_none() && arguments.layers.is_none() => lesson::as_trained(&mut lesson, weights),
        Some(_) => {}
        None => {
            let stated = lesson.model.dimensions();
            lesson::take_dimension(&mut lesson, data)?;
            // A depth that somebody has stated for so many columns stays.
            if arguments.layers.is_none() && (arguments.family.is_some() || lesson.model.dimensions() != stated) {
                deepen(&mut lesson);
            }
        }
    }
    let source = lesson::source(&mut lesson, data, start.as_ref())?;
    if arguments.by_class {
        give_classes(&mut lesson, &source)?;
    }
    lesson::check_classes(&lesson, &source)?;
    let out = destination(arguments.out.as_deref(), arguments.weights.as_deref(), &lesson.name)?;
    let mut fit = Fit::new(lesson.clone(), source, lesson::session(common)?)?;
    if let Some(weights) = &start {
        fit.load(weights)?;
    }
    let until = end(arguments, &lesson, start.as_ref().map_or(0, Weights::step))?;
    let run = Run { first: fit.step(), begin: Instant::now(), until };
    let (smooth, overfit) = run.go(&mut fit, &out)?;
    let seconds = run.begin.elapsed().as_secs_f64();
    let score = score(&mut fit)?;
    let balance = balance_of(&mut fit)?;
    let (model, source) = (fit.lesson().model.clone(), fit.source().clone());
    let by_class = by_class(fit.session(), &model, &source, &source.class_shares(), lesson.seed)?;
    let steps = fit.step() - run.first;
    let data = lesson::data_title(&lesson, arguments.data.as_deref());
    let note = lesson::note(fit.source());
    let backend = fit.backend();
    let mut json = json!({
        "lesson": lesson.name, "data": data, "note": note, "seed": lesson.seed, "step": fit.step(), "steps": steps, "seconds": seconds,
        "steps_per_s": steps as f64 / seconds.max(1e-9), "train_nats": smooth, "test": score,
        "parameters": fit.weights()?.parameter_count(), "out": out, "backend": backend.backend, "adapter": backend.adapter, "threads": backend.threads,
    });
    if smooth.is_none() {
        json["train_nats"] = Value::Null;
    }
    let mut sums = String::new();
    json["overfit"] = json!(overfit);
    let mut beside = String::new();
    if let Some((of_train, of_test)) = &balance {
        beside = of_train.iter().map(|rows| format!("train  {}\n", rows.price())).collect();
        json["balance"] = json!({ "train": of_train, "test": of_test });
        let parts = of_train.iter().map(|b| b.describe("training")).chain([of_test.describe("held-out")]);
        sums = parts.map(|part| format!("\n{part}")).collect();
    }
    beside += &overfit.iter().map(|overfit| overfit.describe() + "\n").collect::<String>();
    if let Some(found) = &by_class {
        json["by_class"] = json!(found);
        json["class_names"] = json!(source.class_names());
        sums += &format!("\n{}", describe_by_class(found));
    }
    let text = format!(
        "{}: {steps} steps in {seconds:.1} s on the {} ({:.0} steps/s), now at step {}\ntest   {}{}\n{beside}saved  {}",
        lesson::subject(&lesson, &data),
        backend.backend.to_uppercase(),
        steps as f64 / seconds.max(1e-9),
        fit.step(),
        describe(&score),
        if by_class.is_some() { ", each given its class" } else { "" },
        out.display()
    );
    Ok(Report { json, text: text + &sums + &note.map(|note| format!("\nnote   {note}")).unwrap_or_default() })
}

/// The lesson's own weights, where they are of the dimension of the person's data.
fn shipped(lesson: &Lesson, data: Option<&Path>) -> anyhow::Result<Option<Weights>> {
    let weights = lesson.trained_weights()?;
    let mut own = lesson.clone();
    lesson::take_dimension(&mut own, data)?;
    Ok(weights.filter(|_| own.model.dimensions() == lesson.model.dimensions()))
}

/// Has the flow read the classes of its data.
fn give_classes(lesson: &mut Lesson, source: &Source) -> anyhow::Result<()> {
    let found = source.class_shares().len();
    let Model::Realnvp { config, data } = &mut lesson.model else {
        bail!("Expected a lesson of a flow for --by-class, found {}; leave it out or train realnvp.", lesson.name);
    };
    let texts = candidates(source);
    if found == 0 && !texts.is_empty() {
        bail!(
            "Expected one column of classes for --by-class, found {} in {}, each of which could be it; call one of them `class` in the header.",
            texts.join(" and "),
            data.title()
        );
    }
    if found == 0 {
        bail!(
            "Expected points with classes for --by-class, found none in {}; choose data with a column of 2 to {MOST_CLASSES} names, or leave it out.",
            data.title()
        );
    }
    config.classes = found;
    config.check().map_err(|what| anyhow::anyhow!("{what}; choose another --family or leave --by-class out."))
}

/// Names of the text columns of a table of which each could name classes.
fn candidates(source: &Source) -> &[String] {
    match source {
        Source::Table(table) | Source::Points(PointSource::Table(table)) => &table.prepared().candidates,
        _ => &[],
    }
}

/// What a flow given the class says without it, the classes having these shares; none where it reads no class.
pub(super) fn by_class(
    session: &mut dyn Session,
    model: &Model,
    source: &Source,
    shares: &[f64],
    seed: u64,
) -> Result<Option<ByClass>, TrainError> {
    match model {
        Model::Realnvp { config, .. } if config.classes > 0 => {
            ByClass::measure(session, config, source, shares, seed, FRESH_POINTS).map(Some)
        }
        _ => Ok(None),
    }
}

/// What is known without the class as a line of text.
pub(super) fn describe_by_class(found: &ByClass) -> String {
    format!("without the class {}\nBayes' rule names the class of {:.2} % of them", describe(&found.mixture), 100.0 * found.accuracy)
}

/// What the layers of a flow add to the mean log-likelihood.
fn balance_of(fit: &mut Fit) -> anyhow::Result<Option<(Option<Balance>, Balance)>> {
    let Model::Realnvp { config, .. } = fit.lesson().model.clone() else { return Ok(None) };
    let (source, seed) = (fit.source().clone(), fit.lesson().seed);
    balance::both(fit.session(), &config, &source, seed).map(Some)
}

/// Takes the family and the number of layers that were asked for in place of the lesson's own.
fn other_flow(lesson: &mut Lesson, arguments: &TrainArguments) -> anyhow::Result<()> {
    if arguments.family.is_none() && arguments.layers.is_none() {
        return Ok(());
    }
    let Model::Realnvp { config, .. } = &mut lesson.model else {
        bail!("Expected a lesson of a flow for --family and --layers, found {}; leave them out or train realnvp.", lesson.name);
    };
    if let Some(family) = arguments.family {
        *config = Config { dim: config.dim, ..Config::of(family) };
        lesson.title = family.title().into();
        lesson.name = family.name();
    }
    if let Some(layers) = arguments.layers {
        config.layers = layers as usize;
    }
    config.check().map_err(|what| anyhow::anyhow!("{what}; choose other --layers."))
}

/// Adds layers to a flow of many columns until each column has been moved by what every other one says.
fn deepen(lesson: &mut Lesson) {
    if let Model::Realnvp { config, .. } = &mut lesson.model {
        config.layers = config.layers.max(config.layers_to_meet());
    }
}

/// A score as a line of text.
pub(super) fn describe(score: &Score) -> String {
    let error = if score.std_error.is_finite() { format!("{:.4}", score.std_error) } else { "unknown".into() };
    let examples = if score.count == 1 { "example" } else { "examples" };
    let mut text =
        format!("{:.4} nats +- {error} ({:.4} bits per dimension) over {} {examples}", score.nats, score.bits_per_dim, score.count);
    if let (Some(floor), Some(gap)) = (score.floor, score.gap) {
        text += &format!("; entropy {floor:.4}, gap {gap:+.4}");
    }
    text
}

/// The score of a fit on its test data.
pub(super) fn score(fit: &mut Fit) -> Result<Score, TrainError> {
    let (model, source, seed) = (fit.lesson().model.clone(), fit.source().clone(), fit.lesson().seed);
    score_in(fit.session(), &model, &source, seed)
}

/// The score of the parameters that a session holds.
pub(super) fn score_in(session: &mut dyn Session, model: &Model, source: &Source, seed: u64) -> Result<Score, TrainError> {
    let chunk = match model {
        Model::Pixelcnn { .. } => 50,
        Model::CausalStack { .. } => 8,
        Model::Realnvp { .. } => 2_000,
    };
    Scorer::new(session, model, chunk)?.score(session, model, source, seed, usize::MAX)
}

/// Where the weights go: what was asked for, else the file that was gone on from, else a new one in this folder.
fn destination(out: Option<&Path>, from: Option<&Path>, name: &str) -> anyhow::Result<PathBuf> {
    let path = match (out, from) {
        (Some(path), _) | (None, Some(path)) => path.to_owned(),
        (None, None) => {
            let numbered = (2..).map(|n| PathBuf::from(format!("{name}-{n}.safetensors")));
            let mut names = std::iter::once(PathBuf::from(format!("{name}.safetensors"))).chain(numbered);
            names.find(|path| !path.exists()).expect("some number is free")
        }
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        // Told before the training, not after it.
        bail!(
            "Expected the folder {} to exist for saving the weights, found none; create it or choose another with --out.",
            folder.display()
        );
    }
    if path.is_dir() {
        bail!("Expected a file to save the weights to, found the folder {}; name a file in it with --out.", path.display());
    }
    // Following a link, so that the file that it names is replaced and not the link.
    let path = if path.is_symlink() { path.canonicalize().unwrap_or(path) } else { path };
    let safetensors = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("safetensors"));
    if !safetensors || (path.exists() && !path.is_file()) {
        bail!("Expected a file name that ends in .safetensors for the weights, found {}; choose another with --out.", path.display());
    }
    Ok(path)
}

fn end(arguments: &TrainArguments, lesson: &Lesson, step: u64) -> anyhow::Result<Until> {
    match (arguments.steps, arguments.seconds) {
        (Some(steps), _) => Ok(Until::Step(step.saturating_add(steps))),
        (None, Some(seconds)) => match Duration::try_from_secs_f64(seconds) {
            Ok(time) => Ok(Until::Time(time)),
            Err(_) => bail!("Expected a time that fits a calendar, found {seconds} s; give fewer seconds."),
        },
        (None, None) if step >= lesson.training.steps => bail!(
            "These weights have all {} steps of the lesson {}; go on with `--steps N` or `--seconds S`, or begin anew with `--from-scratch`.",
            lesson.training.steps,
            lesson.name
        ),
        (None, None) => Ok(Until::Step(lesson.training.steps)),
    }
}

/// One run of training.
struct Run {
    first: u64,
    begin: Instant,
    until: Until,
}

impl Run {
    /// Trains to the end, saving on the way; gives a running mean of the loss, and whether held-out rows were cheaper once. When training breaks, the
    /// last sound weights are saved.
    fn go(&self, fit: &mut Fit, out: &Path) -> anyhow::Result<(Option<f64>, Option<Overfit>)> {
        let bar = progress::bar(self.length(), "training");
        let mut held_out = HeldOut::new(fit)?;
        let mut smooth = None;
        let mut saved = Instant::now();
        loop {
            let done = self.done(fit.step());
            if done || fit.step().is_multiple_of(LOOK_EVERY) {
                bar.set_position(self.position(fit.step()));
                let losses = if done { self.last_losses(fit) } else { fit.losses() };
                match losses {
                    Ok(losses) => smooth = losses.iter().fold(smooth, |mean, &(_, loss)| Some(blend(mean, f64::from(loss)))),
                    Err(error) => {
                        bar.finish_and_clear();
                        fit.weights()?.save(out)?;
                        return Err(anyhow::Error::new(error).context(format!("The last sound weights are saved in {}", out.display())));
                    }
                }
                if let Some(loss) = smooth {
                    bar.set_message(format!("step {}, {loss:.3} nats", fit.step()));
                }
            }
            if let Some(looks) = &mut held_out {
                looks.step(fit, self.first, done)?;
            }
            if done || saved.elapsed() > SAVE_EVERY {
                fit.weights()?.save(out)?;
                saved = Instant::now();
            }
            if done {
                bar.finish_and_clear();
                return Ok((smooth, held_out.and_then(|looks| looks.overfit())));
            }
            fit.advance()?;
        }
    }

    /// Reading the parameters waits for every step, so all losses have come.
    fn last_losses(&self, fit: &mut Fit) -> Result<Vec<(u64, f32)>, TrainError> {
        fit.weights()?;
        fit.losses()
    }

    fn done(&self, step: u64) -> bool {
        match self.until {
            Until::Step(last) => step >= last,
            Until::Time(time) => self.begin.elapsed() >= time,
        }
    }

    fn length(&self) -> u64 {
        match self.until {
            Until::Step(last) => last - self.first,
            Until::Time(time) => time.as_secs().max(1),
        }
    }

    fn position(&self, step: u64) -> u64 {
        match self.until {
            Until::Step(_) => step - self.first,
            Until::Time(_) => self.begin.elapsed().as_secs(),
        }
    }
}

fn blend(mean: Option<f64>, loss: f64) -> f64 {
    mean.map_or(loss, |mean| mean + FRESH * (loss - mean))
}
