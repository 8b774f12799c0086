//! The command line on tables of any number of columns and on points with classes.

use std::sync::Arc;

use serde_json::{Value, json};
use tractable::exec::Session;
use tractable::exec::cpu::CpuSession;
use tractable::flows;
use tractable::graph::Reuse;
use tractable::train::{Lesson, Model, Weights};

use crate::cli::{Bench, contains};

/// A table of four columns that depend on each other, and its class.
fn four(rows: usize) -> String {
    let row = |i: usize| {
        let (a, b) = ((i as f64 * 0.7).sin(), (i as f64 * 0.3).cos());
        format!("{i},{:.3},{:.2},{:.1},{:.3},{}\n", 100.0 + 5.0 * a, b, 1000.0 * a * b, a + b, ["low", "high"][usize::from(a > 0.0)])
    };
    "index,hot,cold,\"long, wide\",both,label\n".to_owned() + &(0..rows).map(row).collect::<String>()
}

/// The parts of a mean log-likelihood add up to it.
fn adds_up(balance: &Value, layers: usize) {
    let number = |value: &Value| value.as_f64().unwrap();
    let parts = balance["layers"].as_array().unwrap();
    assert_eq!(parts.len(), layers);
    let sum = number(&balance["log_base"]) + parts.iter().map(|layer| number(&layer["log_det"])).sum::<f64>();
    // Each log-likelihood is a sum of so many f32 of this size: their rounding, 1e-7 of it, averages out.
    let tolerance = 1e-5 * (1.0 + number(&balance["log_base"]).abs());
    assert!((sum + number(&balance["nats"])).abs() < tolerance, "{sum} {balance}");
}

#[test]
fn columns_are_found_by_name_and_classes_do_not_depend_on_the_order_of_rows() {
    let bench = Bench::new();
    let row = |i: usize| [i as f64 * 0.7 % 5.0, 100.0 + i as f64 * 1.3 % 7.0, i as f64 * 0.31 % 2.0];
    let table = |header: &str, order: [usize; 3]| {
        let rows = (0..40).map(|i| order.map(|column| format!("{:.2}", row(i)[column])).join(","));
        std::iter::once(header.to_owned()).chain(rows).collect::<Vec<_>>().join("\n")
    };
    bench.write("abc.csv", table("a,b,c", [0, 1, 2]));
    bench.write("bac.csv", table("b,a,c", [1, 0, 2]));
    bench.json("train flow.tractable.json --data abc.csv --from-scratch --steps 2 --out a.safetensors");
    let score = |file: &str| bench.json(&format!("score flow.tractable.json --weights a.safetensors --data {file}"));
    assert_eq!(score("bac.csv")["nats"], score("abc.csv")["nats"]);
    bench.write("bad.csv", table("b,a,d", [1, 0, 2]));
    let refused = bench.mistake("score flow.tractable.json --weights a.safetensors --data bad.csv");
    contains(&refused, &["Expected the columns that the weights learned, a, b, c", "found b, a, d", "--from-scratch"]);

    // The same rows from the last to the first: the same classes, so the same price of each.
    let lines: Vec<String> = (0..60).map(|i| format!("{:.2},{:.2},{}", row(i)[0], row(i)[1], ["red", "blue", "red"][i % 3])).collect();
    let head = "x1,x2,label\n";
    bench.write("up.csv", head.to_owned() + &lines.join("\n"));
    bench.write("down.csv", head.to_owned() + &lines.iter().rev().cloned().collect::<Vec<_>>().join("\n"));
    let names = |file: &str| tractable::data::Table::open(&bench.path(file)).unwrap();
    let (up, down) = (names("up.csv"), names("down.csv"));
    assert_eq!((&up.class_names, &down.class_names), (&vec!["blue".to_owned(), "red".to_owned()], &up.class_names));
    assert_eq!(up.classes, down.classes.iter().rev().copied().collect::<Vec<_>>());
}

