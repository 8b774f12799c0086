//! The command line, end to end: the built program, its standard output, its files and its exit codes.
//!
//! Lessons are tiny (a PixelCNN of four channels, a flow of two couplings) and trained for a few steps: what is tested here is the way
//! from the command to the file, not the learning.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;
use tractable::train::{Lesson, Model, Weights};

/// A folder of its own for each test, and the program run in it.
pub(crate) struct Bench {
    folder: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Bench {
        let bench = Bench { folder: tempfile::tempdir().unwrap() };
        bench.lesson("tiny.tractable.json", "pixelcnn-binary", |lesson| {
            let Model::Pixelcnn { config, .. } = &mut lesson.model else { unreachable!() };
            (config.channels, config.blocks, config.head) = (4, 1, 4);
            lesson.training.batch = 2;
        });
        bench.lesson("flow.tractable.json", "realnvp", |lesson| {
            let Model::Realnvp { config, .. } = &mut lesson.model else { unreachable!() };
            (config.layers, config.width) = (2, 8);
            lesson.training.batch = 64;
        });
        bench
    }

    pub(crate) fn lesson(&self, file: &str, preset: &str, change: impl FnOnce(&mut Lesson)) {
        let mut lesson = Lesson::preset(preset).unwrap();
        change(&mut lesson);
        lesson.name = file.split('.').next().unwrap().into();
        std::fs::write(self.path(file), serde_json::to_vec(&lesson).unwrap()).unwrap();
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    pub(crate) fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(file), content).unwrap();
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tractable"));
        command.current_dir(self.folder.path()).args(line.split_whitespace());
        for variable in ["DISPLAY", "WAYLAND_DISPLAY", "TRACTABLE_LOG", "RUST_LOG"] {
            command.env_remove(variable);
        }
        command
    }

    /// Runs a command that must succeed, with `--json --backend cpu`, and gives the one object.
    pub(crate) fn json(&self, line: &str) -> Value {
        let output = self.command(&format!("{line} --json --backend cpu")).output().unwrap();
        assert!(output.status.success(), "{line}: {}", text(&output.stderr));
        let out = text(&output.stdout);
        assert_eq!(out.trim_end().lines().count(), 1, "{line} printed more than one object: {out}");
        let value: Value = serde_json::from_str(&out).unwrap();
        assert!(value.is_object(), "{line}: {out}");
        value
    }

    /// Runs a command that must succeed, and gives what it says.
    pub(crate) fn words(&self, line: &str) -> String {
        let output = self.command(&format!("{line} --backend cpu")).output().unwrap();
        assert!(output.status.success(), "{line}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// Runs a command that must fail by the person's mistake, and gives the sentence.
    pub(crate) fn mistake(&self, line: &str) -> String {
        sentence(line, &self.command(&format!("{line} --backend cpu")).output().unwrap())
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// One sentence, nothing of the machinery in it, exit code 2.
fn sentence(line: &str, output: &Output) -> String {
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{line}: {error}");
    assert_eq!(error.trim_end().lines().count(), 1, "{line}: one sentence is wanted, not {error}");
    for machinery in ["panicked", "Os {", "backtrace", "Error:", "Err("] {
        assert!(!error.contains(machinery), "{line}: {error}");
    }
    error
}

pub(crate) fn contains(sentence: &str, parts: &[&str]) {
    for part in parts {
        assert!(sentence.contains(part), "{part:?} is missing in: {sentence}");
    }
}

#[test]
fn list_and_doctor_tell_what_there_is() {
    let bench = Bench::new();
    let list = bench.json("list");
    let names: Vec<&str> = list["lessons"].as_array().unwrap().iter().map(|l| l["name"].as_str().unwrap()).collect();
    assert_eq!(names, Lesson::PRESETS);
    let doctor = bench.json("doctor --threads 1");
    assert_eq!((&doctor["backend"], &doctor["threads"]), (&json!("cpu"), &json!(1)));
    assert!(doctor["adapter"].is_string() && doctor["version"].is_string() && doctor["display"].is_null());
}

#[test]
fn every_command_shows_an_example() {
    let bench = Bench::new();
    for command in ["doctor", "list", "train", "sample", "score", "bench"] {
        let output = bench.command(&format!("{command} --help")).output().unwrap();
        assert!(output.status.success());
        contains(&text(&output.stdout), &["Example", &format!("tractable {command}"), "--json", "--seed", "--backend"]);
    }
}

#[test]
fn a_pixelcnn_is_trained_scored_and_sampled() {
    let bench = Bench::new();
    let trained = bench.json("train tiny.tractable.json --from-scratch --steps 5 --out a.safetensors");
    assert_eq!((&trained["step"], &trained["steps"], &trained["test"]["count"]), (&json!(5), &json!(5), &json!(1000)));
    let score = bench.json("score tiny.tractable.json --weights a.safetensors");
    for key in ["nats", "bits_per_dim", "std_error", "count"] {
        assert_eq!(score[key], trained["test"][key], "score does not repeat what train said of {key}");
    }
    assert!(score.get("floor").is_none(), "no entropy of digits is known");
    let bits = score["nats"].as_f64().unwrap() / (196.0 * std::f64::consts::LN_2);
    assert!((bits - score["bits_per_dim"].as_f64().unwrap()).abs() < 1e-12);

    // Three samplers, one image for each noise: level for level.
    let mut tables = Vec::new();
    for method in ["cached", "full", "jacobi"] {
        let line = format!("sample tiny.tractable.json --weights a.safetensors --count 3 --method {method} --out {method}.csv");
        let sampled = bench.json(&line);
        assert_eq!(sampled["sweeps"].is_array(), method == "jacobi");
        let table = std::fs::read_to_string(bench.path(&format!("{method}.csv"))).unwrap();
        let levels = |row: &str| row.splitn(4, ',').nth(3).unwrap().to_owned();
        tables.push(table.lines().map(levels).collect::<Vec<_>>());
        assert_eq!(tables[0].len(), 4);
    }
    assert!(tables[0] == tables[1] && tables[1] == tables[2]);
    bench.json("sample tiny.tractable.json --weights a.safetensors --count 5 --class 3 --temperature 0.5");
    let picture = image::open(bench.path("tiny-samples.png")).unwrap();
    assert!(picture.width() > 100 && picture.height() > 50);
}

#[test]
fn a_causal_stack_is_trained_scored_and_sampled() {
    let bench = Bench::new();
    let trained = bench.json("train stack-prelude --from-scratch --steps 3 --out a.safetensors");
    assert_eq!((&trained["step"], &trained["test"]["count"]), (&json!(3), &json!(2)));
    let score = bench.json("score stack-prelude --weights a.safetensors");
    assert_eq!(score["nats"], trained["test"]["nats"]);
    bench.json("sample stack-prelude --count 3 --out a.csv");
    let table = std::fs::read_to_string(bench.path("a.csv")).unwrap();
    assert_eq!((table.lines().count(), table.lines().next()), (1 + 3 * 64, Some("sequence,step,symbol,midi_pitch,nats")));
    let pitch = |row: &str| row.split(',').nth(3).unwrap().parse::<u32>().unwrap();
    assert!(table.lines().skip(1).map(pitch).all(|pitch| (36..=81).contains(&pitch)));
    bench.json("sample stack-prelude --count 2 --out a.png");
    assert_eq!(&std::fs::read(bench.path("a.png")).unwrap()[1..4], b"PNG");
}

#[test]
fn a_flow_is_trained_scored_and_sampled() {
    let bench = Bench::new();
    bench.json("train flow.tractable.json --from-scratch --steps 20 --out a.safetensors");
    let score = bench.json("score flow.tractable.json --weights a.safetensors");
    let number = |key: &str| score[key].as_f64().unwrap();
    // The entropy of the two moons, integrated elsewhere; no model is below it.
    assert!((number("floor") - 2.393_87).abs() < 1e-3 && number("gap") > 0.0);
    assert_eq!(score["count"], json!(50_000));
    let other = bench.json("score flow.tractable.json --weights a.safetensors --data eight-gaussians");
    // The eight Gaussians' own entropy, from another computation to six digits.
    assert!((other["floor"].as_f64().unwrap() - 2.831_88).abs() < 1e-5);
    bench.json("sample flow.tractable.json --weights a.safetensors --count 4097 --out a.csv");
    let table = std::fs::read_to_string(bench.path("a.csv")).unwrap();
    assert_eq!((table.lines().count(), table.lines().next()), (4098, Some("x,y,log_p")));
    assert!(table.lines().skip(1).flat_map(|row| row.split(',')).all(|cell| cell.parse::<f64>().unwrap().is_finite()));
    bench.json("sample flow.tractable.json --weights a.safetensors --out a.png");
    assert_eq!(image::open(bench.path("a.png")).unwrap().width(), 512);
}

#[test]
fn stopping_and_going_on_changes_nothing_and_neither_do_threads() {
    let bench = Bench::new();
    for lesson in ["tiny", "flow"] {
        bench.json(&format!("train {lesson}.tractable.json --from-scratch --steps 7 --threads 1 --out whole.safetensors"));
        bench.json(&format!("train {lesson}.tractable.json --from-scratch --steps 3 --threads 2 --out part.safetensors"));
        let on = bench.json(&format!("train {lesson}.tractable.json --weights part.safetensors --steps 4 --threads 2"));
        assert_eq!((&on["step"], &on["out"]), (&json!(7), &json!("part.safetensors")));
        let [whole, part] = ["whole", "part"].map(|name| Weights::read(&bench.path(&format!("{name}.safetensors"))).unwrap());
        assert_eq!(whole, part, "{lesson}");
        let other = format!("train {lesson}.tractable.json --from-scratch --steps 7 --seed 7 --out other.safetensors");
        bench.json(&other);
        assert_ne!(Weights::read(&bench.path("other.safetensors")).unwrap().arrays, whole.arrays);
    }
}

#[test]
fn data_of_any_size_goes_through() {
    let bench = Bench::new();
    for n in [1_u32, 2, 511, 512, 513, 4097] {
        let rows = (0..n).map(|i| format!("{},{}\n", f64::from(i).sin(), f64::from(i).cos()));
        bench.write("p.csv", rows.collect::<String>());
        let trained = bench.json("train flow.tractable.json --data p.csv --from-scratch --steps 2 --out p.safetensors");
        assert!(trained["test"]["nats"].as_f64().unwrap().is_finite(), "{n} rows");
        let held_out = if n == 1 { 1 } else { (f64::from(n) * 0.1).round().max(1.0) as u64 };
        let count = trained["test"]["count"].as_u64().unwrap();
        assert!(count == held_out || (n == 2 && count <= 2), "{n} rows gave {count}");
        let score = bench.json("score flow.tractable.json --weights p.safetensors --data p.csv");
        assert_eq!(score["count"], json!(n));
    }
}

#[test]
fn a_million_rows_are_thinned_and_told() {
    let bench = Bench::new();
    let rows: String = (0..1_000_000_u32).map(|i| format!("{},{}\n", i % 1000, i / 1000)).collect();
    bench.write("million.csv", rows);
    let trained = bench.json("train flow.tractable.json --data million.csv --from-scratch --steps 2 --out m.safetensors");
    contains(trained["note"].as_str().unwrap(), &["1000000", "200000"]);
}

#[test]
fn weights_are_never_overwritten_unasked() {
    let bench = Bench::new();
    let train = "train flow.tractable.json --from-scratch --steps 1";
    assert_eq!(bench.json(train)["out"], json!("flow.safetensors"));
    assert_eq!(bench.json(train)["out"], json!("flow-2.safetensors"));
}

#[test]
fn bad_tables_are_sentences() {
    let bench = Bench::new();
    let cases: [(&str, &str, &[&str]); 7] = [
        ("text.csv", "x,y\n1,2\n3,four\n", &["row 3", "four"]),
        ("nan.csv", "1,2\nNaN,1\n", &["finite number", "row 2"]),
        ("one.csv", "x\n1\n2\n", &["two columns"]),
        ("empty.csv", "", &["at least one row"]),
        ("header.csv", "x,y\n", &["at least one row"]),
        ("short.csv", "1,2\n3\n", &["row 2"]),
        ("bytes.csv", "\u{0}\u{1}\u{2}", &[]),
    ];
    for (file, content, parts) in cases {
        bench.write(file, content);
        contains(&bench.mistake(&format!("train flow.tractable.json --from-scratch --steps 1 --data {file}")), parts);
    }
    contains(&bench.mistake("train flow.tractable.json --steps 1 --data missing.csv"), &["missing.csv", "check the path"]);
    contains(&bench.mistake("train flow.tractable.json --steps 1 --data moons"), &["two-moons", "dino"]);
}

/// The bytes of a PNG that declares a size and holds nothing.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes
}

#[test]
fn bad_images_are_sentences_and_alpha_is_none() {
    let bench = Bench::new();
    bench.write("empty.png", png_header(0, 0));
    bench.write("huge.png", png_header(20_000, 20_000));
    bench.write("text.png", "this is no image");
    for (file, parts) in
        [("empty.png", ["0x0", "resize"]), ("huge.png", ["20000x20000", "resize"]), ("text.png", ["PNG or JPEG", "text.png"])]
    {
        contains(&bench.mistake(&format!("train tiny.tractable.json --from-scratch --steps 1 --data {file}")), &parts);
    }
    image::RgbaImage::from_pixel(40, 30, image::Rgba([255, 255, 255, 128])).save(bench.path("alpha.png")).unwrap();
    let trained = bench.json("train tiny.tractable.json --from-scratch --steps 1 --data alpha.png --out a.safetensors");
    assert_eq!(trained["test"]["count"], json!(1));
}

#[test]
fn bad_weights_are_sentences_and_stay_untouched() {
    let bench = Bench::new();
    bench.json("train tiny.tractable.json --from-scratch --steps 1 --out good.safetensors");
    let bytes = std::fs::read(bench.path("good.safetensors")).unwrap();
    bench.write("short.safetensors", &bytes[..bytes.len() / 2]);
    bench.write("head.safetensors", &bytes[..5]);
    bench.write("text.safetensors", "no weights at all, but long enough to be some");
    for file in ["short", "head", "text"] {
        for line in ["score", "sample", "train"] {
            let error = bench.mistake(&format!("{line} tiny.tractable.json --weights {file}.safetensors"));
            contains(&error, &["safetensors format", file, "choose a file"]);
        }
    }
    contains(&bench.mistake("score tiny.tractable.json --weights none.safetensors"), &["none.safetensors", "check the path"]);
    contains(&bench.mistake("score flow.tractable.json --weights good.safetensors"), &["do not fit", "coupling.0"]);
    contains(&bench.mistake("score pixelcnn-small --weights good.safetensors"), &["do not fit", "first.conv"]);
    assert_eq!(std::fs::read(bench.path("short.safetensors")).unwrap().len(), bytes.len() / 2);
}

#[test]
fn bad_lessons_are_sentences() {
    let bench = Bench::new();
    let good = std::fs::read_to_string(bench.path("tiny.tractable.json")).unwrap();
    bench.write("newer.tractable.json", good.replace("\"format_version\":1", "\"format_version\":99"));
    bench.write("broken.tractable.json", &good[..good.len() / 2]);
    bench.write("huge.tractable.json", good.replace("\"channels\":4", "\"channels\":99999"));
    bench.write("even.tractable.json", good.replace("\"first_kernel\":7", "\"first_kernel\":4"));
    bench.write("other.tractable.json", "{\"a\": 1}");
    let cases: [(&str, &[&str]); 5] = [
        ("newer", &["version 99", "newer Tractable"]),
        ("broken", &["tractable.json", "save the lesson anew"]),
        ("huge", &["`channels` must be 1 to 512", "99999"]),
        ("even", &["odd", "4"]),
        ("other", &["format_version"]),
    ];
    for (name, parts) in cases {
        contains(&bench.mistake(&format!("score {name}.tractable.json")), parts);
    }
    contains(&bench.mistake("train pixelcn"), &["\"pixelcn\"", "pixelcnn-small"]);
    contains(&bench.mistake("score tiny.tractable.json"), &["trained weights", "tractable train"]);
}

#[test]
fn a_rate_that_explodes_keeps_the_last_sound_weights_and_names_the_node() {
    let bench = Bench::new();
    let error = bench.mistake("train flow.tractable.json --from-scratch --steps 500 --rate 1e30 --out kept.safetensors");
    contains(&error, &["stopped at step", "`", "Lower the learning rate", "kept.safetensors"]);
    let kept = Weights::read(&bench.path("kept.safetensors")).unwrap();
    assert!(kept.arrays.values().flat_map(|(_, values)| values).all(|v| v.is_finite()));
    bench.json("score flow.tractable.json --weights kept.safetensors");
}

#[test]
fn places_that_cannot_be_written_are_told_before_the_work() {
    let bench = Bench::new();
    let begin = std::time::Instant::now();
    let error = bench.mistake("train flow.tractable.json --from-scratch --seconds 600 --out no/such/folder/a.safetensors");
    contains(&error, &["folder no/such/folder", "create it"]);
    contains(&bench.mistake("train flow.tractable.json --from-scratch --seconds 600 --out ."), &["folder", "--out"]);
    // Not after ten minutes of training.
    assert!(begin.elapsed().as_secs() < 60);
    bench.json("train flow.tractable.json --from-scratch --steps 1 --out a.safetensors");
    contains(&bench.mistake("sample flow.tractable.json --weights a.safetensors --out a.txt"), &[".png or .csv", "a.txt"]);
    contains(&bench.mistake("sample flow.tractable.json --weights a.safetensors --out no/a.png"), &["folder no", "create it"]);
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_told_and_keeps_the_old_file() {
    let bench = Bench::new();
    bench.json("train tiny.tractable.json --from-scratch --steps 1 --out a.safetensors");
    let before = std::fs::read(bench.path("a.safetensors")).unwrap();
    // A limit on the size of files stands for a full disk: the write fails half way.
    let line = "trap '' XFSZ; ulimit -f 4; exec \"$0\" train tiny.tractable.json --weights a.safetensors --steps 1 --backend cpu";
    let output =
        Command::new("bash").args(["-c", line, env!("CARGO_BIN_EXE_tractable")]).current_dir(bench.folder.path()).output().unwrap();
    contains(&sentence(line, &output), &["disk is full", "a.safetensors", "untouched"]);
    assert_eq!(std::fs::read(bench.path("a.safetensors")).unwrap(), before);
    let left: Vec<_> = std::fs::read_dir(bench.folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| Path::new(name).extension().is_none_or(|e| e != "tmp")), "{left:?}");
}

#[test]
fn settings_that_make_no_sense_are_sentences() {
    let bench = Bench::new();
    bench.json("train tiny.tractable.json --from-scratch --steps 1 --out t.safetensors");
    bench.json("train flow.tractable.json --from-scratch --steps 1 --out f.safetensors");
    let cases: [(&str, &[&str]); 4] = [
        ("sample tiny.tractable.json --weights t.safetensors --class 10", &["0 to 9", "10"]),
        ("sample flow.tractable.json --weights f.safetensors --class 1", &["no class"]),
        ("sample flow.tractable.json --weights f.safetensors --method full", &["one pass"]),
        ("sample tiny.tractable.json --weights t.safetensors --count 20000", &["at most 10000"]),
    ];
    for (line, parts) in cases {
        contains(&bench.mistake(line), parts);
    }
    // The parser's own answers: a sentence like all others, with usage on more lines.
    for line in [
        "sample tiny.tractable.json --temperature 0",
        "train flow.tractable.json --seconds -3",
        "train flow.tractable.json --steps many",
        "fly",
    ] {
        let output = bench.command(line).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}");
        let error = text(&output.stderr);
        let first = error.lines().next().unwrap_or_default();
        assert!(output.stdout.is_empty() && first.starts_with("tractable: ") && first.ends_with('.'), "{line}: {error}");
    }
}

#[test]
fn a_mistake_is_one_object_for_programs_too() {
    let bench = Bench::new();
    let output = bench.command("score nothing --json").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let object: Value = serde_json::from_str(&text(&output.stdout)).unwrap();
    contains(object["error"].as_str().unwrap(), &["\"nothing\""]);
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_driver_the_gpu_is_refused_and_auto_computes_on_the_cpu() {
    let bench = Bench::new();
    let blind = |line: &str| {
        let mut command = bench.command(line);
        for variable in ["VK_ICD_FILENAMES", "VK_DRIVER_FILES"] {
            command.env(variable, "/nonexistent.json");
        }
        command.env("WGPU_BACKEND", "vulkan").output().unwrap()
    };
    let line = "train flow.tractable.json --from-scratch --steps 1 --out a.safetensors";
    let refused = blind(&format!("{line} --backend gpu"));
    contains(&sentence(line, &refused), &["no GPU", "--backend cpu", "mesa-vulkan-drivers"]);
    let auto = blind(&format!("{line} --json"));
    assert!(auto.status.success(), "{}", text(&auto.stderr));
    assert!(text(&auto.stdout).contains("\"backend\":\"cpu\""));
}

#[test]
#[ignore = "needs a Vulkan driver (mesa-vulkan-drivers is enough); scripts/test runs it"]
fn the_gpu_trains_scores_and_samples_as_the_cpu_does() {
    let bench = Bench::new();
    let on = |backend: &str, line: &str| -> Value {
        let output = bench.command(&format!("{line} --json --backend {backend}")).output().unwrap();
        assert!(output.status.success(), "{line}: {}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    for lesson in ["tiny", "flow"] {
        let train = format!("train {lesson}.tractable.json --from-scratch --steps 3");
        let gpu = on("gpu", &format!("{train} --out g.safetensors"));
        assert_eq!(gpu["backend"], json!("gpu"));
        let cpu = on("cpu", &format!("{train} --out c.safetensors"));
        let nats = |v: &Value| v["test"]["nats"].as_f64().unwrap();
        // f32 sums in another order, through three updates.
        assert!((nats(&gpu) / nats(&cpu) - 1.0).abs() < 1e-3, "{lesson}: {} and {}", nats(&gpu), nats(&cpu));
    }
}

#[test]
fn without_a_display_both_lessons_become_pictures() {
    let bench = Bench::new();
    let shown = bench.json("");
    for name in ["pixelcnn-samples", "pixelcnn-surprise", "flow-density", "flow-log-det"] {
        let picture = image::open(bench.path(&format!("tractable-pictures/{name}.png"))).unwrap().to_rgb8();
        let first = picture.get_pixel(0, 0);
        assert!(picture.pixels().any(|p| p != first), "{name} is blank");
    }
    let figures = &shown["realnvp"]["figures"];
    // A sum over a grid of 384x384; a trained flow leaves little outside the square.
    assert!((figures["integral"].as_f64().unwrap() - 1.0).abs() < 5e-3, "{figures}");
    assert!(figures["round_trip_error"].as_f64().unwrap() < 1e-3, "{figures}");
    assert!(shown["pixelcnn-small"]["score"]["nats"].as_f64().unwrap() > 0.0);
}

#[test]
fn opening_without_a_display_says_what_was_found() {
    let bench = Bench::new();
    contains(&bench.mistake("open flow"), &["Expected a display", "found none", "tractable render flow"]);
    let stale = bench.command("open flow --backend cpu").env("DISPLAY", ":4242").output().unwrap();
    contains(&sentence("open flow", &stale), &["found DISPLAY=:4242, which does not answer", "tractable render flow"]);
}
