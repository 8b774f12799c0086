//! The shipped handwritten digits, and how grey images become levels.
//!
//! # Protocol
//! 10,000 training images of MNIST (Y. LeCun, C. Cortes; CC BY-SA 3.0), 28x28, ink bright on black. The **first 9,000 train, the last
//! 1,000 test**; the official test set is never used. At 14x14 a pixel is the mean of a 2x2 square. A pixel v in 0..=255 becomes
//! one of K grey levels, `floor(v K / 256)`, or, binary, 1 if **v > 90 at 14x14, v > 84 at 28x28** (a threshold: neither Larochelle's
//! static file nor dynamic sampling, so figures must not be put beside those). The mean is not rounded before it is quantised.
//! Augmentation is a shift of at most one pixel each way, on training images only. Figures are nats per image on the 1,000, and
//! bits per pixel: nats / (size^2 ln 2).

use std::{ops::Range, sync::OnceLock};

use image::ImageFormat;
use ndarray::{Array3, ArrayView3};
use serde::{Deserialize, Serialize};

use super::DataError;

/// Images of the sheet that train; the rest test.
pub const TRAIN: usize = 9_000;
/// Images of the sheet that test.
pub const TEST: usize = 1_000;
const SIDE: usize = 28;
const COLUMNS: usize = 100;

/// Grey images 28x28 with labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digits {
    /// Ink 0..=255, `[n, 28, 28]` row-major.
    pub images: Vec<u8>,
    /// The digit of each image, 0..=9.
    pub labels: Vec<u8>,
}

/// What the values of a pixel are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Levels {
    /// 0 or 1, by the threshold of the protocol.
    Binary,
    /// K grey levels, 2..=256: `floor(v K / 256)`.
    Grey(u16),
}

/// How images are made ready for a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Preparation {
    /// Side in pixels: 14 or 28.
    pub size: usize,
    /// Values of a pixel.
    pub levels: Levels,
}

/// Square images whose pixels are level numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LevelImages {
    /// Side in pixels.
    pub size: usize,
    /// Number of levels K; every value is below it.
    pub levels: usize,
    /// Level of each pixel, `[n, size, size]` row-major.
    pub data: Vec<u8>,
    /// The class of each image; empty where none is known.
    pub labels: Vec<u8>,
}

impl Levels {
    /// How many levels K there are.
    pub fn count(self) -> usize {
        match self {
            Self::Binary => 2,
            Self::Grey(k) => usize::from(k),
        }
    }

    /// The level of the mean `sum / count` of `count` pixels, each 0..=255, in an image of side `size`; without rounding in between.
    pub(crate) fn quantise(self, sum: u32, count: u32, size: usize) -> u8 {
        match self {
            Self::Binary => {
                let threshold = if size < SIDE { 90 } else { 84 };
                u8::from(sum > threshold * count)
            }
            Self::Grey(k) => ((u64::from(sum) * u64::from(k)) / (u64::from(count) * 256)) as u8,
        }
    }
}

impl Preparation {
    /// Check the ranges.
    ///
    /// # Errors
    /// [`DataError::Setting`] for a side other than 14 and 28, or levels outside 2..=256.
    pub fn check(self) -> Result<(), DataError> {
        if self.size != 14 && self.size != SIDE {
            return Err(DataError::Setting { expected: "images of side 14 or 28", found: format!("side {}", self.size) });
        }
        if !(2..=256).contains(&self.levels.count()) {
            return Err(DataError::Setting { expected: "2 to 256 grey levels", found: format!("{}", self.levels.count()) });
        }
        Ok(())
    }
}

