use std::path::{Path, PathBuf};

use anyhow::bail;
use serde_json::json;

use super::arguments::{Common, Method, SampleArguments};
use super::draw::{self, Drawn, Request};
use super::plane::Plane;
use super::report::Report;
use super::{lesson, picture, sequences};
use crate::data::table::{MOST_CLASSES, Standard};
use crate::data::{contact_sheet, noise, write_atomic};
use crate::train::{Examples, Model, Weights};

/// Numbers of images and points when none is given, and the most that are drawn.
const IMAGES: usize = 16;
const SEQUENCES: usize = 4;
const POINTS: usize = 2_000;
const MOST_IMAGES: usize = 10_000;
/// Side of a picture of points.
const SIDE: usize = 512;
const TEAL: [u8; 3] = [63, 201, 184];
/// Colours of classes (Okabe and Ito's, which colour-blind eyes tell apart), and the stream that draws classes.
const CLASS_COLOURS: [[u8; 3]; MOST_CLASSES] =
    [[86, 180, 233], [230, 159, 0], [0, 158, 115], [204, 121, 167], [240, 228, 66], [213, 94, 0], [0, 114, 178], [200, 200, 200]];
const CLASS_STREAM: u64 = 1;

/// What the samples are written as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Format {
    Png,
    Csv,
}