#[test]
fn a_table_trains_in_its_own_dimension_is_scored_and_sampled_in_its_own_units() {
    let bench = Bench::new();
    bench.write("four.csv", four(300));
    for family in ["rq-spline", "maf", "glow-lu", "sylvester"] {
        let train =
            format!("train flow.tractable.json --family {family} --layers 3 --data four.csv --from-scratch --steps 30 --out a.safetensors");
        let trained = bench.json(&train);
        assert_eq!((&trained["balance"]["train"]["rows"], &trained["balance"]["test"]["rows"]), (&json!(270), &json!(30)));
        let layers = if family == "glow-lu" { 9 } else { 3 };
        adds_up(&trained["balance"]["train"], layers);
        adds_up(&trained["balance"]["test"], layers);
        let (nats, summed) = (trained["test"]["nats"].as_f64().unwrap(), trained["balance"]["test"]["nats"].as_f64().unwrap());
        assert!((nats - summed).abs() < 1e-6 * (1.0 + nats.abs()), "{family}: {nats} {summed}");
        // A standard normal in four dimensions pays 5.676 nats for standardised columns.
        assert!(nats < 5.6, "{family} has learned: {nats}");
        let (dim, per_dim) = (4.0, trained["test"]["bits_per_dim"].as_f64().unwrap());
        assert!((per_dim - nats / (dim * std::f64::consts::LN_2)).abs() < 1e-9);
        contains(trained["note"].as_str().unwrap(), &["standardised", "hot 100 (sd 3.5"]);
        let weights = Weights::read(&bench.path("a.safetensors")).unwrap();
        assert_eq!(weights.standard().unwrap().columns, ["hot", "cold", "long, wide", "both"]);
        // Without the file: score names what it lacks, sampling needs it not.
        let again = bench.json("score flow.tractable.json --weights a.safetensors");
        assert_eq!(again["nats"], trained["test"]["nats"], "{family}");
        let all = bench.json("score flow.tractable.json --weights a.safetensors --data four.csv");
        assert_eq!(all["count"], json!(300));
        adds_up(&all["balance"]["test"], layers);
        let means = [trained["balance"]["train"]["nats"].as_f64().unwrap(), nats, all["nats"].as_f64().unwrap()];
        assert!((0.9 * means[0] + 0.1 * means[1] - means[2]).abs() < 1e-4, "the same units: {means:?}");
        std::fs::rename(bench.path("four.csv"), bench.path("away.csv")).unwrap();
        let sampled = bench.json("sample flow.tractable.json --weights a.safetensors --count 500");
        assert_eq!(sampled["out"], json!("flow-samples.csv"));
        let table = std::fs::read_to_string(bench.path("flow-samples.csv")).unwrap();
        assert_eq!((table.lines().count(), table.lines().next()), (501, Some("hot,cold,\"long, wide\",both,log_p")));
        let hot: Vec<f64> = table.lines().skip(1).map(|row| row.split(',').next().unwrap().parse().unwrap()).collect();
        let mean = hot.iter().sum::<f64>() / 500.0;
        // 100 +- 3.5 in the file; the fit is a short one.
        assert!((mean - 100.0).abs() < 1.5, "{family}: {mean}");
        contains(&bench.mistake("sample flow.tractable.json --weights a.safetensors --out a.png"), &["4 coordinates", ".csv"]);
        std::fs::rename(bench.path("away.csv"), bench.path("four.csv")).unwrap();
    }
}

#[test]
fn the_shipped_power_lesson_trains_and_goes_on_where_it_stopped() {
    let bench = Bench::new();
    bench.lesson("power.tractable.json", "power", |lesson| {
        let Model::Realnvp { config, .. } = &mut lesson.model else { unreachable!() };
        (config.layers, config.width) = (2, 8);
        lesson.training.batch = 64;
    });
    let whole = bench.json("train power.tractable.json --from-scratch --steps 6 --out whole.safetensors");
    assert_eq!((&whole["balance"]["train"]["rows"], &whole["test"]["count"]), (&json!(18_000), &json!(2_000)));
    bench.json("train power.tractable.json --from-scratch --steps 4 --out part.safetensors");
    bench.json("train power.tractable.json --weights part.safetensors --steps 2");
    let [whole, part] = ["whole", "part"].map(|name| Weights::read(&bench.path(&format!("{name}.safetensors"))).unwrap());
    assert_eq!(whole, part);
    let lesson: Lesson = serde_json::from_str(&whole.metadata["lesson"]).unwrap();
    assert_eq!(lesson.model.dimensions(), 6);
}

