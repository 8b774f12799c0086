use image::{ImageFormat, Rgba, RgbaImage};

use super::*;
use crate::data::{Digits, Levels};

const GREY: Preparation = Preparation { size: 14, levels: Levels::Grey(8) };

fn in_file(bytes: &[u8], preparation: Preparation) -> Result<LevelImages, DataError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.bin");
    std::fs::write(&path, bytes).unwrap();
    load_image(&path, preparation)
}

fn png(image: &DynamicImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A PNG file that ends after a header that declares this size; the check sum of the header is right.
fn header(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(width.to_be_bytes());
    chunk.extend(height.to_be_bytes());
    chunk.extend([8, 0, 0, 0, 0]);
    let crc = chunk.iter().fold(u32::MAX, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), |c, _| (c >> 1) ^ (0xEDB8_8320 * (c & 1))));
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    bytes.extend(chunk);
    bytes.extend((!crc).to_be_bytes());
    bytes
}

#[test]
fn a_digit_from_a_file_is_the_shipped_digit() {
    let digits = Digits::shipped();
    let grey = GrayImage::from_raw(28, 28, digits.image(5).to_vec()).unwrap();
    let bytes = png(&DynamicImage::ImageLuma8(grey));
    for size in [14, 28] {
        for levels in [Levels::Binary, Levels::Grey(4)] {
            let preparation = Preparation { size, levels };
            let loaded = in_file(&bytes, preparation).unwrap();
            let shipped = digits.prepare(preparation).unwrap();
            assert_eq!(loaded.data, shipped.image(5));
            assert!(loaded.labels.is_empty());
        }
    }
}

#[test]
fn transparent_pixels_are_black_and_other_shapes_are_framed() {
    let half = RgbaImage::from_fn(28, 28, |x, _| Rgba([255, 255, 255, if x < 14 { 255 } else { 0 }]));
    let loaded = in_file(&png(&half.into()), GREY).unwrap();
    assert!((0..196).all(|p| loaded.data[p] == if p % 14 < 7 { 7 } else { 0 }));
    let wide = GrayImage::from_pixel(300, 100, image::Luma([255]));
    let loaded = in_file(&png(&wide.into()), GREY).unwrap();
    assert_eq!(loaded.image(0)[7 * 14], 7);
    assert_eq!((loaded.image(0)[0], loaded.image(0)[195]), (0, 0));
    let thin = GrayImage::from_pixel(1, 500, image::Luma([255]));
    assert_eq!(in_file(&png(&thin.into()), GREY).unwrap().len(), 1);
}

#[test]
fn black_ink_on_a_transparent_ground_is_seen() {
    let ink = RgbaImage::from_fn(28, 28, |x, _| Rgba([0, 0, 0, if x < 14 { 255 } else { 0 }]));
    let loaded = in_file(&png(&ink.into()), GREY).unwrap();
    assert!((0..196).all(|p| loaded.data[p] == if p % 14 < 7 { 0 } else { 7 }));
}

#[test]
fn bad_files_are_sentences() {
    for (width, height) in [(0, 0), (0, 5), (20_000, 20_000), (8_193, 1), (8_192, 8_192)] {
        let error = in_file(&header(width, height), GREY).unwrap_err();
        assert!(matches!(error, DataError::ImageSize { .. }), "{width}x{height}: {error}");
        assert!(error.to_string().contains(&format!("{width}x{height}")));
    }
    let whole = png(&GrayImage::new(28, 28).into());
    for bytes in [&b""[..], b"x,y\n1,2\n", &whole[..20], &whole[..whole.len() / 2], &header(28, 28)] {
        let error = in_file(bytes, GREY).unwrap_err();
        assert!(matches!(error, DataError::NotAnImage { .. }), "{error}");
    }
    let missing = load_image(Path::new("no/such.png"), GREY).unwrap_err();
    assert!(matches!(missing, DataError::Unreadable { .. }));
}

#[test]
fn a_saved_picture_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    let rgb: Vec<u8> = (0..2 * 3 * 3).map(|v| v * 10).collect();
    save_png(&path, 2, 3, &rgb).unwrap();
    assert_eq!(image::open(&path).unwrap().to_rgb8().into_raw(), rgb);
    for (w, h, n) in [(2, 3, 17), (0, 3, 0), (usize::MAX, 2, 6)] {
        assert!(matches!(save_png(&path, w, h, &rgb[..n]), Err(DataError::Shape { .. })));
    }
}

#[test]
fn a_contact_sheet_holds_every_image_once() {
    let images = LevelImages { size: 2, levels: 2, data: vec![1; 12], labels: vec![] };
    let sheet = contact_sheet(&images, 2);
    assert_eq!((sheet.width, sheet.height), (7, 7));
    let white = sheet.rgb.as_chunks::<3>().0.iter().filter(|p| **p == [255; 3]);
    assert_eq!(white.count(), 12);
    let large = sheet.enlarged(3);
    assert_eq!((large.width, large.rgb.len()), (21, 21 * 21 * 3));
    assert_eq!(contact_sheet(&images, 99).width, 10);
    let none = LevelImages { data: vec![], ..images };
    assert!(encode_png(contact_sheet(&none, 4).width, 1, &contact_sheet(&none, 4).rgb).is_ok());
}
