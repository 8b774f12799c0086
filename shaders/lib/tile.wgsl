// The loop of a tiled matrix product,
//
//     C[row, column] = sum over k of left(row, k) right(k, column),
//
// for kernels that say what `left`, `right` and `store` are. A workgroup of 256 threads makes a tile of C, 4 x 4 numbers a thread.
// 8 steps of k at a time are staged in workgroup memory. Each number has one accumulator and adds in the order of k: the same bits in
// every region. A long k may be cut into chunks, whose sums are added later in order (reduce.wgsl), so that a small C fills the machine.

const DEPTH: u32 = 8u;
const ROWS: u32 = 4u * ROW_THREADS;
const COLUMNS: u32 = 4u * COLUMN_THREADS;

// Four steps of k of a row in a vector; four columns of a step in a vector.
var<workgroup> left_tile: array<vec4<f32>, (DEPTH / 4u) * ROWS>;
var<workgroup> right_tile: array<vec4<f32>, DEPTH * COLUMN_THREADS>;

// Rows and columns of C in the region, the range of k, and how many steps of k a chunk has.
struct Product {
    rows: u32,
    columns: u32,
    inner: u32,
    chunk: u32,
}

fn tiled_product(product: Product, group: u32, groups: u32, lane: u32) {
    let column_tiles = (product.columns + COLUMNS - 1u) / COLUMNS;
    let row_tiles = (product.rows + ROWS - 1u) / ROWS;
    let chunks = (product.inner + product.chunk - 1u) / product.chunk;
    let my_row = (lane / COLUMN_THREADS) * 4u;
    let my_column = (lane % COLUMN_THREADS) * 4u;

    // Tiles one after the other, so that any number of workgroups makes all of them.
    for (var job = group; job < row_tiles * column_tiles * chunks; job += groups) {
        let first_column = (job % column_tiles) * COLUMNS;
        let first_row = (job / column_tiles % row_tiles) * ROWS;
        let chunk = job / (column_tiles * row_tiles);
        let end = min(product.inner, (chunk + 1u) * product.chunk);

        var sum0 = vec4<f32>();
        var sum1 = vec4<f32>();
        var sum2 = vec4<f32>();
        var sum3 = vec4<f32>();
        for (var k0 = chunk * product.chunk; k0 < end; k0 += DEPTH) {
            for (var e = lane; e < (DEPTH / 4u) * ROWS; e += 256u) {
                let row = first_row + e % ROWS;
                let k = k0 + 4u * (e / ROWS);
                var value = vec4<f32>();
                if row < product.rows {
                    if k < end { value.x = left(row, k); }
                    if k + 1u < end { value.y = left(row, k + 1u); }
                    if k + 2u < end { value.z = left(row, k + 2u); }
                    if k + 3u < end { value.w = left(row, k + 3u); }
                }
                left_tile[e] = value;
            }
            for (var e = lane; e < DEPTH * COLUMN_THREADS; e += 256u) {
                let k = k0 + e / COLUMN_THREADS;
                let column = first_column + 4u * (e % COLUMN_THREADS);
                var value = vec4<f32>();
                if k < end {
                    if column < product.columns { value.x = right(k, column); }
                    if column + 1u < product.columns { value.y = right(k, column + 1u); }
                    if column + 2u < product.columns { value.z = right(k, column + 2u); }
                    if column + 3u < product.columns { value.w = right(k, column + 3u); }
                }
                right_tile[e] = value;
            }
            workgroupBarrier();
            let depth = min(DEPTH, end - k0);
            for (var k = 0u; k < depth; k += 4u) {
                let c = k * COLUMN_THREADS + lane % COLUMN_THREADS;
                let b0 = right_tile[c];
                let b1 = right_tile[c + COLUMN_THREADS];
                let b2 = right_tile[c + 2u * COLUMN_THREADS];
                let b3 = right_tile[c + 3u * COLUMN_THREADS];
                let r = (k / 4u) * ROWS + my_row;
                sum0 = four(sum0, left_tile[r], b0, b1, b2, b3);
                sum1 = four(sum1, left_tile[r + 1u], b0, b1, b2, b3);
                sum2 = four(sum2, left_tile[r + 2u], b0, b1, b2, b3);
                sum3 = four(sum3, left_tile[r + 3u], b0, b1, b2, b3);
            }
            workgroupBarrier();
        }
        store_four(product, chunk, first_row + my_row, first_column + my_column, sum0);
        store_four(product, chunk, first_row + my_row + 1u, first_column + my_column, sum1);
        store_four(product, chunk, first_row + my_row + 2u, first_column + my_column, sum2);
        store_four(product, chunk, first_row + my_row + 3u, first_column + my_column, sum3);
    }
}

// A row's sum goes on by four steps of k, in order.
fn four(sum: vec4<f32>, a: vec4<f32>, b0: vec4<f32>, b1: vec4<f32>, b2: vec4<f32>, b3: vec4<f32>) -> vec4<f32> {
    return (((sum + a.x * b0) + a.y * b1) + a.z * b2) + a.w * b3;
}

fn store_four(product: Product, chunk: u32, row: u32, column: u32, value: vec4<f32>) {
    if row < product.rows {
        if column < product.columns { store(chunk, row, column, value.x); }
        if column + 1u < product.columns { store(chunk, row, column + 1u, value.y); }
        if column + 2u < product.columns { store(chunk, row, column + 2u, value.z); }
        if column + 3u < product.columns { store(chunk, row, column + 3u, value.w); }
    }
}
