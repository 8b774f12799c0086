//! Files that were damaged on the way: no reader may panic, whatever is in them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use rand::{Rng, RngExt, SeedableRng};
use tractable::data::{Levels, Preparation, load_csv, load_image};
use tractable::labs::document::Document;
use tractable::labs::files::Opened;
use tractable::train::{Lesson, Weights};

const EACH: usize = 125;

/// One to four wounds: bits, bytes, holes, repetitions, a torn end.
fn mutate(bytes: &[u8], rng: &mut impl Rng) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..rng.random_range(1..=4) {
        if out.is_empty() {
            return out;
        }
        // Headers are where a byte matters most.
        let reach = if rng.random_bool(0.5) { out.len().min(200) } else { out.len() };
        let at = rng.random_range(0..reach);
        match rng.random_range(0..6) {
            0 => out[at] ^= 1 << rng.random_range(0..8),
            1 => out[at] = [0, 0xff, b'"', b'{', b'9', b'-'][rng.random_range(0..6)],
            2 => drop(out.drain(at..(at + rng.random_range(1..40)).min(out.len()))),
            3 => {
                let piece: Vec<u8> = out[at..(at + rng.random_range(1..40)).min(out.len())].to_vec();
                out.splice(at..at, piece);
            }
            4 => out.truncate(at),
            _ => {
                // A number becomes a large one.
                let digit = out[at..].iter().position(u8::is_ascii_digit).map(|offset| at + offset);
                if let Some(digit) = digit {
                    out.splice(digit..digit, *b"99999999999");
                }
            }
        }
    }
    out
}

fn read(path: &Path, bytes: &[u8]) {
    // Each reader's own opinion does not matter here, only that it has one.
    let _ = Opened::look(path);
    let _ = Weights::from_bytes(bytes);
    let _ = Document::read(path);
    let _ = Lesson::read(path);
    if bytes.len() < 200_000 {
        let _ = load_csv(path);
    }
    let _ = load_image(path, Preparation { size: 14, levels: Levels::Grey(8) });
}

/// Three points as NumPy saves them, of this shape by their header.
pub(crate) fn array(shape: &str) -> Vec<u8> {
    let text = format!("{:<117}\n", format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"));
    let mut bytes = [b"\x93NUMPY\x01\x00", &(text.len() as u16).to_le_bytes()[..], text.as_bytes()].concat();
    bytes.extend([0.5f32, -1.0, 2.25, 3.0, 0.0, 1.5].iter().flat_map(|v| v.to_le_bytes()));
    bytes
}

#[test]
fn five_hundred_damaged_files_are_refused_or_read_but_never_crash() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("presets");
    let file = |name: &str| std::fs::read(root.join(name)).unwrap();
    let session = Document {
        format_version: 1,
        chapter: "flow".into(),
        view: serde_json::json!({ "depth": 3.5, "overlays": { "grid": true }, "probe": [0.1, 1e30] }),
        ..Document::default()
    };
    let picture = |format| {
        let picture = image::RgbImage::from_fn(20, 20, |x, y| image::Rgb([12 * x as u8, 12 * y as u8, 80]));
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    };
    let lesson = [file("pixelcnn-small.tractable.json"), serde_json::to_vec(&session).unwrap()];
    let originals = [
        ("a.safetensors", vec![file("realnvp.safetensors")]),
        ("a.tractable.json", lesson.to_vec()),
        ("a.csv", vec![b"x;y\n1,5;2,25\n-3,0;1e3\n0;0\n".to_vec(), b"1.0,2.0\n3.0,4.0\n".to_vec()]),
        ("a.npy", vec![array("(3, 2)")]),
        ("a.png", vec![picture(image::ImageFormat::Png), picture(image::ImageFormat::Jpeg)]),
    ];
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(541);
    for (name, originals) in &originals {
        let path = folder.path().join(name);
        let mut refused = 0;
        for index in 0..EACH {
            let bytes = mutate(&originals[index % originals.len()], &mut rng);
            std::fs::write(&path, &bytes).unwrap();
            let outcome = catch_unwind(AssertUnwindSafe(|| read(&path, &bytes)));
            assert!(outcome.is_ok(), "mutant {index} of {name} made a reader panic");
            refused += usize::from(Opened::look(&path).is_err());
        }
        assert!(refused < EACH, "{name}: some wounds are small enough to be read");
    }
}