#[test]
fn what_is_wrong_with_a_table_is_a_sentence() {
    let bench = Bench::new();
    let cases: [(&str, &str, &[&str]); 5] = [
        ("text.csv", "a,b,c\n1,2,3\n4,five,6\n", &["row 3", "column b", "five"]),
        ("ragged.csv", "a,b,c\n1,2,3\n4,5\n", &["row 3", "column c", "2 cell"]),
        ("nan.csv", "a,b,c\n1,2,3\n4,NaN,6\n", &["finite", "column b"]),
        ("empty.csv", "a,b,c\n", &["at least one row"]),
        ("wide.csv", &vec!["1"; 70].join(","), &["at most 64"]),
    ];
    for (file, content, parts) in cases {
        bench.write(file, content);
        contains(&bench.mistake(&format!("train flow.tractable.json --from-scratch --steps 1 --data {file}")), parts);
    }
    bench.write("four.csv", four(40));
    bench.write("three.csv", "a,b,c\n1,2,3\n2,3,5\n5,1,1\n");
    bench.write("two.csv", "a,b\n1,2\n3,4\n");
    bench.json("train flow.tractable.json --data four.csv --from-scratch --steps 1 --out w.safetensors");
    for (line, parts) in [
        // Fewer columns than the lesson has, more than the weights have, points of the plane.
        ("train power --from-scratch --steps 1 --data four.csv", ["6 columns", "found 4", "four.csv"]),
        ("train power --from-scratch --steps 1 --data two.csv", ["6 columns", "found 2", "two.csv"]),
        ("train flow.tractable.json --weights w.safetensors --steps 1 --data three.csv", ["4 columns", "found 3", "three.csv"]),
        ("score flow.tractable.json --weights w.safetensors --data three.csv", ["4 columns", "found 3", "three.csv"]),
        ("score flow.tractable.json --weights w.safetensors --data two-moons", ["4 columns", "found 2", "Two moons"]),
    ] {
        contains(&bench.mistake(line), &parts);
    }
}

#[test]
fn classes_are_learned_told_apart_and_drawn() {
    let bench = Bench::new();
    let train = "train flow.tractable.json --data eight-gaussians --by-class --from-scratch --steps 400 --out c.safetensors";
    let trained = bench.json(train);
    let shares = trained["by_class"]["shares"].as_array().unwrap();
    assert!(shares.len() == 8 && shares.iter().all(|share| share.as_f64() == Some(0.125)));
    let accuracy = trained["by_class"]["accuracy"].as_f64().unwrap();
    assert!(accuracy > 0.5, "eight classes by chance would be an eighth: {accuracy}");
    // Given its class a point costs less; without it no less than the entropy.
    assert!(trained["test"]["nats"].as_f64() < trained["by_class"]["mixture"]["nats"].as_f64());
    assert!(trained["by_class"]["mixture"]["gap"].as_f64().unwrap() > 0.0 && trained["test"].get("floor").is_none());
    adds_up(&trained["balance"]["test"], 2);
    let score = bench.json("score flow.tractable.json --weights c.safetensors --data eight-gaussians");
    assert_eq!(score["by_class"], trained["by_class"]);
    bench.json("sample flow.tractable.json --weights c.safetensors --count 800 --out all.csv");
    let table = std::fs::read_to_string(bench.path("all.csv")).unwrap();
    assert_eq!(table.lines().next(), Some("x,y,class,log_p"));
    let count = |class: usize| table.lines().skip(1).filter(|row| row.split(',').nth(2) == Some(&class.to_string())).count();
    // A binomial share of 1/8 of 800: 100 with the standard deviation 9.4; six of them.
    assert!((0..8).all(|class| count(class).abs_diff(100) < 57));
    bench.json("sample flow.tractable.json --weights c.safetensors --class 3 --count 50 --out three.csv");
    let table = std::fs::read_to_string(bench.path("three.csv")).unwrap();
    assert!(table.lines().skip(1).all(|row| row.split(',').nth(2) == Some("3")));
    bench.json("sample flow.tractable.json --weights c.safetensors --out c.png");
    bench.json("train flow.tractable.json --data penguins --by-class --from-scratch --steps 3 --out p.safetensors");
    assert_eq!(Weights::read(&bench.path("p.safetensors")).unwrap().class_shares(3).len(), 3);
    for (line, parts) in [
        ("sample flow.tractable.json --weights c.safetensors --class 8", ["0 to 7", "found 8"]),
        ("train flow.tractable.json --by-class --data checkerboard --from-scratch --steps 1", ["classes", "Checkerboard"]),
        ("train flow.tractable.json --by-class --family planar --from-scratch --steps 1", ["conditioner", "--by-class"]),
        ("train tiny.tractable.json --by-class --from-scratch --steps 1", ["a flow", "--by-class"]),
        ("score flow.tractable.json --weights c.safetensors --data two-moons", ["8 classes", "found 2"]),
    ] {
        contains(&bench.mistake(line), &parts);
    }
}

