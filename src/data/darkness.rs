//! How dark each pixel of a picture is, and points that lie densely where it is dark.

use rand::RngExt;

use super::noise::rng;

/// The stream of the places inside pixels.
const STREAM: u64 = 0x4441_524b;

/// Darkness of each pixel, row by row from the top.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Darkness {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// 0 is white, 1 is black; `[height, width]`.
    pub values: Vec<f32>,
}

impl Darkness {
    /// The sum over all pixels.
    pub fn total(&self) -> f64 {
        self.values.iter().map(|&v| f64::from(v)).sum()
    }

    /// `n` points, pixels chosen with a chance in proportion to their darkness, uniform inside a pixel; centred at the origin, y up, the
    /// longer side of the picture 2 `half` long. None where all is white.
    ///
    /// The pixels are drawn systematically, one point in each n-th of the darkness: so that `n` points show as much as they can.
    pub fn points(&self, n: usize, half: f32, seed: u64) -> Vec<[f32; 2]> {
        let total = self.total();
        if total <= 0.0 || n == 0 {
            return Vec::new();
        }
        let mut random = rng(seed, STREAM);
        let side = 2.0 * half / self.width.max(self.height) as f32;
        let (middle_x, middle_y) = (self.width as f32 / 2.0, self.height as f32 / 2.0);
        let step = total / n as f64;
        let mut next = step * f64::from(random.random::<f32>());
        let mut so_far = 0.0;
        let mut points = Vec::with_capacity(n);
        for (i, &value) in self.values.iter().enumerate() {
            so_far += f64::from(value);
            while next < so_far && points.len() < n {
                let (row, column) = (i / self.width, i % self.width);
                let [dx, dy] = [random.random::<f32>(), random.random::<f32>()];
                points.push([(column as f32 + dx - middle_x) * side, (middle_y - row as f32 - dy) * side]);
                next += step;
            }
        }
        points
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dark_pixels_take_points_in_proportion_and_white_ones_none() {
        // Left column white; of the right one the upper pixel is three times as dark.
        let darkness = Darkness { width: 2, height: 2, values: vec![0.0, 0.9, 0.0, 0.3] };
        let points = darkness.points(400, 3.0, 1);
        assert_eq!(points.len(), 400);
        assert!(points.iter().all(|p| (0.0..=3.0).contains(&p[0]) && p[1].abs() <= 3.0));
        // Systematic drawing is off by at most one.
        let upper = points.iter().filter(|p| p[1] > 0.0).count();
        assert!((299..=301).contains(&upper), "{upper}");
        assert_eq!(darkness.points(400, 3.0, 1), points);
        assert!(Darkness { width: 1, height: 1, values: vec![0.0] }.points(9, 3.0, 1).is_empty());
    }

    #[test]
    fn a_wide_picture_keeps_its_shape() {
        let darkness = Darkness { width: 40, height: 10, values: vec![1.0; 400] };
        let points = darkness.points(2_000, 2.0, 0);
        let far = |axis: usize| points.iter().map(|p| p[axis].abs()).fold(0.0, f32::max);
        assert!((1.95..=2.0).contains(&far(0)) && (0.45..=0.5).contains(&far(1)));
    }
}
