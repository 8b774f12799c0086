//! The command line on tables of any number of columns and on points with classes.

use serde_json::{Value, json};
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
fn columns_in_another_order_are_refused_and_classes_do_not_depend_on_the_order_of_rows() {
    let bench = Bench::new();
    let row = |i: usize| [i as f64 * 0.7 % 5.0, 100.0 + i as f64 * 1.3 % 7.0, i as f64 * 0.31 % 2.0];
    let table = |header: &str, order: [usize; 3]| {
        let rows = (0..40).map(|i| order.map(|column| format!("{:.2}", row(i)[column])).join(","));
        std::iter::once(header.to_owned()).chain(rows).collect::<Vec<_>>().join("\n")
    };
    bench.write("abc.csv", table("a,b,c", [0, 1, 2]));
    bench.write("bac.csv", table("b,a,c", [1, 0, 2]));
    bench.json("train flow.tractable.json --data abc.csv --from-scratch --steps 2 --out a.safetensors");
    let refused = bench.mistake("score flow.tractable.json --weights a.safetensors --data bac.csv");
    contains(&refused, &["Expected the columns that the weights learned, a, b, c", "found b, a, c", "--from-scratch"]);

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
