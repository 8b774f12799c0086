//! Rain and snow: images on which a blind spot costs more than half of what there is to know.
//!
//! Binary images drawn row by row. The first row is fair coins; so are the q columns whose parent would lie outside. Every other pixel copies
//! its parent, q columns to the right on the row above, and is flipped with chance eps:
//!
//! ```text
//! x[y, x] = x[y-1, x+q] xor Bernoulli(eps)         rain; snow has x-q
//! ```
//!
//! The past of a pixel is informative along one line of slope q only. A stack of masked k x k convolutions gains at most (k-1)/2 columns on
//! the right with each row that it climbs, so with q > (k-1)/2 the whole line of rain lies in its blind spot, and no training takes it below
//! one bit a pixel. The line of snow lies on the left, where it sees.
//!
//! The law is exact, so is its [entropy](Rain::entropy): the floor of every model.

use std::f64::consts::LN_2;

use serde::{Deserialize, Serialize};

use super::noise::uniforms;
use super::{DataError, Entropy, LevelImages};

/// On which side of a pixel its parent lies, on the row above.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Toward {
    /// Rain: the parent is on the right, where a masked stack has its blind spot.
    Right,
    /// Snow: the parent is on the left.
    Left,
}

/// A law of binary images, see the module.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rain {
    /// Side of the image in pixels.
    pub size: usize,
    /// Columns q between a pixel and its parent, 1 to `size - 1`.
    pub offset: usize,
    /// Chance that a pixel is not as its parent, 0 to 1/2.
    pub eps: f64,
    /// Where the parent lies.
    pub toward: Toward,
}

impl Rain {
    /// Check the ranges.
    ///
    /// # Errors
    /// [`DataError::Setting`] for a side outside 2 to 128, an offset that leaves no pixel with a parent, a chance outside 0 to 1/2.
    pub fn check(&self) -> Result<(), DataError> {
        let wrong = |expected, found| Err(DataError::Setting { expected, found });
        if !(2..=128).contains(&self.size) {
            return wrong("rain images of side 2 to 128", format!("side {}", self.size));
        }
        if self.offset == 0 || self.offset >= self.size {
            return wrong("an offset of at least 1 and less than the side of the rain image", format!("{}", self.offset));
        }
        if !(0.0..=0.5).contains(&self.eps) {
            return wrong("a chance `eps` from 0 to 0.5", format!("{}", self.eps));
        }
        Ok(())
    }

    /// Its name on the screen.
    pub fn title(&self) -> &'static str {
        match self.toward {
            Toward::Right => "rain",
            Toward::Left => "snow",
        }
    }

    /// Position of a pixel's parent, row by row; `None` for a fair coin.
    pub fn parent(&self, position: usize) -> Option<usize> {
        let (y, x) = (position / self.size, position % self.size);
        let column = match self.toward {
            Toward::Right => Some(x + self.offset).filter(|&x| x < self.size),
            Toward::Left => x.checked_sub(self.offset),
        };
        Some((y.checked_sub(1)? * self.size) + column?)
    }

    /// `n` images: a pure function of (seed, stream), and the first of them do not depend on `n`.
    pub fn images(&self, n: usize, seed: u64, stream: u64) -> LevelImages {
        let pixels = self.size * self.size;
        let noise = uniforms(seed, stream, n * pixels);
        let mut data = vec![0u8; n * pixels];
        for (image, noise) in data.chunks_exact_mut(pixels).zip(noise.chunks_exact(pixels)) {
            for (p, &u) in noise.iter().enumerate() {
                image[p] = match self.parent(p) {
                    Some(parent) => image[parent] ^ u8::from(f64::from(u) < self.eps),
                    None => u8::from(u < 0.5),
                };
            }
        }
        LevelImages { size: self.size, levels: 2, data, labels: Vec::new() }
    }

    /// Entropy of an image: ln 2 for each coin, `H(eps) = -eps ln eps - (1-eps) ln (1-eps)` for each pixel with a parent.
    pub fn entropy(&self) -> Entropy {
        let pixels = self.size * self.size;
        let children = (0..pixels).filter(|&p| self.parent(p).is_some()).count();
        let nats = (pixels - children) as f64 * LN_2 + children as f64 * binary_entropy(self.eps);
        Entropy { nats, std_error: 0.0, exact: true }
    }
}

