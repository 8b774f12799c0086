// One step of Adam (1412.6980, algorithm 1) with clipping by the global gradient norm and decoupled weight decay:
//
//     g  <- g min(1, clip / |g|)
//     m  <- beta1 m + (1 - beta1) g              v  <- beta2 v + (1 - beta2) g^2
//     w  <- w - rate ( (m / c1) / (sqrt(v / c2) + epsilon) + decay w )
//
// c1 = 1 - beta1^t and c2 = 1 - beta2^t correct the moments' start at zero. If the norm is not a finite number nothing changes: one bad
// batch must not destroy what was learned.

struct Params {
    // 1, 1, elements of the parameter.
    extent: vec4<u32>,
}

@group(0) @binding(1) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read_write> w: array<f32>;
@group(0) @binding(3) var<storage, read> gradient: array<f32>;
@group(0) @binding(4) var<storage, read_write> m: array<f32>;
@group(0) @binding(5) var<storage, read_write> v: array<f32>;
// rate, beta1, beta2, epsilon, c1, c2, clip (0: none), decay
@group(0) @binding(6) var<storage, read> hyper: array<f32>;
// |g|^2 over every parameter of the model
@group(0) @binding(7) var<storage, read> squared_norm: array<f32>;
// 1 where the step was taken, else 0
@group(0) @binding(8) var<storage, read_write> applied: array<f32>;

// By the bits: an optimiser may take for granted that `x != x` is false.
fn is_finite(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let sound = is_finite(squared_norm[0]);
    if id.x == 0u {
        applied[0] = select(0.0, 1.0, sound);
    }
    if !sound {
        return;
    }
    let rate = hyper[0];
    let beta1 = hyper[1];
    let beta2 = hyper[2];
    let epsilon = hyper[3];
    let correction1 = hyper[4];
    let correction2 = hyper[5];
    let clip = hyper[6];
    let decay = hyper[7];
    let norm = sqrt(squared_norm[0]);
    var scale = 1.0;
    if clip > 0.0 && norm > clip {
        scale = clip / norm;
    }
    for (var i = id.x; i < params.extent.z; i += groups.x * 64u) {
        let g = gradient[i] * scale;
        let first = beta1 * m[i] + (1.0 - beta1) * g;
        let second = beta2 * v[i] + (1.0 - beta2) * g * g;
        m[i] = first;
        v[i] = second;
        let step = (first / correction1) / (sqrt(second / correction2) + epsilon);
        w[i] -= rate * (step + decay * w[i]);
    }
}
