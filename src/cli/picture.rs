use crate::data::Sheet;

/// Half-side of the square of the plane that pictures show.
pub(super) const HALF_SIDE: f32 = 4.0;
/// Ground of a picture, and of the gaps between pictures.
const GROUND: [u8; 3] = [14, 18, 28];

/// What a colour field means; the meaning fixes the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A density: viridis.
    Density,
    /// Surprise, `-ln p`: magma.
    Surprise,
    /// A signed quantity around 0: orange squeezes, blue stretches.
    Signed,
}

impl Meaning {
    /// Colour of a value; `low` and `high` are the ends of the map.
    fn colour(self, value: f32, low: f32, high: f32) -> [u8; 3] {
        let t = f64::from((value - low) / (high - low).max(f32::MIN_POSITIVE)).clamp(0.0, 1.0);
        let gradient = |map: colorous::Gradient| {
            let c = map.eval_continuous(t);
            [c.r, c.g, c.b]
        };
        match self {
            Meaning::Density => gradient(colorous::VIRIDIS),
            Meaning::Surprise => gradient(colorous::MAGMA),
            Meaning::Signed => {
                let end = if t < 0.5 { [255.0, 138.0, 66.0] } else { [84.0, 160.0, 255.0] };
                let weight = (t - 0.5).abs() * 2.0;
                std::array::from_fn(|i| (f64::from(GROUND[i]) * (1.0 - weight) + end[i] * weight) as u8)
            }
        }
    }
}

/// A field of `width x height` values, row-major from the top, in colours from `low` to `high`.
pub(super) fn field(values: &[f32], width: usize, height: usize, meaning: Meaning, [low, high]: [f32; 2]) -> Sheet {
    Sheet { width, height, rgb: values.iter().flat_map(|&v| meaning.colour(v, low, high)).collect() }
}

/// Centres of the pixels of a square picture of the plane, row-major from the top (y points up).
pub(super) fn grid(side: usize) -> Vec<[f32; 2]> {
    let at = |i: usize| HALF_SIDE * ((2 * i + 1) as f32 / side as f32 - 1.0);
    (0..side * side).map(|p| [at(p % side), -at(p / side)]).collect()
}

/// Area of one pixel of such a picture.
pub(super) fn cell_area(side: usize) -> f64 {
    (2.0 * f64::from(HALF_SIDE) / side as f64).powi(2)
}

/// An empty square picture.
pub(super) fn ground(side: usize) -> Sheet {
    Sheet { width: side, height: side, rgb: GROUND.repeat(side * side) }
}

/// Marks points of the plane on a square picture; those outside are left out.
pub(super) fn dots(sheet: &mut Sheet, points: &[[f32; 2]], colour: [u8; 3]) {
    let side = sheet.width;
    let pixel = |v: f32| {
        let at = (v / HALF_SIDE + 1.0) * 0.5 * side as f32;
        (at >= 0.0 && at < side as f32).then_some(at as usize)
    };
    for point in points {
        if let (Some(x), Some(y)) = (pixel(point[0]), pixel(-point[1])) {
            sheet.rgb[3 * (y * side + x)..][..3].copy_from_slice(&colour);
        }
    }
}

/// Pictures of one height side by side, with gaps.
pub(super) fn beside(sheets: &[Sheet]) -> Sheet {
    const GAP: usize = 8;
    let height = sheets.iter().map(|s| s.height).max().unwrap_or(0);
    let width = sheets.iter().map(|s| s.width).sum::<usize>() + GAP * sheets.len().saturating_sub(1);
    let mut all = Sheet { width, height, rgb: GROUND.repeat(width * height) };
    let mut left = 0;
    for sheet in sheets {
        for y in 0..sheet.height {
            let row = &sheet.rgb[3 * y * sheet.width..][..3 * sheet.width];
            all.rgb[3 * (y * width + left)..][..row.len()].copy_from_slice(row);
        }
        left += sheet.width + GAP;
    }
    all
}

/// Images of values (surprise, for example) laid out like a contact sheet: `columns` a row with a line of ground between them.
pub(super) fn value_sheet(values: &[f32], side: usize, columns: usize, meaning: Meaning, range: [f32; 2]) -> Sheet {
    let (count, cell) = (values.len() / (side * side), side + 1);
    let columns = columns.clamp(1, count.max(1));
    let (width, height) = (columns * cell + 1, count.div_ceil(columns) * cell + 1);
    let mut all = Sheet { width, height, rgb: GROUND.repeat(width * height) };
    for (i, image) in values.chunks_exact(side * side).enumerate() {
        let part = field(image, side, side, meaning, range);
        for y in 0..side {
            let at = (i / columns * cell + 1 + y) * width + i % columns * cell + 1;
            all.rgb[3 * at..][..3 * side].copy_from_slice(&part.rgb[3 * y * side..][..3 * side]);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_fall_where_the_grid_has_them() {
        let grid = grid(16);
        for (p, &point) in grid.iter().enumerate() {
            let mut sheet = ground(16);
            dots(&mut sheet, &[point, [9.0, 0.0], [f32::NAN, 0.0]], [255, 0, 0]);
            assert_eq!(sheet.rgb[3 * p..][..3], [255, 0, 0]);
            assert_eq!(sheet.rgb.chunks(3).filter(|c| c == &[255, 0, 0]).count(), 1);
        }
    }

    #[test]
    fn zero_is_neutral_and_the_ends_clamp() {
        assert_eq!(Meaning::Signed.colour(0.0, -2.0, 2.0), GROUND);
        assert_eq!(Meaning::Signed.colour(9.0, -2.0, 2.0), Meaning::Signed.colour(2.0, -2.0, 2.0));
        let row = beside(&[ground(4), ground(4)]);
        assert_eq!((row.width, row.height, row.rgb.len()), (16, 4, 3 * 64));
        assert_eq!(value_sheet(&[0.0; 8], 2, 2, Meaning::Surprise, [0.0, 1.0]).width, 7);
    }
}
