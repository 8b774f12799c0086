// Masked convolution: the layer of PixelCNN (1601.06759), PixelCNN++ and WaveNet.
//
//     y[b, p, o]  =  bias[o]  +  sum over live taps t  sum over input channels i   x[b, p + tap_t, i] · w[t, i, o]
//
//     b  image of the batch                         x  [batch, height, width, in]
//     p  pixel of the result                        w  [taps, in, out]
//     o  output channel, i input channel            y  [batch, height, width, out]
//
// The mask is the list of taps. A tap is an offset (dy, dx) from the pixel that is computed to a pixel that it may see:
//
//     . . .                    o o o
//     . # .   a 3x3 kernel     o #      the taps of mask B: the rows above, the pixel to the left, the pixel itself
//     . . .
//                              (mask A is the same without the pixel itself)
//
// What a mask hides has no weight and costs no time: no masked weight is ever multiplied. Outside the image x is 0.
//
// How the work is laid out: a workgroup computes a tile of ROWS pixels x COLUMNS output channels. For each tap, and for DEPTH input
// channels at a time, its 256 threads bring the pixels' values and the weights into workgroup memory once; then each thread multiplies
// them for its own 4 pixels x 4 channels. One accumulator per result, taps and channels in order: so a pixel has the same bits whether the
// whole image is computed or this pixel alone, which is how sampling goes.

const DEPTH: u32 = 8u;
const ROWS: u32 = 4u * ROW_THREADS;
const COLUMNS: u32 = 4u * COLUMN_THREADS;

struct Params {
    // Batch, pixels, output channels of the result.
    extent: vec4<u32>,
    height: u32,
    width: u32,
    // Input channels.
    channels: u32,
    // Number of live taps.
    taps: u32,
    // 1 where there is a bias.
    has_bias: u32,
    unused0: u32,
    unused1: u32,
    unused2: u32,
}

@group(0) @binding(1) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> w: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
// Offsets (dy, dx) of the live taps.
@group(0) @binding(5) var<storage, read> taps: array<vec2<i32>>;
@group(0) @binding(6) var<storage, read_write> y: array<f32>;

// Of each pixel of the tile: its number through the whole batch, its row and its column (-1 where the tile has no more pixels).
var<workgroup> pixels: array<vec3<i32>, ROWS>;
// x[b, p + tap, i] for the tile's pixels, four input channels in a vector; w[tap, i, o], four output channels in a vector.
var<workgroup> x_tile: array<vec4<f32>, (DEPTH / 4u) * ROWS>;
var<workgroup> w_tile: array<vec4<f32>, DEPTH * COLUMN_THREADS>;

// x[b, p + tap, i] for i, i + 1, i + 2, i + 3; 0 outside the image and beyond the last channel.
fn seen(pixel: vec3<i32>, tap: vec2<i32>, i: u32) -> vec4<f32> {
    let dy = tap.x;
    let dx = tap.y;
    let row = pixel.y + dy;
    let column = pixel.z + dx;
    let inside = row >= 0 && row < i32(params.height) && column >= 0 && column < i32(params.width);
    var value = vec4<f32>();
    if pixel.x >= 0 && inside {
        let channels = params.channels;
        let at = u32(pixel.x + dy * i32(params.width) + dx) * channels + i;
        if i < channels { value.x = x[at]; }
        if i + 1u < channels { value.y = x[at + 1u]; }
        if i + 2u < channels { value.z = x[at + 2u]; }
        if i + 3u < channels { value.w = x[at + 3u]; }
    }
    return value;
}

// w[t, i, o] for o, o + 1, o + 2, o + 3; 0 beyond the last channel.
fn weight(t: u32, i: u32, o: u32) -> vec4<f32> {
    var value = vec4<f32>();
    if i < params.channels {
        let out = params.extent.z;
        let at = (t * params.channels + i) * out + o;
        if o < out { value.x = w[at]; }
        if o + 1u < out { value.y = w[at + 1u]; }
        if o + 2u < out { value.z = w[at + 2u]; }
        if o + 3u < out { value.w = w[at + 3u]; }
    }
    return value;
}

