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
// What a mask hides has no weight and costs no time: nothing is multiplied by zero. Outside the image x is 0.
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
// x[b, p + tap, i] and w[tap, i, o] for the pixels, channels and outputs of the tile.
var<workgroup> x_tile: array<f32, DEPTH * ROWS>;
var<workgroup> w_tile: array<f32, DEPTH * COLUMNS>;

// x[b, p + tap, i], and 0 outside the image.
fn seen(pixel: vec3<i32>, tap: vec2<i32>, i: u32) -> f32 {
    let row = pixel.y + tap.x;
    let column = pixel.z + tap.y;
    let inside = row >= 0 && row < i32(params.height) && column >= 0 && column < i32(params.width);
    if pixel.x < 0 || !inside || i >= params.channels {
        return 0.0;
    }
    let source = u32(pixel.x + tap.x * i32(params.width) + tap.y);
    return x[source * params.channels + i];
}

// w[t, i, o], and 0 beyond the last channel.
fn weight(t: u32, i: u32, o: u32) -> f32 {
    if i >= params.channels || o >= params.extent.z {
        return 0.0;
    }
    return w[(t * params.channels + i) * params.extent.z + o];
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
    let my_column = (lane % COLUMN_THREADS) * 4u;

    for (var job = group.x; job < row_tiles * column_tiles; job += groups.x) {
        let first_row = (job / column_tiles) * ROWS;
        let first_column = (job % column_tiles) * COLUMNS;
        let o = first_column + my_column;

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
                for (var e = lane; e < DEPTH * ROWS; e += 256u) {
                    let r = e / DEPTH;
                    let i = e % DEPTH;
                    x_tile[i * ROWS + r] = seen(pixels[r], tap, i0 + i);
                }
                for (var e = lane; e < DEPTH * COLUMNS; e += 256u) {
                    w_tile[e] = weight(t, i0 + e / COLUMNS, first_column + e % COLUMNS);
                }
                workgroupBarrier();

                // ... of x[b, p + tap_t, i] w[t, i, o], here for four pixels and four output channels.
                for (var i = 0u; i < min(DEPTH, params.channels - i0); i++) {
                    let c = i * COLUMNS + my_column;
                    let r = i * ROWS + my_row;
                    let w4 = vec4(w_tile[c], w_tile[c + 1u], w_tile[c + 2u], w_tile[c + 3u]);
                    sum0 += x_tile[r] * w4;
                    sum1 += x_tile[r + 1u] * w4;
                    sum2 += x_tile[r + 2u] * w4;
                    sum3 += x_tile[r + 3u] * w4;
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
