use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};

use super::arguments::{BenchArguments, Common, Method, Workload};
use super::draw::{self, Request};
use super::report::Report;
use super::{lesson, picture};
use crate::autoregressive::pixelcnn;
use crate::data::{Toy, noise};
use crate::exec::BackendInfo;
use crate::flows::{self, Config, Family, Spline};
use crate::graph::Reuse;
use crate::nn::Activation;
use crate::train::{Adam, initial_weights, pixelcnn_training, realnvp_training};

/// A repetition lasts at least this long.
const LEAST_SECONDS: f64 = 1.0;
const SEED: u64 = 541;

/// The plain stack of the paper that the figures are about: 7x7 A to 64, seven 3x3 B, head 64, 28x28 binary.
fn net() -> pixelcnn::Config {
    pixelcnn::Config {
        height: 28,
        width: 28,
        levels: 2,
        channels: 64,
        blocks: 7,
        first_kernel: 7,
        kernel: 3,
        head: 64,
        classes: 0,
        coordinates: false,
        residual: false,
        first_taps: None,
        wiring: pixelcnn::Wiring::Plain,
    }
}

/// `tractable bench`.
pub(super) fn bench(arguments: &BenchArguments, common: &Common) -> anyhow::Result<Report> {
    let all = [Workload::W1, Workload::W3, Workload::W4, Workload::W5, Workload::W6, Workload::W7, Workload::W8];
    let chosen = if arguments.workloads.is_empty() { &all[..] } else { &arguments.workloads };
    let repetitions = arguments.repetitions as usize;
    let bar = super::progress::bar(chosen.len() as u64, "measuring");
    let mut rows = Vec::new();
    for workload in chosen {
        bar.set_message(format!("measuring {workload:?}"));
        match workload {
            Workload::W1 => rows.push(train_pixelcnn(common, repetitions)?),
            Workload::W3 => {
                for method in [Method::Cached, Method::Full] {
                    rows.push(sample_pixelcnn(common, repetitions, method)?);
                }
            }
            Workload::W4 => rows.push(train_flow(common, repetitions, "W4", "realnvp_train", &Config::default())?),
            Workload::W5 => {
                let config = Config::of(Family::RationalQuadratic(Spline::default()));
                rows.push(train_flow(common, repetitions, "W5", "rq_spline_train", &Config { activation: Activation::Relu, ..config })?);
            }
            Workload::W6 => {
                let config = Config { layers: 5, activation: Activation::Relu, ..Config::of(Family::Maf) };
                rows.push(train_flow(common, repetitions, "W6", "maf_train", &config)?);
            }
            Workload::W7 => rows.push(density(common, repetitions)?),
            Workload::W8 => {
                let config = Config { layers: 4, width: 64, ..Config::of(Family::Ffjord { steps: 5 }) };
                rows.push(train_flow(common, repetitions, "W8", "ffjord_rk4x20_train", &config)?);
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let mut text = format!("{:<4} {:<34} {:>12}  {:<24} {:<10} cores\n", "", "", "median", "worst..best", "unit");
    for row in &rows {
        let number = |key: &str| row[key].as_f64().map_or_else(String::new, short);
        let name = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let spread = format!("{}..{}", number("worst"), number("best"));
        text += &format!(
            "{:<4} {:<34} {:>12}  {spread:<24} {:<10} {}\n",
            name("workload"),
            name("peer"),
            number("value"),
            name("unit"),
            number("cores")
        );
    }
    Ok(Report { json: json!({ "rows": rows, "version": env!("CARGO_PKG_VERSION") }), text })
}

/// W1: updates of a batch of 64 images.
fn train_pixelcnn(common: &Common, repetitions: usize) -> anyhow::Result<Value> {
    const BATCH: usize = 64;
    let config = net();
    let graph = Arc::new(pixelcnn_training(&config, BATCH)?);
    let mut session = lesson::session(common)?;
    let program = session.prepare(&graph, Reuse::On)?;
    initial_weights(&graph, SEED).write_to(session.as_mut(), &graph)?;
    let levels: Vec<f32> = noise::uniforms(SEED, 0, BATCH * config.pixels()).iter().map(|&u| f32::from(u8::from(u < 0.2))).collect();
    let hyper = Adam::default().slots(1, 1.0);
    let backend = session.backend();
    let timing = time(repetitions, |times| {
        for _ in 0..times {
            session.run(program, &[("levels", &levels), ("hyper", &hyper)])?;
        }
        // Waits for the device.
        session.read_output(program, "loss")?;
        Ok(())
    })?;
    Ok(timing.row("W1", "train", &backend, BATCH as f64, "images/s"))
}

/// W3: one image, pixel by pixel.
fn sample_pixelcnn(common: &Common, repetitions: usize, method: Method) -> anyhow::Result<Value> {
    let config = net();
    let graph = pixelcnn::likelihood(&config, 1)?;
    let weights = initial_weights(&graph, SEED);
    let request = Request { count: 1, class: None, seed: SEED, temperature: 1.0, method };
    let mut artist = draw::Artist::new(&config, &weights, common, &request)?;
    let backend = artist.backend();
    let timing = time(repetitions, |times| (0..times).try_for_each(|_| artist.draw(&request, 0).map(drop)))?;
    let name = if method == Method::Cached { "sample_cached_b1" } else { "sample_full_forward_b1" };
    Ok(timing.row("W3", name, &backend, config.pixels() as f64, "pixels/s"))
}

/// W4, W5, W6, W8: updates of a batch of 512 points.
fn train_flow(common: &Common, repetitions: usize, workload: &str, name: &str, config: &Config) -> anyhow::Result<Value> {
    const BATCH: usize = 512;
    let graph = Arc::new(realnvp_training(config, BATCH)?);
    let mut session = lesson::session(common)?;
    let program = session.prepare(&graph, Reuse::On)?;
    initial_weights(&graph, SEED).write_to(session.as_mut(), &graph)?;
    let points = Toy::TwoMoons.sample(BATCH, SEED, 0);
    let hyper = Adam::default().slots(1, 1.0);
    let backend = session.backend();
    let timing = time(repetitions, |times| {
        for _ in 0..times {
            session.run(program, &[("x", points.as_flat()), ("hyper", &hyper)])?;
        }
        session.read_output(program, "loss")?;
        Ok(())
    })?;
    Ok(timing.row(workload, name, &backend, 1.0, "steps/s"))
}

/// W7: the density of a grid.
fn density(common: &Common, repetitions: usize) -> anyhow::Result<Value> {
    const SIDE: usize = 256;
    // As the window has it computed.
    const BATCH: usize = 1_024;
    let graph = Arc::new(flows::likelihood(&Config::default(), BATCH)?);
    let mut session = lesson::session(common)?;
    let program = session.prepare(&graph, Reuse::On)?;
    initial_weights(&graph, SEED).write_to(session.as_mut(), &graph)?;
    let points: Vec<f32> = picture::grid(SIDE).into_iter().flatten().collect();
    let backend = session.backend();
    let timing = time(repetitions, |times| {
        for _ in 0..times {
            session.run_batches(program, "x", &points, 2 * BATCH, "log_prob")?;
        }
        Ok(())
    })?;
    Ok(timing.row("W7", "realnvp_density_256x256", &backend, (SIDE * SIDE) as f64, "points/s"))
}

/// Seconds of one run, repeated.
struct Timing {
    seconds: Vec<f64>,
    cores: Option<f64>,
}

/// Two runs of warm-up, then repetitions of as many runs as last a second.
fn time(repetitions: usize, mut run: impl FnMut(usize) -> anyhow::Result<()>) -> anyhow::Result<Timing> {
    run(2)?;
    let begin = Instant::now();
    run(1)?;
    let times = (LEAST_SECONDS / begin.elapsed().as_secs_f64().max(1e-7)).max(1.0) as usize;
    let (wall, cpu) = (Instant::now(), cpu_seconds());
    let mut seconds = Vec::with_capacity(repetitions);
    for _ in 0..repetitions {
        let begin = Instant::now();
        run(times)?;
        seconds.push(begin.elapsed().as_secs_f64() / times as f64);
    }
    seconds.sort_by(f64::total_cmp);
    let cores = cpu_seconds().zip(cpu).map(|(after, before)| (after - before) / wall.elapsed().as_secs_f64());
    Ok(Timing { seconds, cores })
}

impl Timing {
    fn row(&self, workload: &str, what: &str, backend: &BackendInfo, items: f64, unit: &str) -> Value {
        let rate = |seconds: f64| items / seconds;
        let (best, worst) = (self.seconds[0], self.seconds[self.seconds.len() - 1]);
        let median = self.seconds[self.seconds.len() / 2];
        json!({
            "workload": workload, "peer": format!("tractable_{}_{what}", backend.backend), "value": rate(median), "unit": unit,
            "best": rate(best), "worst": rate(worst), "ms": median * 1e3, "repetitions": self.seconds.len(), "cores": self.cores,
            "threads": backend.threads, "adapter": backend.adapter, "peak_rss_mib": peak_rss_mib(), "load1": load(),
        })
    }
}

/// Processor time of this process, where the system tells it.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field may hold spaces; what follows its bracket does not. Linux counts 100 ticks a second.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let ticks: f64 = fields.next()?.parse::<f64>().ok()? + fields.next()?.parse::<f64>().ok()?;
    Some(ticks / 100.0)
}

/// The process's highest memory so far.
fn peak_rss_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}

fn load() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}

/// Four significant digits.
fn short(value: f64) -> String {
    let decimals = (3 - value.abs().max(1e-9).log10().floor() as i32).clamp(0, 6);
    format!("{value:.*}", decimals as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_digits_are_kept() {
        assert_eq!([12345.6, 1.99, 0.012_341_2].map(short), ["12346", "1.990", "0.01234"].map(String::from));
    }

    #[test]
    fn the_median_and_the_ends_are_rates() {
        let timing = Timing { seconds: vec![0.5, 1.0, 2.0], cores: None };
        let backend = BackendInfo { backend: "cpu", adapter: "x".into(), threads: 1 };
        let row = timing.row("W1", "train", &backend, 64.0, "images/s");
        assert_eq!([&row["value"], &row["best"], &row["worst"]].map(|v| v.as_f64()), [Some(64.0), Some(128.0), Some(32.0)]);
    }
}