/// `tractable sample`.
pub(super) fn sample(arguments: &SampleArguments, common: &Common) -> anyhow::Result<Report> {
    let mut lesson = lesson::open(&arguments.lesson, common)?;
    // A wrong ending is told before anything is read.
    arguments.out.as_deref().map(format).transpose()?;
    let weights = lesson::weights(&lesson, arguments.weights.as_deref())?;
    lesson::as_trained(&mut lesson, &weights);
    if let Some(trained) = lesson::learned(&weights) {
        lesson.title = trained.title;
    }
    let plane_or_picture = !matches!(&lesson.model, Model::Realnvp { config, .. } if config.dim > 2);
    let ending = if plane_or_picture { "png" } else { "csv" };
    let out = arguments.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}-samples.{ending}", lesson.name)));
    let format = format(&out)?;
    let step = weights.step();
    match &lesson.model {
        Model::Pixelcnn { config, .. } => {
            let count = arguments.count.map_or(IMAGES, |n| n as usize);
            if count > MOST_IMAGES {
                bail!("Expected at most {MOST_IMAGES} images, found {count}; draw fewer at a time, with other seeds.");
            }
            let class = class_of(arguments.class.as_deref(), &[], config.classes)?;
            let (seed, temperature, method) = (lesson.seed, arguments.temperature, arguments.method);
            let drawn = draw::images(config, &weights, common, &Request { count, class, seed, temperature, method })?;
            match format {
                Format::Png => sheet(&drawn).save(&out)?,
                Format::Csv => write_atomic(&out, image_table(&drawn).as_bytes())?,
            }
            let pixels_per_s = (count * config.pixels()) as f64 / drawn.seconds.max(1e-9);
            let mean = drawn.mean_nats();
            let bits = mean / (config.pixels() as f64 * std::f64::consts::LN_2);
            let backend = &drawn.backend;
            let mut json = json!({
                "lesson": lesson.name, "step": step, "seed": seed, "count": count, "class": class, "temperature": temperature,
                "method": method_name(method), "nats": mean, "bits_per_dim": bits, "seconds": drawn.seconds, "pixels_per_s": pixels_per_s,
                "out": out, "backend": backend.backend, "adapter": backend.adapter, "threads": backend.threads,
            });
            let mut how = String::new();
            if method == Method::Jacobi {
                let most = drawn.sweeps.iter().max().copied().unwrap_or_default();
                json["sweeps"] = json!(drawn.sweeps);
                how = format!(", {most} sweeps instead of {} passes", config.pixels());
            }
            let text = format!(
                "{} at step {step}: {count} images, {} sampling{how}\nprice  {mean:.2} nats an image ({bits:.4} bits a pixel)\nspeed  {pixels_per_s:.0} pixels/s on the {}\nsaved  {}",
                lesson.title,
                method_name(method),
                backend.backend.to_uppercase(),
                out.display()
            );
            Ok(Report { json, text })
        }
        Model::CausalStack { config, data } => {
            let (class, method) = (arguments.class.is_some(), arguments.method != Method::Cached);
            if class || method {
                bail!(
                    "Expected neither --class nor --method, because a sequence is drawn by the cached sampler and has no class; leave them out."
                );
            }
            let count = arguments.count.map_or(SEQUENCES, |n| n as usize);
            if count > MOST_IMAGES {
                bail!("Expected at most {MOST_IMAGES} sequences, found {count}; draw fewer at a time, with other seeds.");
            }
            let drawn = sequences::draw(config, &weights, count, lesson.seed, arguments.temperature as f32)?;
            match format {
                Format::Png => sequences::rolls(&drawn, config.levels).save(&out)?,
                Format::Csv => write_atomic(&out, sequences::table(&drawn, data.melody()).as_bytes())?,
            }
            let mean = (0..count).map(|i| drawn.total_nats(i)).sum::<f64>() / count as f64;
            let bits = mean / (config.length as f64 * std::f64::consts::LN_2);
            let json = json!({
                "lesson": lesson.name, "step": step, "seed": lesson.seed, "count": count, "temperature": arguments.temperature,
                "nats": mean, "bits_per_dim": bits, "out": out,
            });
            let text = format!(
                "{} at step {step}: {count} sequences of {} steps\nprice  {mean:.2} nats a sequence ({bits:.4} bits a step)\nsaved  {}",
                lesson.title,
                config.length,
                out.display()
            );
            Ok(Report { json, text })
        }
        Model::Realnvp { config, .. } => {
            if arguments.class.is_some() && config.classes == 0 {
                bail!("Expected no class, because this flow has none; leave --class out, or train one with --by-class.");
            }
            let names = lesson::class_names(&lesson, &weights);
            let asked = class_of(arguments.class.as_deref(), &names, config.classes)?;
            if arguments.method != Method::Cached {
                bail!("Expected no --method, because a flow draws every point in one pass; leave --method out.");
            }
            if config.dim > 2 && format == Format::Png {
                bail!(
                    "Expected a table for points of {} coordinates, found {}; choose a name that ends in .csv with --out.",
                    config.dim,
                    out.display()
                );
            }
            let count = arguments.count.map_or(POINTS, |n| n as usize);
            let mut plane = Plane::new(config, &weights, common)?;
            let begin = std::time::Instant::now();
            let z: Vec<f32> = noise::normals(lesson.seed, 0, config.dim * count).iter().map(|z| z * arguments.temperature as f32).collect();
            let classes = classes(asked, config.classes, count, &weights, lesson.seed);
            let (points, log_prob) = plane.inverse(&Examples::new(z, config.dim, &classes))?;
            let seconds = begin.elapsed().as_secs_f64();
            let standard = weights.standard().filter(|standard| standard.mean.len() == config.dim);
            match format {
                Format::Png => {
                    let mut sheet = picture::ground(SIDE);
                    let points = points.as_chunks::<2>().0;
                    let of_class =
                        |class: usize| points.iter().zip(&classes).filter(move |(_, c)| usize::from(**c) == class).map(|(p, _)| *p);
                    match config.classes {
                        0 => picture::dots(&mut sheet, points, TEAL),
                        some => (0..some).for_each(|c| picture::dots(&mut sheet, &of_class(c).collect::<Vec<_>>(), CLASS_COLOURS[c])),
                    }
                    sheet.save(&out)?;
                }
                Format::Csv => {
                    write_atomic(&out, point_table(config.dim, &points, (&classes, &names), &log_prob, standard.as_ref()).as_bytes())?
                }
            }
            let mean = -log_prob.iter().map(|&l| f64::from(l)).sum::<f64>() / count as f64;
            let backend = plane.backend();
            let mut json = json!({
                "lesson": lesson.name, "step": step, "seed": lesson.seed, "count": count, "temperature": arguments.temperature,
                "nats": mean, "seconds": seconds, "points_per_s": count as f64 / seconds.max(1e-9), "out": out,
                "backend": backend.backend, "adapter": backend.adapter, "threads": backend.threads,
            });
            let own = standard.map(|standard| mean - standard.log_det());
            json["nats_own_units"] = json!(own);
            let own = own.map(|own| format!(" ({own:.4} in the table's own units)")).unwrap_or_default();
            let text =
                format!("{} at step {step}: {count} points\nprice  {mean:.4} nats a point{own}\nsaved  {}", lesson.title, out.display());
            Ok(Report { json, text })
        }
    }
}

/// All images in one picture, enlarged so that a screen shows them well.
pub(super) fn sheet(drawn: &Drawn) -> crate::data::Sheet {
    let (columns, factor) = layout(drawn.images.len(), drawn.images.size);
    contact_sheet(&drawn.images, columns).enlarged(factor)
}

/// Columns and enlargement of a sheet of images: nearly square, about 900 pixels wide.
pub(super) fn layout(count: usize, size: usize) -> (usize, usize) {
    let columns = (count as f64).sqrt().ceil() as usize;
    (columns, (900 / (columns * (size + 1)).max(1)).clamp(1, 16))
}

