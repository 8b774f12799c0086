// Matrix product C = A B of rank 2, each factor transposed or not: a transposition is only another pair of strides.

struct Params {
    // Rows, 1, columns of the result.
    extent: vec4<u32>,
    // Distance between rows and between columns of A (x, y) and of B (z, w).
    strides: vec4<u32>,
    // The inner length, steps of it in one chunk.
    inner: u32,
    chunk: u32,
    unused0: u32,
    unused1: u32,
}

@group(0) @binding(1) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> b: array<f32>;
// [rows, columns], or with several chunks their partial sums [chunks, rows, columns].
@group(0) @binding(4) var<storage, read_write> c: array<f32>;

fn left(row: u32, k: u32) -> f32 {
    return a[(covered(params.extent).first_row + row) * params.strides.x + k * params.strides.y];
}

fn right(k: u32, column: u32) -> f32 {
    return b[k * params.strides.z + column * params.strides.w];
}

fn store(chunk: u32, row: u32, column: u32, value: f32) {
    let whole_row = covered(params.extent).first_row + row;
    c[(chunk * params.extent.x + whole_row) * params.extent.z + column] = value;
}

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let part = covered(params.extent);
    tiled_product(Product(part.rows, params.extent.z, params.inner, params.chunk), group.x, groups.x, lane);
}