/// Rows of two columns of very different units, and a text.
fn two(rows: usize, header: &str) -> String {
    let row = |i: usize| {
        let (a, b) = ((i as f64 * 0.7).sin(), (i as f64 * 0.3).cos());
        format!("{:.2e},{:.1},{}\n", 2e-9 * (3.0 + a), 50_000.0 * (4.0 + a * b), ["low", "high"][usize::from(a > 0.0)])
    };
    format!("{header}\n") + &(0..rows).map(row).collect::<String>()
}

/// The rows of a CSV file as numbers, without its header; a class high is 0, low is 1.
fn rows(bench: &Bench, file: &str) -> (String, Vec<Vec<f64>>) {
    let text = std::fs::read_to_string(bench.path(file)).unwrap();
    let numbers = |row: &str| row.split(',').map(|cell| cell.replace("high", "0").replace("low", "1").parse().unwrap()).collect();
    (text.lines().next().unwrap().to_owned(), text.lines().skip(1).map(numbers).collect())
}

#[test]
fn two_named_columns_have_units_of_their_own_and_come_back_in_them_with_their_density() {
    let bench = Bench::new();
    bench.write("two.csv", two(300, "mass,price,kind"));
    let trained = bench.json("train flow.tractable.json --data two.csv --by-class --from-scratch --steps 40 --out t.safetensors");
    assert_eq!(trained["by_class"]["shares"].as_array().unwrap().len(), 2, "the only text names the classes");
    contains(trained["note"].as_str().unwrap(), &["Columns are standardised", "stands for mass ", "e-9 (sd 1."]);
    let weights = Weights::read(&bench.path("t.safetensors")).unwrap();
    let standard = weights.standard().unwrap();
    assert_eq!(standard.columns, ["mass", "price"]);
    let sampled = bench.json("sample flow.tractable.json --weights t.safetensors --count 400 --out s.csv");
    let (header, samples) = rows(&bench, "s.csv");
    assert_eq!(header, "mass,price,class,log_p");
    let mean = |c: usize| samples.iter().map(|row| row[c]).sum::<f64>() / samples.len() as f64;
    assert!((mean(3) + sampled["nats_own_units"].as_f64().unwrap()).abs() < 1e-6);
    // 6e-9 and 200,000 with deviations of 1.4e-9 and 25,000; the fit is a short one.
    assert!((mean(0) - 6e-9).abs() < 1e-9 && (mean(1) - 2e5).abs() < 2e4, "{} {}", mean(0), mean(1));
    // The table is written so that every number of the flow comes back from it: the same samples again have the same price.
    let config = match serde_json::from_str::<Lesson>(&weights.metadata["lesson"]).unwrap().model {
        Model::Realnvp { config, .. } => config,
        _ => unreachable!(),
    };
    let n = samples.len();
    let graph = Arc::new(flows::likelihood(&config, n).unwrap());
    let mut session = CpuSession::new(1);
    let program = session.prepare(&graph, Reuse::On).unwrap();
    weights.write_to(&mut session, &graph).unwrap();
    let x: Vec<f32> = samples.iter().flat_map(|row| [0, 1].map(|c| standard.apply(c, row[c]) as f32)).collect();
    let class: Vec<f32> = samples.iter().map(|row| row[2] as f32).collect();
    session.run(program, &[("x", &x), ("class", &class)]).unwrap();
    let log_p = session.read_output(program, "log_prob").unwrap();
    let jacobian: f64 = standard.scale.iter().map(|scale| scale.ln()).sum();
    for (row, log_p) in samples.iter().zip(log_p) {
        // ln p(x) = ln p(z) - sum of ln scale: here 10.2 nats more. What is left is the rounding of f32 through two couplings and back.
        let off = row[3] - (f64::from(log_p) - jacobian);
        assert!(off.abs() < 1e-3, "{row:?} {log_p}");
    }
    assert!((jacobian + 10.2).abs() < 0.5, "{jacobian}");
    // Without its file it is known what was learned; the file's own rows are scored in the same units.
    let again = bench.json("score flow.tractable.json --weights t.safetensors");
    assert_eq!((&again["nats"], &again["data"]), (&trained["test"]["nats"], &json!("two.csv")));
}

