//! Image files: the user's own in, pictures out.

use std::{io::Cursor, path::Path};

use image::{DynamicImage, ExtendedColorType, GrayImage, ImageEncoder, ImageReader, codecs::png::PngEncoder, imageops};

use super::{Darkness, DataError, LevelImages, Preparation, atomic::write_atomic, digits::box_levels};

/// Largest side of an image file, in pixels.
pub const MAX_SIDE: u32 = 8_192;
/// Largest number of pixels of an image file, in millions.
pub const MAX_MEGAPIXELS: u32 = 64;

/// A colour picture, three bytes a pixel, row-major.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Red, green, blue of each pixel.
    pub rgb: Vec<u8>,
}

/// Read an image file as one image of levels: transparent pixels over black (over white where the ink is dark), grey, fitted into the square with black around it. A
/// square image whose side is a multiple of the wanted one is reduced by exact means, as the shipped digits are.
///
/// # Errors
/// A sentence for: a file that is not readable or no image, 0 pixels, a side above 8,192 or more than 64 megapixels (found before
/// anything is decoded), a preparation out of range.
pub fn load_image(path: &Path, preparation: Preparation) -> Result<LevelImages, DataError> {
    preparation.check()?;
    let bytes = std::fs::read(path).map_err(|error| DataError::Unreadable { path: path.to_owned(), reason: error.to_string() })?;
    let grey = over_ground(&decode(&bytes, path)?);
    Ok(to_levels(&grey, preparation))
}

/// Read an image file as darkness: 1 minus the grey of the image laid over white, at most `side` pixels wide and high.
///
/// # Errors
/// As [`load_image`]; and for an image that is white all over.
pub fn load_darkness(path: &Path, side: u32) -> Result<Darkness, DataError> {
    let bytes = std::fs::read(path).map_err(|error| DataError::Unreadable { path: path.to_owned(), reason: error.to_string() })?;
    let image = decode(&bytes, path)?;
    let small = if image.width().max(image.height()) > side { image.thumbnail(side, side) } else { image };
    let both = small.to_luma_alpha8();
    let values = both.pixels().map(|pixel| f32::from(pixel.0[1]) / 255.0 * (1.0 - f32::from(pixel.0[0]) / 255.0)).collect();
    let darkness = Darkness { width: both.width() as usize, height: both.height() as usize, values };
    let white = || DataError::NotAnImage { path: path.to_owned(), reason: "it is white all over, so there is nothing to draw".into() };
    if darkness.total() > 0.0 { Ok(darkness) } else { Err(white()) }
}

fn decode(bytes: &[u8], path: &Path) -> Result<DynamicImage, DataError> {
    let failed = |reason: String| DataError::NotAnImage { path: path.to_owned(), reason };
    let reader = || {
        let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
        let reader = reader.map_err(|e| failed(e.to_string()))?;
        match reader.format() {
            Some(_) => Ok(reader),
            None => Err(failed("its first bytes are of no image format".into())),
        }
    };
    // A zero side is an error of some decoders and an image to others: the PNG header says it at once.
    let declared = match png_size(bytes) {
        Some(size) => size,
        None => reader()?.into_dimensions().map_err(|e| failed(e.to_string()))?,
    };
    check_size(declared)?;
    reader()?.decode().map_err(|e| failed(e.to_string()))
}

/// Width and height in the header of a PNG file.
fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let header = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?.get(4..)?;
    let size = header.strip_prefix(b"IHDR")?;
    let number = |at: usize| Some(u32::from_be_bytes(size.get(at..at + 4)?.try_into().ok()?));
    Some((number(0)?, number(4)?))
}

fn check_size((width, height): (u32, u32)) -> Result<(), DataError> {
    let pixels = u64::from(width) * u64::from(height);
    let side = width.max(height);
    if pixels == 0 || side > MAX_SIDE || pixels > u64::from(MAX_MEGAPIXELS) * 1_000_000 {
        return Err(DataError::ImageSize { width, height, max_side: MAX_SIDE, max_megapixels: MAX_MEGAPIXELS });
    }
    Ok(())
}

