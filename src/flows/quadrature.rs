//! Quadrature on `[-1, 1]`: nodes and weights.

use std::f64::consts::PI;

/// Gauss's rule of `count` nodes: exact for polynomials of degree up to `2 count - 1`. The nodes are the roots of the Legendre polynomial,
/// by Newton's method from `cos(pi (i + 3/4) / (n + 1/2))`; the weights are `2 / ((1 - x^2) P'(x)^2)`.
pub fn gauss_legendre(count: usize) -> (Vec<f64>, Vec<f64>) {
    let legendre = |x: f64| {
        let (mut before, mut value) = (1.0, x);
        for n in 1..count {
            let n = n as f64;
            (before, value) = (value, ((2.0 * n + 1.0) * x * value - n * before) / (n + 1.0));
        }
        let slope = count as f64 * (x * value - before) / (x * x - 1.0);
        (value, slope)
    };
    let node = |i: usize| {
        let mut x = (PI * (i as f64 + 0.75) / (count as f64 + 0.5)).cos();
        for _ in 0..20 {
            let (value, slope) = legendre(x);
            x -= value / slope;
        }
        (x, 2.0 / ((1.0 - x * x) * legendre(x).1.powi(2)))
    };
    (0..count).map(node).unzip()
}

/// Clenshaw and Curtis's rule of order N, even: the N + 1 nodes are `cos(k pi / N)`, from 1 down to -1; exact for polynomials of degree up to N.
pub fn clenshaw_curtis(order: usize) -> (Vec<f64>, Vec<f64>) {
    let order = (order.max(2)).next_multiple_of(2);
    let n = order as f64;
    let weight = |k: usize| {
        let theta = k as f64 * PI / n;
        let series: f64 = (1..=order / 2)
            .map(|j| {
                let half = if j == order / 2 { 1.0 } else { 2.0 };
                half * (2.0 * j as f64 * theta).cos() / (4.0 * (j * j) as f64 - 1.0)
            })
            .sum();
        let ends = if k == 0 || k == order { 1.0 } else { 2.0 };
        ends / n * (1.0 - series)
    };
    ((0..=order).map(|k| (k as f64 * PI / n).cos()).collect(), (0..=order).map(weight).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Integral of `x^degree` over `[-1, 1]`.
    fn exact(degree: usize) -> f64 {
        if degree.is_multiple_of(2) { 2.0 / (degree as f64 + 1.0) } else { 0.0 }
    }

    fn error((nodes, weights): &(Vec<f64>, Vec<f64>), degree: usize) -> f64 {
        (nodes.iter().zip(weights).map(|(x, w)| w * x.powi(degree as i32)).sum::<f64>() - exact(degree)).abs()
    }

    #[test]
    fn both_rules_are_exact_up_to_their_degree_and_not_beyond() {
        for count in 1..=12 {
            let rule = gauss_legendre(count);
            assert!((0..2 * count).all(|degree| error(&rule, degree) < 1e-13), "Gauss, {count} nodes");
            assert!(error(&rule, 2 * count) > 1e-10, "Gauss, {count} nodes, one degree too many");
        }
        for order in [2, 4, 10, 20, 50] {
            let rule = clenshaw_curtis(order);
            assert!((0..=order + 1).all(|degree| error(&rule, degree) < 1e-13), "order {order}");
            assert!(order > 10 || error(&rule, order + 2) > 1e-10, "order {order}, one degree too many");
        }
    }
}