#[test]
fn coordinates_of_a_plane_keep_their_aspect_with_classes_and_without() {
    let bench = Bench::new();
    for (file, header) in [("plane.csv", "x,y,kind"), ("map.csv", "longitude,latitude,kind"), ("wide.csv", "a,b,kind")] {
        bench.write(file, two(120, header));
        bench.json(&format!("train flow.tractable.json --data {file} --by-class --from-scratch --steps 1 --out w.safetensors"));
        let scale = Weights::read(&bench.path("w.safetensors")).unwrap().standard().unwrap().scale;
        assert_eq!(scale[0] == scale[1], file != "wide.csv", "{file}: {scale:?}");
    }
    // Without classes they are points, scaled to a box.
    bench.write("points.csv", "lon,lat\n1,2\n3,4\n5,1\n");
    let trained = bench.json("train flow.tractable.json --data points.csv --from-scratch --steps 1 --out p.safetensors");
    contains(trained["note"].as_str().unwrap(), &["scaled to fit -3 to 3"]);
    bench.json("sample flow.tractable.json --weights p.safetensors --count 2 --out p.csv");
    assert_eq!(rows(&bench, "p.csv").0, "x,y,log_p");
}

#[test]
fn gaps_counters_and_constant_columns_are_told() {
    let bench = Bench::new();
    let row = |i: usize| {
        let a = if i == 0 { "NA".into() } else { format!("{:.2}", (i as f64 * 0.7).sin()) };
        format!("{},{a},{},{}\n", 1001 + i, i * 7 % 11, if i == 5 { "" } else { ["cat", "dog"][i % 2] })
    };
    bench.write("gaps.csv", "number,a,b,pet\n".to_owned() + &(0..40).map(row).collect::<String>());
    let trained = bench.json("train flow.tractable.json --data gaps.csv --by-class --from-scratch --steps 1 --out g.safetensors");
    let told = [
        "2 of its 40 rows lack a value and are left out.",
        "1 of these rows lacks only a class, in the column pet.",
        "The column number only counts the rows and is left out.",
    ];
    contains(trained["note"].as_str().unwrap(), &told);
    assert_eq!(trained["by_class"]["shares"].as_array().unwrap().len(), 2, "an empty label is no class");
    assert_eq!(Weights::read(&bench.path("g.safetensors")).unwrap().standard().unwrap().columns, ["a", "b"]);
    bench.write("same.csv", "a,b,c\n1,7,3\n2,7,5\n5,7,1\n");
    bench.write("line.csv", "x,y\n1,7\n2,7\n5,7\n");
    for (file, column) in [("same.csv", "column b"), ("line.csv", "column y")] {
        let sentence = bench.mistake(&format!("train flow.tractable.json --data {file} --from-scratch --steps 1"));
        contains(&sentence, &[column, "found 7", "each of 3 row(s)", "leave that column out"]);
    }
    bench.write("texts.csv", "sex,pet,a,b\nf,cat,1,2\nm,dog,2,5\nf,dog,4,1\nm,cat,3,3\n");
    let sentence = bench.mistake("train flow.tractable.json --data texts.csv --by-class --from-scratch --steps 1");
    contains(&sentence, &["one column of classes", "found sex and pet in texts.csv", "`class` in the header"]);
}

