// Gradient of a masked convolution by its weights,
//
//     dw[t, i, o] = sum over images b and pixels p of  x[b, p + tap_t, i] g[b, p, o],
//
// as a matrix product: its rows are the weights' (tap, input channel) pairs, its columns the output channels, and it sums over every pixel
// of the batch. That sum is long and its result small, so it is cut into chunks of pixels.

struct Params {
    // Batch, height, width, output channels.
    image: vec4<u32>,
    // Rows taps x input channels, input channels, pixels in a chunk.
    rows: u32,
    channels: u32,
    chunk: u32,
    unused: u32,
}

@group(0) @binding(1) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> g: array<f32>;
// Offsets (dy, dx) of the live taps.
@group(0) @binding(4) var<storage, read> taps: array<vec2<i32>>;
// [taps, in, out], or with several chunks their partial sums [chunks, taps, in, out].
@group(0) @binding(5) var<storage, read_write> dw: array<f32>;

// x[b, p + tap_t, i] for row (t, i) and pixel (b, p); 0 outside the image.
fn left(row: u32, pixel: u32) -> f32 {
    let tap = row / params.channels;
    let i = row - tap * params.channels;
    let offset = taps[tap];
    let height = i32(params.image.y);
    let width = i32(params.image.z);
    let line = pixel / params.image.z;
    let px = i32(pixel - line * params.image.z) + offset.y;
    let py = i32(line % params.image.y) + offset.x;
    if py < 0 || py >= height || px < 0 || px >= width {
        return 0.0;
    }
    let source = u32(i32(pixel) + offset.x * width + offset.y);
    return x[source * params.channels + i];
}

fn right(pixel: u32, o: u32) -> f32 {
    return g[pixel * params.image.w + o];
}

fn store(chunk: u32, row: u32, o: u32, value: f32) {
    dw[(chunk * params.rows + row) * params.image.w + o] = value;
}

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    // A weight has no position: the region does not cut it, but an empty one asks for nothing.
    let rows = select(params.rows, 0u, region.rows == 0u);
    let pixels = params.image.x * params.image.y * params.image.z;
    tiled_product(Product(rows, params.image.w, pixels, params.chunk), group.x, groups.x, lane);
}