impl Digits {
    /// The 10,000 shipped digits, decoded once.
    pub fn shipped() -> &'static Self {
        static DIGITS: OnceLock<Digits> = OnceLock::new();
        DIGITS.get_or_init(|| {
            let png = include_bytes!("../../presets/data/digits_train.png");
            let sheet = image::load_from_memory_with_format(png, ImageFormat::Png)
                .expect("the shipped sheet decodes: a test reads it")
                .into_luma8();
            let labels = include_str!("../../presets/data/digits_train.csv")
                .lines()
                .skip(1)
                .map(|row| row.as_bytes()[row.len() - 1] - b'0')
                .collect();
            Self::from_sheet(sheet.as_raw(), COLUMNS, labels)
        })
    }

    /// Cut a sprite sheet of grey 28x28 cells, `columns` a row, into one image for each label.
    fn from_sheet(sheet: &[u8], columns: usize, labels: Vec<u8>) -> Self {
        let width = columns * SIDE;
        let mut images = Vec::with_capacity(labels.len() * SIDE * SIDE);
        for i in 0..labels.len() {
            let corner = i / columns * SIDE * width + i % columns * SIDE;
            for y in 0..SIDE {
                images.extend_from_slice(&sheet[corner + y * width..][..SIDE]);
            }
        }
        Self { images, labels }
    }

    /// How many images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The grey pixels of image `i`, `[28, 28]`.
    pub fn image(&self, i: usize) -> &[u8] {
        &self.images[i * SIDE * SIDE..][..SIDE * SIDE]
    }

    /// All images in levels, after the protocol of the module.
    ///
    /// # Errors
    /// As [`Preparation::check`].
    pub fn prepare(&self, preparation: Preparation) -> Result<LevelImages, DataError> {
        preparation.check()?;
        let Preparation { size, levels } = preparation;
        Ok(LevelImages {
            size,
            levels: levels.count(),
            data: (0..self.len()).flat_map(|i| box_levels(self.image(i), SIDE, preparation)).collect(),
            labels: self.labels.clone(),
        })
    }

    /// The shipped digits prepared and split by the protocol: (train, test).
    ///
    /// # Errors
    /// As [`Preparation::check`].
    pub fn train_test(preparation: Preparation) -> Result<(LevelImages, LevelImages), DataError> {
        let all = Self::shipped().prepare(preparation)?;
        Ok((all.range(0..TRAIN), all.range(TRAIN..TRAIN + TEST)))
    }
}

/// A square grey image of side `side`, a multiple of the wanted size, in levels of the means of its squares.
pub(crate) fn box_levels(image: &[u8], side: usize, Preparation { size, levels }: Preparation) -> impl Iterator<Item = u8> {
    let factor = side / size;
    (0..size * size).map(move |p| {
        let (y, x) = (p / size * factor, p % size * factor);
        let sum: u32 = (0..factor).flat_map(|dy| &image[(y + dy) * side + x..][..factor]).map(|&v| u32::from(v)).sum();
        levels.quantise(sum, (factor * factor) as u32, size)
    })
}

impl LevelImages {
    /// How many images.
    pub fn len(&self) -> usize {
        self.data.len() / (self.size * self.size)
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// The levels of image `i`, `[size, size]`.
    pub fn image(&self, i: usize) -> &[u8] {
        let pixels = self.size * self.size;
        &self.data[i * pixels..][..pixels]
    }

    /// Some of the images, with their labels.
    pub fn range(&self, range: Range<usize>) -> Self {
        let pixels = self.size * self.size;
        Self {
            size: self.size,
            levels: self.levels,
            data: self.data[range.start * pixels..range.end * pixels].to_vec(),
            labels: self.labels.get(range).map(<[u8]>::to_vec).unwrap_or_default(),
        }
    }

    /// The levels as an array `[n, size, size]`.
    pub fn view(&self) -> ArrayView3<'_, u8> {
        ArrayView3::from_shape((self.len(), self.size, self.size), &self.data).expect("the data hold whole images")
    }

    /// From an array `[n, size, size]` of levels below `levels`.
    ///
    /// # Errors
    /// [`DataError::Shape`] if the images are not square, the labels are not one for each image (or none), or a level is too high.
    pub fn from_array(array: Array3<u8>, levels: usize, labels: Vec<u8>) -> Result<Self, DataError> {
        let (n, height, width) = array.dim();
        let data: Vec<u8> = array.into_iter().collect();
        let highest = data.iter().copied().max().map_or(0, usize::from);
        let labelled = labels.is_empty() || labels.len() == n;
        if height != width || height == 0 || highest >= levels.max(1) || !labelled {
            return Err(DataError::Shape {
                expected: format!("square images of levels below {levels}, a label each or none"),
                found: format!("{n} images of {height}x{width}, levels up to {highest}, {} labels", labels.len()),
            });
        }
        Ok(Self { size: height, levels, data, labels })
    }

    /// Brightness 0..=255 of a level: black for 0, white for K-1.
    pub fn grey(&self, level: u8) -> u8 {
        let top = self.levels.saturating_sub(1).max(1);
        ((usize::from(level).min(top) * 255 + top / 2) / top) as u8
    }
}

/// Move a square image by (dx, dy) pixels, right and down positive; what comes in is level 0 (no ink).
pub fn shift(image: &[u8], size: usize, dx: i32, dy: i32, out: &mut [u8]) {
    let source = |at: usize, by: i32| usize::try_from(at as i64 - i64::from(by)).ok().filter(|&s| s < size);
    for (p, pixel) in out.iter_mut().enumerate().take(size * size) {
        *pixel = match (source(p % size, dx), source(p / size, dy)) {
            (Some(x), Some(y)) => image[y * size + x],
            _ => 0,
        };
    }
}

#[cfg(test)]
mod tests;