#[test]
fn the_shares_of_the_classes_are_those_that_were_learned() {
    let bench = Bench::new();
    let table = |high: usize| {
        let row =
            |i: usize| format!("{:.2},{:.2},{}\n", (i as f64 * 0.7).sin(), (i as f64 * 0.3).cos(), if i < high { "high" } else { "low" });
        "a,b,class\n".to_owned() + &(0..40).map(row).collect::<String>()
    };
    bench.write("learned.csv", table(10));
    bench.write("scored.csv", table(30));
    let trained = bench.json("train flow.tractable.json --data learned.csv --by-class --from-scratch --steps 20 --out l.safetensors");
    // Of all rows, those held out too.
    assert_eq!(trained["by_class"]["shares"], json!([0.25, 0.75]));
    let scored = bench.json("score flow.tractable.json --weights l.safetensors --data scored.csv");
    assert_eq!(scored["by_class"]["shares"], json!([0.25, 0.75]));
    // All rows of the other file are as those of the first, but for their names: the mixture that no name enters has the same price.
    let same = bench.json("score flow.tractable.json --weights l.safetensors --data learned.csv");
    assert_eq!(scored["by_class"]["mixture"]["nats"], same["by_class"]["mixture"]["nats"]);
}

#[test]
fn a_title_names_one_set_of_data() {
    let bench = Bench::new();
    let words = |line: &str| bench.words(line);
    let train = "train realnvp --data penguins --from-scratch --steps 1 --out p.safetensors";
    assert!(words(train).starts_with("RealNVP on penguins: 1 steps"), "{}", words(train));
    let score = "score realnvp --weights p.safetensors";
    contains(&words(score), &["RealNVP on penguins at step 1\n"]);
    contains(&words("sample realnvp --weights p.safetensors --count 5 --out s.csv"), &["RealNVP on penguins at step 1: 5 points"]);
    contains(&words("train realnvp --from-scratch --steps 1 --out m.safetensors"), &["RealNVP on two moons: 1 steps"]);
    contains(&words("train realnvp --family maf --from-scratch --steps 1 --out f.safetensors"), &["MAF on Two moons: 1 steps"]);
    contains(&words("score realnvp --weights f.safetensors"), &["MAF on Two moons at step 1\n"]);
    contains(&words("score realnvp --weights f.safetensors --data eight-gaussians"), &["MAF on 8 Gaussians at step 1\n"]);
    assert_eq!(bench.json("score realnvp --weights f.safetensors")["family"], json!("maf"));
    assert!(words("score realnvp --weights m.safetensors").starts_with("RealNVP on two moons"));
}

#[test]
fn a_class_is_asked_for_written_and_scored_by_its_name() {
    let bench = Bench::new();
    bench.write("two.csv", two(200, "mass,price,kind"));
    bench.json("train flow.tractable.json --data two.csv --by-class --from-scratch --steps 5 --out t.safetensors");
    let mut weights = Weights::read(&bench.path("t.safetensors")).unwrap();
    assert_eq!(weights.class_names(2), ["high", "low"]);
    let sample = |weights: &str, class: &str| {
        bench.json(&format!("sample flow.tractable.json --weights {weights}.safetensors --class {class} --count 30 --out s.csv"));
        std::fs::read_to_string(bench.path("s.csv")).unwrap()
    };
    let low = sample("t", "low");
    assert!(low.lines().skip(1).all(|row| row.split(',').nth(2) == Some("low")), "{low}");
    assert_eq!(sample("t", "1"), low);
    assert_ne!(sample("t", "high").replace("high", "low"), low);
    for class in ["cat", "2"] {
        let refused = bench.mistake(&format!("sample flow.tractable.json --weights t.safetensors --class {class}"));
        contains(&refused, &["Expected the class high, low", &format!("found {class}"), "0 to 1"]);
    }
    // Rows of one class, in another file: it is still the second one.
    let all = two(200, "mass,price,kind");
    let only =
        |class: &str| all.lines().filter(|row| row.ends_with(class) || row.ends_with("kind")).map(|row| format!("{row}\n")).collect();
    let (low, high): (String, String) = (only("low"), only("high"));
    bench.write("low.csv", &low);
    bench.write("wrong.csv", low.replace("low", "high"));
    bench.write("cow.csv", high + "2e-9,50000,cow\n");
    let score = |file: &str| bench.json(&format!("score flow.tractable.json --weights t.safetensors --data {file}"));
    let (right, wrong) = (score("low.csv"), score("wrong.csv"));
    assert_eq!((&right["count"], &right["class_names"]), (&json!(low.lines().count() - 1), &json!(["high", "low"])));
    assert!(right["nats"] != wrong["nats"] && right["by_class"]["mixture"]["nats"] == wrong["by_class"]["mixture"]["nats"]);
    let refused = bench.mistake("score flow.tractable.json --weights t.safetensors --data cow.csv");
    contains(&refused, &["name of a class", "\"cow\"", "high, low"]);
    // Weights of before kept no names: the table has them while it is there.
    weights.metadata.remove("class_names");
    weights.save(&bench.path("old.safetensors")).unwrap();
    let named = sample("old", "low");
    std::fs::rename(bench.path("two.csv"), bench.path("away.csv")).unwrap();
    assert_eq!(sample("t", "low"), named);
    assert_eq!(sample("old", "1"), named.replace("low", "1"));
    contains(&bench.mistake("sample flow.tractable.json --weights old.safetensors --class low"), &["from 0 to 1", "found low"]);
    contains(&bench.mistake("sample tiny.tractable.json --weights old.safetensors --class low"), &["from 0 to 9", "found low"]);
}

