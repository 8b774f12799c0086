// Over the last axis of [rows, classes], with the largest number taken out so that nothing overflows:
//
//     log_sum_exp(x)    = max x + ln sum_c e^(x_c - max x)
//     log_softmax(x)_c  = x_c - log_sum_exp(x)
//
// One thread a row, classes in order.

const LOG_SOFTMAX: u32 = 0u;

struct Params {
    // Rows, positions, 1: the operand's rows of classes.
    extent: vec4<u32>,
    classes: u32,
    // LOG_SOFTMAX or the sum alone.
    function: u32,
    unused0: u32,
    unused1: u32,
}

@group(0) @binding(1) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let part = covered(params.extent);
    let classes = params.classes;
    for (var i = id.x; i < part.rows * part.positions; i += groups.x * 64u) {
        let row = pixel_of(part, params.extent, i);
        var largest = x[row * classes];
        for (var c = 1u; c < classes; c++) {
            largest = max(largest, x[row * classes + c]);
        }
        var sum = 0.0;
        for (var c = 0u; c < classes; c++) {
            sum += exp_(x[row * classes + c] - largest);
        }
        let log_sum = ln_(sum);
        if params.function == LOG_SOFTMAX {
            for (var c = 0u; c < classes; c++) {
                y[row * classes + c] = x[row * classes + c] - largest - log_sum;
            }
        } else {
            y[row] = largest + log_sum;
        }
    }
}
