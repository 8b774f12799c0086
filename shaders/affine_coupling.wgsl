// Affine coupling: the layer of RealNVP (1605.08803, eq. 7-8) and Glow.
//
// A conditioner has looked at one half of the vector and has said, for the other half x, a log-scale s and a translation t:
//
//     forward, data to latent:    y = x · e^s + t          log |det dy/dx| =   sum over d of s_d
//     inverse, latent to data:    y = (x - t) · e^-s       log |det dy/dx| = - sum over d of s_d
//
// The Jacobian is diagonal, so its log-determinant is a plain sum, and inverting needs no inverse of the conditioner: it is the same s
// and t, because the half that they were computed from has not moved.
//
//     x, s, t  [rows, D]        y  [rows, D + 1], the log-determinant in the last column
//
// LANES threads share a row. Each adds its own s_d in order, then the partial sums are added in a tree: always in the same order.

const FORWARD: u32 = 0u;

struct Params {
    // Rows, 1, D + 1.
    extent: vec4<u32>,
    direction: u32,
    unused0: u32,
    unused1: u32,
    unused2: u32,
}

@group(0) @binding(1) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> s: array<f32>;
@group(0) @binding(4) var<storage, read> t: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

const ROWS: u32 = 64u / LANES;
var<workgroup> partial: array<f32, 64>;

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let part = covered(params.extent);
    let dim = params.extent.z - 1u;
    let my_row = lane / LANES;
    let my_lane = lane % LANES;

    for (var first = group.x * ROWS; first < part.rows; first += groups.x * ROWS) {
        let live = first + my_row < part.rows;
        let row = part.first_row + min(first + my_row, part.rows - 1u);

        var log_det = 0.0;
        for (var d = my_lane; d < dim; d += LANES) {
            let i = row * dim + d;
            var moved: f32;
            if params.direction == FORWARD {
                moved = x[i] * exp_(s[i]) + t[i];
                log_det += s[i];
            } else {
                moved = (x[i] - t[i]) * exp_(-s[i]);
                log_det -= s[i];
            }
            if live {
                y[row * (dim + 1u) + d] = moved;
            }
        }

        // Adds the lanes of a row: 32 pairs, 16 pairs, ...
        partial[lane] = log_det;
        workgroupBarrier();
        for (var apart = LANES / 2u; apart > 0u; apart /= 2u) {
            if my_lane < apart {
                partial[lane] += partial[lane + apart];
            }
            workgroupBarrier();
        }
        if live && my_lane == 0u {
            y[row * (dim + 1u) + dim] = partial[lane];
        }
        workgroupBarrier();
    }
}