#[test]
fn a_score_says_which_of_its_rows_were_trained_on() {
    let bench = Bench::new();
    bench.write("four.csv", four(60));
    bench.write("other.csv", four(50));
    bench.write("p.csv", (0..40).map(|i: i32| format!("{},{}\n", f64::from(i).sin(), f64::from(i).cos())).collect::<String>());
    bench.json("train flow.tractable.json --data four.csv --from-scratch --steps 2 --out a.safetensors");
    let score = |line: &str| bench.json(&format!("score flow.tractable.json --weights {line}"));
    let held_out = score("a.safetensors");
    assert_eq!((&held_out["trained_on"], &held_out["count"]), (&json!(0), &json!(6)));
    let all = score("a.safetensors --data ./four.csv");
    assert_eq!((&all["trained_on"], &all["count"], &all["held_out"]["count"]), (&json!(54), &json!(60), &json!(6)));
    assert_eq!(all["held_out"]["nats"], held_out["nats"]);
    contains(
        &bench.words("score flow.tractable.json --weights a.safetensors --data four.csv"),
        &["The weights were trained on 54 of these 60 rows; the 6 held out alone: "],
    );
    contains(&bench.words("score flow.tractable.json --weights a.safetensors"), &["These 6 rows were held out"]);
    assert!(score("a.safetensors --data other.csv").get("trained_on").is_none());
    bench.json("train flow.tractable.json --data p.csv --from-scratch --steps 2 --out p.safetensors");
    let points = score("p.safetensors --data p.csv");
    assert_eq!((&points["trained_on"], &points["held_out"]["count"]), (&json!(36), &json!(4)));
    bench.json("train flow.tractable.json --from-scratch --steps 2 --out m.safetensors");
    assert!(score("m.safetensors").get("trained_on").is_none(), "fresh points come without end");
}

#[test]
fn rows_that_are_learned_by_heart_are_told() {
    let bench = Bench::new();
    // Numbers without a law but that of chance: whatever is learned beyond their Gaussian is these rows.
    let chance = tractable::data::noise::normals(3, 0, 4 * 120);
    let rows: String = chance.chunks(4).map(|row| format!("{:.3},{:.3},{:.3},{:.3}\n", row[0], row[1], row[2], row[3])).collect();
    bench.write("chance.csv", format!("a,b,c,d\n{rows}"));
    let train = "train flow.tractable.json --family rq-spline --data chance.csv --from-scratch --rate 3e-3 --steps 600 --out c.safetensors";
    let trained = bench.json(train);
    let number = |value: &Value| value.as_f64().unwrap();
    let overfit = &trained["overfit"];
    assert!(overfit["step"].as_u64().unwrap() < 600 && number(&overfit["nats"]) < number(&overfit["last"]) - 0.3, "{trained}");
    assert!((number(&overfit["last"]) - number(&trained["test"]["nats"])).abs() < 1e-6);
    assert!(number(&trained["balance"]["train"]["nats"]) < number(&overfit["nats"]));
    let words = bench.words(train);
    contains(&words, &["\ntrain  ", " nats over 108 training rows\n", "\nover   held-out rows cost ", "by heart"]);
    let short = bench.json("train flow.tractable.json --data chance.csv --from-scratch --steps 10 --out s.safetensors");
    assert!(short["overfit"].is_null());
}