// One pixel's sum goes on by four input channels, in order.
fn four(sum: vec4<f32>, x4: vec4<f32>, w0: vec4<f32>, w1: vec4<f32>, w2: vec4<f32>, w3: vec4<f32>) -> vec4<f32> {
    return (((sum + x4.x * w0) + x4.y * w1) + x4.z * w2) + x4.w * w3;
}

// bias[o]
fn start(o: u32) -> f32 {
    if params.has_bias == 0u || o >= params.extent.z {
        return 0.0;
    }
    return bias[o];
}

fn store(pixel: vec3<i32>, o: u32, sum: vec4<f32>) {
    let out = params.extent.z;
    let at = u32(pixel.x) * out + o;
    if pixel.x >= 0 {
        if o < out { y[at] = sum.x; }
        if o + 1u < out { y[at + 1u] = sum.y; }
        if o + 2u < out { y[at + 2u] = sum.z; }
        if o + 3u < out { y[at + 3u] = sum.w; }
    }
}

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let part = covered(params.extent);
    let count = part.rows * part.positions;
    let column_tiles = (params.extent.z + COLUMNS - 1u) / COLUMNS;
    let row_tiles = (count + ROWS - 1u) / ROWS;
    let my_row = (lane / COLUMN_THREADS) * 4u;

    for (var job = group.x; job < row_tiles * column_tiles; job += groups.x) {
        let first_row = (job / column_tiles) * ROWS;
        let first_column = (job % column_tiles) * COLUMNS;
        let o = first_column + 4u * (lane % COLUMN_THREADS);

        // Where the tile's pixels are.
        for (var r = lane; r < ROWS; r += 256u) {
            let place = pixel_of(part, params.extent, first_row + r);
            let p = place % params.extent.y;
            let known = first_row + r < count;
            pixels[r] = vec3(select(-1, i32(place), known), i32(p / params.width), i32(p % params.width));
        }
        workgroupBarrier();

        // y[b, p, o] = bias[o] ...
        let bias4 = vec4(start(o), start(o + 1u), start(o + 2u), start(o + 3u));
        var sum0 = bias4;
        var sum1 = bias4;
        var sum2 = bias4;
        var sum3 = bias4;

        // ... + the sum over the live taps ...
        for (var t = 0u; t < params.taps; t++) {
            let tap = taps[t];
            // ... and over the input channels, DEPTH of them at a time ...
            for (var i0 = 0u; i0 < params.channels; i0 += DEPTH) {
                for (var e = lane; e < (DEPTH / 4u) * ROWS; e += 256u) {
                    x_tile[e] = seen(pixels[e % ROWS], tap, i0 + 4u * (e / ROWS));
                }
                for (var e = lane; e < DEPTH * COLUMN_THREADS; e += 256u) {
                    w_tile[e] = weight(t, i0 + e / COLUMN_THREADS, first_column + 4u * (e % COLUMN_THREADS));
                }
                workgroupBarrier();

                // ... of x[b, p + tap_t, i] w[t, i, o], here for four pixels and four output channels.
                let depth = min(DEPTH, params.channels - i0);
                for (var i = 0u; i < depth; i += 4u) {
                    let c = i * COLUMN_THREADS + lane % COLUMN_THREADS;
                    let w0 = w_tile[c];
                    let w1 = w_tile[c + COLUMN_THREADS];
                    let w2 = w_tile[c + 2u * COLUMN_THREADS];
                    let w3 = w_tile[c + 3u * COLUMN_THREADS];
                    let r = (i / 4u) * ROWS + my_row;
                    sum0 = four(sum0, x_tile[r], w0, w1, w2, w3);
                    sum1 = four(sum1, x_tile[r + 1u], w0, w1, w2, w3);
                    sum2 = four(sum2, x_tile[r + 2u], w0, w1, w2, w3);
                    sum3 = four(sum3, x_tile[r + 3u], w0, w1, w2, w3);
                }
                workgroupBarrier();
            }
        }

        store(pixels[my_row], o, sum0);
        store(pixels[my_row + 1u], o, sum1);
        store(pixels[my_row + 2u], o, sum2);
        store(pixels[my_row + 3u], o, sum3);
        // The next tile's pixels must not replace these while a thread still stores.
        workgroupBarrier();
    }
}
