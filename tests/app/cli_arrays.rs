//! Files that NumPy wrote, on the command line.

use npyz::WriterBuilder;

use crate::cli::{Bench, contains};
use crate::mutants::array;

#[test]
fn an_array_of_numpy_is_read_as_the_table_with_the_same_numbers() {
    let bench = Bench::new();
    let values: Vec<f64> = (0..80).map(|i| (f64::from(i) * 0.7).sin()).collect();
    let mut bytes = Vec::new();
    let mut writer = npyz::WriteOptions::<f64>::new().default_dtype().shape(&[40, 2]).writer(&mut bytes).begin_nd().unwrap();
    writer.extend(values.iter().copied()).unwrap();
    writer.finish().unwrap();
    bench.write("points.npy", bytes);
    bench.write("points.csv", values.chunks(2).map(|row| format!("{:?},{:?}\n", row[0], row[1])).collect::<String>());
    let trained = |file: &str| {
        bench.json(&format!("train flow.tractable.json --data {file} --from-scratch --steps 3 --out {file}.safetensors"));
        bench.json(&format!("score flow.tractable.json --weights {file}.safetensors --data {file}"))["nats"].clone()
    };
    assert_eq!(trained("points.npy"), trained("points.csv"));
    bench.write("archive.npy", b"PK\x03\x04 and so on");
    contains(&bench.mistake("train flow.tractable.json --data archive.npy --from-scratch --steps 3"), &["an archive", "numpy.save"]);
    bench.write("cube.npy", array("(3, 2, 1)"));
    let refused = bench.mistake("train flow.tractable.json --data cube.npy --from-scratch --steps 3");
    contains(&refused, &["Expected a table of numbers in cube.npy", "shape (3, 2, 1); save one of rows and columns"]);
}