#[test]
fn another_file_is_read_by_the_names_that_were_learned_and_need_not_vary() {
    let bench = Bench::new();
    // All rows: nr jumps once, so it is a column of numbers. The first ten only count.
    let row = |i: usize| format!("{},{},{}\n", if i < 20 { i } else { i + 7 }, i * 7 % 11, i * 5 % 13);
    let head = "nr,a,b\n".to_owned();
    bench.write("all.csv", head.clone() + &(0..60).map(row).collect::<String>());
    bench.write("ten.csv", head + &(0..10).map(row).collect::<String>());
    bench.write("one.csv", "b,a,nr,more\n3,7,5,1\n3,7,9,0\n");
    bench.json("train flow.tractable.json --data all.csv --from-scratch --steps 2 --out a.safetensors");
    let score = |line: &str| bench.json(&format!("score flow.tractable.json --weights {line}"));
    assert_eq!(score("a.safetensors --data ten.csv")["count"], json!(10));
    let one = score("a.safetensors --data one.csv");
    assert_eq!(one["count"], json!(2));
    contains(one["note"].as_str().unwrap(), &["columns that were not learned: more."]);
    bench.write("p.csv", (0..40).map(|i: i32| format!("{},{}\n", f64::from(i).sin(), f64::from(i).cos())).collect::<String>());
    bench.write("line.csv", "1,0.5\n2,0.5\n3,0.5\n");
    bench.json("train flow.tractable.json --data p.csv --from-scratch --steps 2 --out p.safetensors");
    assert!(score("p.safetensors --data line.csv")["nats"].as_f64().unwrap().is_finite());
    // Two halves of a file are scored in its units: their mean is that of the whole, f32 sums apart.
    let half =
        |from: i32| (from..from + 20).map(|i| format!("{},{}\n", f64::from(i).sin() / f64::from(1 + i / 20), f64::from(i).cos())).collect();
    let (a, b): (String, String) = (half(0), half(20));
    bench.write("whole.csv", a.clone() + &b);
    bench.write("a.csv", a);
    bench.write("b.csv", b);
    bench.json("train flow.tractable.json --data whole.csv --from-scratch --steps 2 --out w.safetensors");
    let [whole, a, b] = ["whole", "a", "b"].map(|file| score(&format!("w.safetensors --data {file}.csv"))["nats"].as_f64().unwrap());
    assert!((whole - (a + b) / 2.0).abs() < 1e-5 && (a - b).abs() > 1e-2, "{whole} {a} {b}");
}

#[test]
fn a_lessons_table_that_has_moved_is_found_where_the_lesson_says() {
    let bench = Bench::new();
    let lesson = |file: &str| {
        let table = bench.path(file);
        bench.lesson("tab.tractable.json", "realnvp", |lesson| {
            let Model::Realnvp { config, data } = &mut lesson.model else { unreachable!() };
            (config.dim, config.layers, config.width) = (4, 2, 8);
            *data = tractable::train::PointData::Table { table, columns: None };
        });
    };
    bench.write("old.csv", four(60));
    lesson("old.csv");
    let trained = bench.json("train tab.tractable.json --from-scratch --steps 2 --out t.safetensors");
    std::fs::rename(bench.path("old.csv"), bench.path("new.csv")).unwrap();
    lesson("new.csv");
    let score = bench.json("score tab.tractable.json --weights t.safetensors");
    assert_eq!((&score["nats"], &score["data"]), (&trained["test"]["nats"], &json!("new.csv")));
    // One that is not there is named as the lesson has it; one of other columns is not what was learned.
    lesson("gone.csv");
    contains(&bench.mistake("score tab.tractable.json --weights t.safetensors"), &["gone.csv"]);
    bench.write("old.csv", four(60));
    bench.write("strange.csv", "a,b,c,d\n1,2,3,4\n2,5,1,1\n");
    lesson("strange.csv");
    assert_eq!(bench.json("score tab.tractable.json --weights t.safetensors")["data"], json!("old.csv"));
}
