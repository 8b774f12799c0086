// Elementwise functions of one, two or three values that broadcast to one shape.
//
// A stride of 0 repeats an operand along an axis. FUNCTION is put before this text as a constant: the compiler keeps only its case.

struct Params {
    // Rows, positions, channels of the result.
    extent: vec4<u32>,
    // Its axes, and the operands' strides along them.
    dims: vec4<u32>,
    a: vec4<u32>,
    b: vec4<u32>,
    c: vec4<u32>,
    // 1 where every operand has the result's shape: element e reads element e.
    plain: u32,
    unused0: u32,
    unused1: u32,
    unused2: u32,
}

@group(0) @binding(1) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> b: array<f32>;
@group(0) @binding(4) var<storage, read> c: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

fn one(x: f32) -> f32 {
    switch FUNCTION {
        case 0u: { return -x; }
        case 1u: { return abs(x); }
        case 2u: { return select(0.0, 1.0, x > 0.0) - select(0.0, 1.0, x < 0.0); }
        case 3u: { return exp_(x); }
        case 4u: { return ln_(x); }
        case 5u: { return sqrt(x); }
        case 6u: { return 1.0 / x; }
        case 7u: { return x * x; }
        case 8u: { return tanh_(x); }
        case 9u: { return sigmoid_(x); }
        case 10u: { return select(0.0, x, x > 0.0); }
        case 11u: { return softplus_(x); }
        // Stop-gradient: the value itself.
        default: { return x; }
    }
}

fn two(p: f32, q: f32) -> f32 {
    switch FUNCTION {
        case 16u: { return p + q; }
        case 17u: { return p - q; }
        case 18u: { return p * q; }
        case 19u: { return p / q; }
        case 20u: { return select(q, p, p > q); }
        case 21u: { return select(q, p, p < q); }
        case 22u: { return select(0.0, p, q > 0.0); }
        case 23u: { return select(0.0, 1.0, p > q); }
        default: { return select(0.0, 1.0, p == q); }
    }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let part = covered(params.extent);
    let dims = params.dims;
    for (var job = id.x; job < elements(part, params.extent); job += groups.x * 64u) {
        let e = element_of(part, params.extent, job);
        var at = vec3(e);
        if params.plain == 0u {
            let e2 = e / dims.w;
            let e1 = e2 / dims.z;
            let e0 = e1 / dims.y;
            let index = vec4(e0, e1 - e0 * dims.y, e2 - e1 * dims.z, e - e2 * dims.w);
            let ia = index * params.a;
            let ib = index * params.b;
            let ic = index * params.c;
            at = vec3(ia.x + ia.y + ia.z + ia.w, ib.x + ib.y + ib.z + ib.w, ic.x + ic.y + ic.z + ic.w);
        }
        if FUNCTION < 16u {
            y[e] = one(a[at.x]);
        } else if FUNCTION < 32u {
            y[e] = two(a[at.x], b[at.y]);
        } else {
            // a where the condition c is not 0, else b.
            y[e] = select(b[at.y], a[at.x], c[at.z] != 0.0);
        }
    }
}