fn format(out: &Path) -> anyhow::Result<Format> {
    match out.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("png") => Ok(Format::Png),
        Some("csv") => Ok(Format::Csv),
        _ => bail!("Expected a file name that ends in .png or .csv, found {}; choose one of these endings.", out.display()),
    }
}

fn method_name(method: Method) -> &'static str {
    match method {
        Method::Cached => "cached",
        Method::Full => "full",
        Method::Jacobi => "jacobi",
    }
}

/// One row a point: its coordinates, its class (by its name where there is one), and `ln p` (given the class). Both are in the units of the table
/// that was learned from where it was one, `ln p_X(x) = ln p_Z(z) - sum_d ln scale_d`, else in the flow's own. Every number is written as short as it comes back exactly.
fn point_table(dim: usize, points: &[f32], (classes, names): (&[u8], &[String]), log_prob: &[f32], standard: Option<&Standard>) -> String {
    let mut table = match standard {
        Some(standard) => standard.columns.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(","),
        None if dim == 2 => "x,y".into(),
        None => (1..=dim).map(|d| format!("x{d}")).collect::<Vec<_>>().join(","),
    };
    table += if classes.is_empty() { ",log_p\n" } else { ",class,log_p\n" };
    for (i, (point, log_p)) in points.chunks_exact(dim).zip(log_prob).enumerate() {
        for (d, &v) in point.iter().enumerate() {
            match standard {
                Some(standard) => table += &format!("{},", standard.invert(d, v.into())),
                None => table += &format!("{v},"),
            }
        }
        if let Some(class) = classes.get(i) {
            table += &names.get(usize::from(*class)).map_or_else(|| format!("{class},"), |name| format!("{},", quoted(name)));
        }
        match standard {
            Some(standard) => table += &format!("{}\n", f64::from(*log_p) + standard.log_det()),
            None => table += &format!("{log_p}\n"),
        }
    }
    table
}

/// The number of the class that was asked for, by its name where it has one, else by its number.
fn class_of(asked: Option<&str>, names: &[String], classes: usize) -> anyhow::Result<Option<usize>> {
    let Some(asked) = asked else { return Ok(None) };
    if let Some(place) = names.iter().position(|name| name == asked) {
        return Ok(Some(place));
    }
    match asked.parse() {
        Ok(number) if number < classes => Ok(Some(number)),
        _ if classes == 0 => bail!("Expected no class, because this model has none, found {asked}; leave --class out."),
        _ if names.is_empty() => bail!("Expected a class from 0 to {}, found {asked}; choose one of them.", classes - 1),
        _ => bail!("Expected the class {}, found {asked}; choose one of them, or its number from 0 to {}.", names.join(", "), classes - 1),
    }
}

/// The class of each point: the one that was asked for, else drawn by the shares that were learned; none where the flow reads none.
fn classes(asked: Option<usize>, known: usize, count: usize, weights: &Weights, seed: u64) -> Vec<u8> {
    if known == 0 {
        return Vec::new();
    }
    if let Some(class) = asked {
        return vec![class as u8; count];
    }
    let mut sum = 0.0;
    let mut end = |share: f64| {
        sum += share;
        sum
    };
    let ends: Vec<f64> = weights.class_shares(known).into_iter().map(&mut end).collect();
    let draw = |u: f32| ends.partition_point(|&end| end <= f64::from(u)).min(known - 1) as u8;
    noise::uniforms(seed, CLASS_STREAM, count).into_iter().map(draw).collect()
}

/// A name as a cell of a table.
fn quoted(name: &str) -> String {
    if name.contains([',', '"', '\n']) { format!("\"{}\"", name.replace('"', "\"\"")) } else { name.into() }
}

/// One row an image: its number, class, price in nats, and the level of each pixel.
fn image_table(drawn: &Drawn) -> String {
    let pixels = drawn.images.size * drawn.images.size;
    let mut table = String::from("index,class,nats");
    (0..pixels).for_each(|p| table += &format!(",p{p}"));
    table.push('\n');
    for i in 0..drawn.images.len() {
        let nats: f64 = drawn.nats[i * pixels..][..pixels].iter().map(|&v| f64::from(v)).sum();
        let class = drawn.images.labels.get(i).map(u8::to_string).unwrap_or_default();
        table += &format!("{i},{class},{nats:.6}");
        drawn.images.image(i).iter().for_each(|level| table += &format!(",{level}"));
        table.push('\n');
    }
    table
}
