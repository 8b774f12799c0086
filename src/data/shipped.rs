//! The sets of points that ship with the program: the world and ten drawings, each scaled to fit `[-3, 3]`.

use std::sync::LazyLock;

use super::{DataError, Points};

/// The last points of [`world_map`] are kept for testing.
pub const WORLD_TEST: usize = 2_000;

/// Half of the side of the box that shipped points fit into.
const HALF: f32 = 3.0;

static WORLD: LazyLock<Points> = LazyLock::new(|| {
    let rows = include_str!("../../presets/data/points_world.csv").lines();
    // Degrees: longitude -180..180 becomes -3..3, latitude keeps the proportion of the map.
    rows.skip(1).map(|row| pair(row.splitn(3, ',').skip(1))).collect::<Points>().map(|[lon, lat]| [lon / 180.0 * HALF, lat / 180.0 * HALF])
});

static SHAPES: LazyLock<Vec<(&'static str, Points)>> = LazyLock::new(|| {
    let mut shapes: Vec<(&str, Points)> = Vec::new();
    for row in include_str!("../../presets/data/points_shapes.csv").lines().skip(1) {
        let mut cells = row.splitn(4, ',').skip(1);
        let name = cells.next().expect("a shipped row names its shape");
        if shapes.last().is_none_or(|(last, _)| *last != name) {
            shapes.push((name, Points::default()));
        }
        let (_, points) = shapes.last_mut().expect("pushed above");
        points.xy.push(pair(cells));
    }
    for (_, points) in &mut shapes {
        *points = points.fit_to(HALF).0;
    }
    shapes
});

fn pair<'a>(cells: impl Iterator<Item = &'a str>) -> [f32; 2] {
    let mut cells = cells.map(|c| c.parse().expect("shipped points are numbers: a test reads them all"));
    let mut next = || cells.next().expect("shipped rows are complete");
    [next(), next()]
}

impl FromIterator<[f32; 2]> for Points {
    fn from_iter<I: IntoIterator<Item = [f32; 2]>>(points: I) -> Self {
        Self::new(points.into_iter().collect())
    }
}

/// 20,000 points on land, drawn uniformly over the sphere's surface (so the plane's density falls as the cosine of the latitude),
/// Antarctica left out: x is the longitude, y the latitude, 60 degrees a unit. The last [`WORLD_TEST`] are for testing.
pub fn world_map() -> &'static Points {
    &WORLD
}

/// The names that [`shape`] knows.
pub fn shape_names() -> Vec<&'static str> {
    SHAPES.iter().map(|(name, _)| *name).collect()
}

/// The points of one shipped drawing: "dino", "cat", ...
///
/// # Errors
/// [`DataError::UnknownName`] lists the names.
pub fn shape(name: &str) -> Result<&'static Points, DataError> {
    SHAPES.iter().find(|(known, _)| *known == name).map(|(_, points)| points).ok_or_else(|| DataError::UnknownName {
        kind: "shape",
        name: name.into(),
        known: shape_names().join(", "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_fits_and_is_complete() {
        let world = world_map();
        assert_eq!(world.len(), 20_000);
        let [lo, hi] = world.bounds().unwrap();
        assert!(lo[0] < -2.9 && hi[0] > 2.9 && hi[0] <= 3.0 && lo[0] >= -3.0);
        assert!(lo[1] > -1.0 && hi[1] < 1.4);
    }

    #[test]
    fn the_ten_drawings_fit_and_are_complete() {
        let sizes: Vec<_> = shape_names().into_iter().map(|name| (name, shape(name).unwrap().len())).collect();
        assert_eq!(sizes.len(), 10);
        assert!(sizes.contains(&("dino", 142)) && sizes.contains(&("soccer_ball", 2219)));
        assert_eq!(sizes.iter().map(|(_, n)| n).sum::<usize>(), 7776);
        for (name, _) in sizes {
            let points = shape(name).unwrap();
            assert!(points.as_flat().iter().all(|v| v.abs() <= 3.0001), "{name}");
        }
        let error = shape("cow").unwrap_err().to_string();
        assert!(error.contains("\"cow\"") && error.contains("dino"));
    }
}
