//! Pictures, clips, figures and tables without a window.

use std::path::PathBuf;

use image::AnimationDecoder;
use serde_json::json;
use tempfile::TempDir;
use tractable::labs::AppOptions;
use tractable::labs::document::Document;
use tractable::labs::render::{Rendered, Wish, render_with};
use tractable::ui::theme::Theme;

use crate::harness::chapters;

fn wish(folder: &TempDir, file: &str) -> Wish {
    let document = Document {
        format_version: 1,
        chapter: "pixelcnn".into(),
        seed: Some(7),
        view: json!({ "number": 0.25, "position": 4.0 }),
        ..Document::default()
    };
    Wish {
        document,
        app: AppOptions::default(),
        step: None,
        size: [800.0, 500.0],
        scale: 1.0,
        theme: Some(Theme::Light),
        canvas: false,
        out: folder.path().join(file),
    }
}

fn rendered(wish: &Wish) -> (Rendered, PathBuf) {
    let done = render_with(wish, chapters()).unwrap();
    assert!(done.settled);
    (done, wish.out.clone())
}

#[test]
fn a_picture_has_the_size_the_theme_and_the_scale_that_were_asked() {
    let folder = tempfile::tempdir().unwrap();
    let (_, path) = rendered(&wish(&folder, "a.png"));
    let image = image::open(&path).unwrap().to_rgba8();
    assert_eq!(image.dimensions(), (800, 500));
    let corner = image.get_pixel(798, 2).0;
    assert_eq!(corner, [0xf3, 0xf5, 0xf9, 255], "the light theme's panel");
    let dark = image.pixels().filter(|p| u32::from(p[0]) + u32::from(p[1]) + u32::from(p[2]) < 200).count();
    assert!((500..80_000).contains(&dark), "{dark} pixels of ink");

    let (_, path) = rendered(&Wish { scale: 3.0, theme: Some(Theme::Dark), ..wish(&folder, "b.png") });
    let large = image::open(&path).unwrap().to_rgba8();
    assert_eq!(large.dimensions(), (2400, 1500));
    assert_eq!(large.get_pixel(2397, 3).0, [0x16, 0x1b, 0x28, 255], "the dark theme's panel");

    let (done, path) = rendered(&Wish { canvas: true, ..wish(&folder, "c.png") });
    let canvas = image::open(&path).unwrap();
    assert_eq!((canvas.width(), canvas.height()), (done.width, done.height));
    assert!(canvas.width() < 500 && canvas.height() < 420, "{}x{}", canvas.width(), canvas.height());
}

#[test]
fn the_same_wish_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = ["a.png", "b.png"].map(|file| std::fs::read(rendered(&wish(&folder, file)).1).unwrap());
    assert!(bytes[0] == bytes[1]);
    let other = std::fs::read(rendered(&Wish { step: Some(9.0), ..wish(&folder, "c.png") }).1).unwrap();
    assert!(other != bytes[0], "another step is another picture");
}

#[test]
fn a_clip_has_one_frame_a_step() {
    let folder = tempfile::tempdir().unwrap();
    let small = Wish { size: [400.0, 300.0], ..wish(&folder, "a.apng") };
    rendered(&small);
    let reader = std::io::BufReader::new(std::fs::File::open(&small.out).unwrap());
    let decoder = image::codecs::png::PngDecoder::new(reader).unwrap().apng().unwrap();
    let frames = decoder.into_frames().collect_frames().unwrap();
    assert_eq!(frames.len(), 21, "places 0 to 20");
    assert!(frames.windows(2).all(|pair| pair[0].buffer() != pair[1].buffer()), "something moves between all of them");
    let gif = Wish { step: Some(3.0), out: folder.path().join("a.gif"), ..small };
    assert_eq!(rendered(&gif).0.frames, 4);
}

#[test]
fn a_figure_has_text_and_a_table_has_a_row_a_step() {
    let folder = tempfile::tempdir().unwrap();
    let (_, path) = rendered(&Wish { canvas: true, ..wish(&folder, "a.svg") });
    let svg = std::fs::read_to_string(path).unwrap();
    for word in ["command", "seed", "lab"] {
        assert!(svg.contains(&format!(">{word}")), "{word} is text in the figure");
    }
    assert!(svg.contains("clipPath") && svg.trim_end().ends_with("</svg>"));

    let (_, path) = rendered(&wish(&folder, "a.csv"));
    let mut reader = csv::Reader::from_path(path).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 21);
    assert_eq!(&rows[7][0], "7");
    assert!(rows[7][3].contains("place 7"));
}

#[test]
fn what_cannot_be_drawn_is_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |wish: &Wish| render_with(wish, chapters()).unwrap_err();
    assert!(refused(&wish(&folder, "a.bmp")).contains(".png"));
    let mut unknown = wish(&folder, "a.png");
    unknown.document.view = json!({ "numbr": 1 });
    assert!(refused(&unknown).contains("numbr"));
    unknown.document.chapter = "nowhere".into();
    assert!(refused(&unknown).contains("nowhere"));
    let missing = Wish { out: folder.path().join("no/a.png"), ..wish(&folder, "a.png") };
    assert!(refused(&missing).contains("folder"));
}