/// Grey, laid over what its ink is drawn for: light ink over black, dark ink over white. Black ink over black would be nothing.
fn over_ground(image: &DynamicImage) -> GrayImage {
    if !image.color().has_alpha() {
        return image.to_luma8();
    }
    let both = image.to_luma_alpha8();
    let seen = both.pixels().fold((0u64, 0u64), |(ink, cover), p| (ink + u64::from(p[0]) * u64::from(p[1]), cover + u64::from(p[1])));
    let ground: u16 = if seen.0 < 128 * seen.1 { 255 } else { 0 };
    GrayImage::from_fn(both.width(), both.height(), |x, y| {
        let [grey, alpha] = both.get_pixel(x, y).0.map(u16::from);
        image::Luma([((grey * alpha + ground * (255 - alpha) + 127) / 255) as u8])
    })
}

fn to_levels(grey: &GrayImage, preparation: Preparation) -> LevelImages {
    let Preparation { size, levels } = preparation;
    let (width, height) = grey.dimensions();
    let square = width == height && (width as usize).is_multiple_of(size);
    let data = if square {
        box_levels(grey.as_raw(), width as usize, preparation).collect()
    } else {
        let side = size as u32;
        let longest = f64::from(width.max(height));
        let [w, h] = [width, height].map(|v| ((f64::from(v) * size as f64 / longest).round() as u32).clamp(1, side));
        let small = imageops::resize(grey, w, h, imageops::FilterType::Triangle);
        let mut framed = GrayImage::new(side, side);
        let [x, y] = [w, h].map(|v| i64::from((side - v) / 2));
        imageops::replace(&mut framed, &small, x, y);
        box_levels(framed.as_raw(), size, preparation).collect()
    };
    LevelImages { size, levels: levels.count(), data, labels: Vec::new() }
}

/// The bytes of a PNG file of `width x height` pixels, three bytes each.
///
/// # Errors
/// [`DataError::Shape`] if `rgb` has another length or the picture has no pixel.
pub fn encode_png(width: usize, height: usize, rgb: &[u8]) -> Result<Vec<u8>, DataError> {
    let wrong = || DataError::Shape {
        expected: format!("{width}x{height} pixels of 3 bytes, at least one"),
        found: format!("{} bytes", rgb.len()),
    };
    let wanted = width.checked_mul(height).and_then(|n| n.checked_mul(3));
    let (w, h) = (u32::try_from(width), u32::try_from(height));
    let (Some(1..), Ok(w), Ok(h), true) = (wanted, w, h, wanted == Some(rgb.len())) else {
        return Err(wrong());
    };
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes).write_image(rgb, w, h, ExtendedColorType::Rgb8).map_err(|_| wrong())?;
    Ok(bytes)
}

/// Write a PNG file, whole or not at all.
///
/// # Errors
/// As [`encode_png`] and [`write_atomic`].
pub fn save_png(path: &Path, width: usize, height: usize, rgb: &[u8]) -> Result<(), DataError> {
    write_atomic(path, &encode_png(width, height, rgb)?)
}

/// All images side by side, `cols` a row, with a dark blue line of one pixel between them.
pub fn contact_sheet(images: &LevelImages, cols: usize) -> Sheet {
    const LINE: [u8; 3] = [24, 32, 64];
    let (n, cell) = (images.len(), images.size + 1);
    let cols = cols.clamp(1, n.max(1));
    let (width, height) = (cols * cell + 1, n.div_ceil(cols) * cell + 1);
    let mut rgb = LINE.repeat(width * height);
    for (i, image) in images.view().outer_iter().enumerate() {
        let (top, left) = (i / cols * cell + 1, i % cols * cell + 1);
        for ((y, x), &level) in image.indexed_iter() {
            rgb[3 * ((top + y) * width + left + x)..][..3].fill(images.grey(level));
        }
    }
    Sheet { width, height, rgb }
}

impl Sheet {
    /// Every pixel as a square of `factor x factor`.
    pub fn enlarged(&self, factor: usize) -> Self {
        let factor = factor.max(1);
        let (width, height) = (self.width * factor, self.height * factor);
        let pixel = |p: usize| {
            let (y, x) = (p / width / factor, p % width / factor);
            let at = 3 * (y * self.width + x);
            [self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]]
        };
        Self { width, height, rgb: (0..width * height).flat_map(pixel).collect() }
    }

    /// Write as PNG.
    ///
    /// # Errors
    /// As [`save_png`].
    pub fn save(&self, path: &Path) -> Result<(), DataError> {
        save_png(path, self.width, self.height, &self.rgb)
    }
}

#[cfg(test)]
mod tests;
