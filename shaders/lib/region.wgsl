// Which part of its result a kernel computes: a range of batch rows, and a range of positions (pixels) of each row.
//
// The region is a uniform with a dynamic offset: one bind group serves the whole image, one line of it, or one pixel.
// A value never depends on the region that computed it, to the last bit.

struct Region {
    first_row: u32,
    rows: u32,
    first_position: u32,
    positions: u32,
}

@group(0) @binding(0) var<uniform> region: Region;

// The region, cut to a result of `extent` = (rows, positions, channels).
// A result that has only one row (or position) has it in every region.
fn covered(extent: vec4<u32>) -> Region {
    var part = region;
    if extent.x == 1u {
        part.first_row = 0u;
        part.rows = 1u;
    }
    if extent.y == 1u {
        part.first_position = 0u;
        part.positions = 1u;
    }
    part.first_row = min(part.first_row, extent.x);
    part.rows = min(part.rows, extent.x - part.first_row);
    part.first_position = min(part.first_position, extent.y);
    part.positions = min(part.positions, extent.y - part.first_position);
    return part;
}

// The `i`-th pixel of the region, counted through the whole result.
fn pixel_of(part: Region, extent: vec4<u32>, i: u32) -> u32 {
    if part.positions == extent.y {
        return part.first_row * extent.y + i;
    }
    let row = i / part.positions;
    return (part.first_row + row) * extent.y + part.first_position + (i - row * part.positions);
}

// The `i`-th element of the region, counted through the whole result.
fn element_of(part: Region, extent: vec4<u32>, i: u32) -> u32 {
    if part.positions == extent.y {
        return part.first_row * extent.y * extent.z + i;
    }
    let pixel = i / extent.z;
    return pixel_of(part, extent, pixel) * extent.z + (i - pixel * extent.z);
}

fn elements(part: Region, extent: vec4<u32>) -> u32 {
    return part.rows * part.positions * extent.z;
}
