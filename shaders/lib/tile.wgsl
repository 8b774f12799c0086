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

var<workgroup> left_tile: array<f32, DEPTH * ROWS>;
var<workgroup> right_tile: array<f32, DEPTH * COLUMNS>;

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
            let depth = min(DEPTH, end - k0);
            // Neighbouring threads stage neighbouring k of the left side, neighbouring columns of the right.
            for (var e = lane; e < DEPTH * ROWS; e += 256u) {
                let row = first_row + e / DEPTH;
                let k = k0 + e % DEPTH;
                var value = 0.0;
                if row < product.rows && k < end {
                    value = left(row, k);
                }
                left_tile[(e % DEPTH) * ROWS + e / DEPTH] = value;
            }
            for (var e = lane; e < DEPTH * COLUMNS; e += 256u) {
                let column = first_column + e % COLUMNS;
                let k = k0 + e / COLUMNS;
                var value = 0.0;
                if column < product.columns && k < end {
                    value = right(k, column);
                }
                right_tile[e] = value;
            }
            workgroupBarrier();
            for (var k = 0u; k < depth; k++) {
                let c = k * COLUMNS + my_column;
                let r = k * ROWS + my_row;
                let b = vec4(right_tile[c], right_tile[c + 1u], right_tile[c + 2u], right_tile[c + 3u]);
                sum0 += left_tile[r] * b;
                sum1 += left_tile[r + 1u] * b;
                sum2 += left_tile[r + 2u] * b;
                sum3 += left_tile[r + 3u] * b;
            }
            workgroupBarrier();
        }
        store_four(product, chunk, first_row + my_row, first_column + my_column, sum0);
        store_four(product, chunk, first_row + my_row + 1u, first_column + my_column, sum1);
        store_four(product, chunk, first_row + my_row + 2u, first_column + my_column, sum2);
        store_four(product, chunk, first_row + my_row + 3u, first_column + my_column, sum3);
    }
}

fn store_four(product: Product, chunk: u32, row: u32, column: u32, value: vec4<f32>) {
    if row < product.rows {
        if column < product.columns { store(chunk, row, column, value.x); }
        if column + 1u < product.columns { store(chunk, row, column + 1u, value.y); }
        if column + 2u < product.columns { store(chunk, row, column + 2u, value.z); }
        if column + 3u < product.columns { store(chunk, row, column + 3u, value.w); }
    }
}