/// Entropy of a coin that falls on one side with chance `p`, nats.
fn binary_entropy(p: f64) -> f64 {
    let term = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
    term(p) + term(1.0 - p)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAIN: Rain = Rain { size: 28, offset: 4, eps: 0.05, toward: Toward::Right };
    const SNOW: Rain = Rain { toward: Toward::Left, ..RAIN };

    #[test]
    fn the_entropy_is_the_published_sum() {
        // 648 pixels at 0.1985 nats and 136 coins.
        let published = 648.0 * 0.1985 + 136.0 * LN_2;
        for law in [RAIN, SNOW] {
            assert!((law.entropy().nats - published).abs() < 0.05, "{}", law.entropy().nats);
        }
        assert_eq!(Rain { eps: 0.5, ..RAIN }.entropy().nats, 784.0 * LN_2);
        assert_eq!(Rain { eps: 0.0, ..RAIN }.entropy().nats, 136.0 * LN_2);
    }

    #[test]
    fn the_entropy_is_that_of_all_images_by_enumeration() {
        // Every 3x3 image, by the law itself: the product over its pixels of the chance given the parent.
        for law in
            [Rain { size: 3, offset: 1, eps: 0.2, toward: Toward::Right }, Rain { size: 3, offset: 2, eps: 0.1, toward: Toward::Left }]
        {
            let probability = |code: usize| -> f64 {
                let bit = |p: usize| code >> p & 1;
                let chance = |p: usize| match law.parent(p) {
                    Some(parent) if bit(parent) == bit(p) => 1.0 - law.eps,
                    Some(_) => law.eps,
                    None => 0.5,
                };
                (0..9).map(chance).product()
            };
            let all: Vec<f64> = (0..512).map(probability).collect();
            assert!((all.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            let entropy = -all.iter().map(|p| p * p.ln()).sum::<f64>();
            assert!((entropy - law.entropy().nats).abs() < 1e-12, "{law:?}");
        }
    }

    #[test]
    fn children_flip_with_chance_eps_and_the_rest_are_coins() {
        for law in [RAIN, SNOW] {
            let images = law.images(200, 3, 1);
            let (mut flips, mut children, mut ones, mut coins) = (0, 0, 0, 0);
            for i in 0..images.len() {
                let image = images.image(i);
                for (p, &bit) in image.iter().enumerate() {
                    match law.parent(p) {
                        Some(parent) => (flips, children) = (flips + u32::from(bit != image[parent]), children + 1),
                        None => (ones, coins) = (ones + u32::from(bit), coins + 1),
                    }
                }
            }
            assert_eq!((children, coins), (200 * 648, 200 * 136));
            // Standard errors 0.0006 and 0.003; five of them.
            let (flips, ones) = (f64::from(flips) / f64::from(children), f64::from(ones) / f64::from(coins));
            assert!((flips - 0.05).abs() < 0.003 && (ones - 0.5).abs() < 0.015, "{flips} {ones}");
        }
    }

    #[test]
    fn images_are_a_function_of_seed_and_stream() {
        assert_eq!(RAIN.images(5, 1, 2), RAIN.images(5, 1, 2));
        assert_eq!(RAIN.images(2, 1, 2).data, RAIN.images(5, 1, 2).data[..2 * 784]);
        assert_ne!(RAIN.images(5, 1, 2), RAIN.images(5, 1, 3));
        assert_ne!(RAIN.images(5, 1, 2), RAIN.images(5, 2, 2));
    }

    #[test]
    fn what_is_out_of_range_is_told() {
        let sentence = |law: Rain| law.check().unwrap_err().to_string();
        RAIN.check().unwrap();
        assert!(sentence(Rain { size: 1, ..RAIN }).contains("side 1"));
        assert!(sentence(Rain { offset: 28, ..RAIN }).contains("28"));
        assert!(sentence(Rain { eps: 0.6, ..RAIN }).contains("0.6"));
        assert!(sentence(Rain { eps: f64::NAN, ..RAIN }).contains("NaN"));
    }
}
