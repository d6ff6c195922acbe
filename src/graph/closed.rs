//! Programmes of single entries, or of blocks of them, that have a solution in closed form.

use super::inverse::soft;

/// JEEK (Wang, Sekhon and Qi, ICML 2018) for one entry: the shared part and each context's total. `inverses` are the
/// entries of the contexts' backward maps, `weights` those of the contexts' parts and `shared` that of the shared part.
///
/// The programme is min Σ w_k|x_k| + w_S|x_S| with |x_k + x_S − b_k| ≤ λ·min(w_k, w_S). Given x_S the best total is the
/// nearest point of the interval around b_k, so that x_S is the smallest minimiser of w_S|x| + Σ w_k·distance(x,
/// interval k): 0, or an end of an interval.
pub fn jeek(inverses: &[f64], weights: &[f64], shared: f64, lambda: f64) -> (f64, Vec<f64>) {
    let ends = |at: usize| {
        let reach = lambda * weights[at].min(shared);
        (inverses[at] - reach, inverses[at] + reach)
    };
    let distance = |x: f64, (low, high): (f64, f64)| (low - x).max(x - high).max(0.0);
    let cost =
        |x: f64| shared * x.abs() + (0..inverses.len()).map(|at| weights[at] * distance(x, ends(at))).sum::<f64>();
    let candidates = (0..inverses.len()).flat_map(|at| <[f64; 2]>::from(ends(at)));
    let (mut best, mut least) = (0.0, cost(0.0));
    for x in candidates {
        let cost = cost(x);
        // what differs by rounding alone is a tie, which the smaller |x| wins
        let tie = 1e-12 * (1.0 + least.abs());
        if cost < least - tie || (cost <= least + tie && x.abs() < f64::abs(best)) {
            (best, least) = (x, cost.min(least));
        }
    }
    let total = |at: usize| {
        let (low, high) = ends(at);
        best.clamp(low, high)
    };
    (best, (0..inverses.len()).map(total).collect())
}

/// FASJEM with groups of 2-norms (Wang, Gao and Qi, AISTATS 2017) for one entry over all contexts: min ‖ω‖₁ + ε‖ω‖₂ with
/// ‖ω − b‖∞ ≤ λ and ‖ω − b‖₂ ≤ ελ.
///
/// ω lies between b and the point nearest to 0 that the first bound allows. Where the second bound allows that point
/// it is best; else the second bound binds, and ω is the minimiser of t·(‖ω‖₁ + ε‖ω‖₂) + ½‖ω − b‖² for the one t that
/// puts it there.
pub fn fasjem_2(b: &[f64], epsilon: f64, lambda: f64) -> Vec<f64> {
    let low: Vec<f64> = b.iter().map(|&b| soft(b, lambda).abs()).collect();
    let high: Vec<f64> = b.iter().map(|b| b.abs()).collect();
    let radius = epsilon * lambda;
    let distance = |at: &[f64]| at.iter().zip(&high).map(|(at, high)| (high - at).powi(2)).sum::<f64>().sqrt();
    let mut best = low.clone();
    if distance(&low) > radius {
        // the distance rises with t
        let (mut near, mut far) = (0.0, high.iter().copied().fold(0.0, f64::max));
        while far - near > 1e-15 * (1.0 + far) {
            let t = f64::midpoint(near, far);
            if t <= near || t >= far {
                break;
            }
            best = shrunk_to(&low, &high, epsilon, t);
            if distance(&best) > radius { far = t } else { near = t }
        }
        best = shrunk_to(&low, &high, epsilon, near);
    }
    best.iter().zip(b).map(|(size, sign)| size.copysign(*sign)).collect()
}

/// The minimiser of t·(Σω + ε‖ω‖₂) + ½‖ω − high‖² with ω ≥ low ≥ 0: ω = max(low, (high − t)⁺·s / (s + tε)), where s is
/// its norm.
fn shrunk_to(low: &[f64], high: &[f64], epsilon: f64, t: f64) -> Vec<f64> {
    let of = |s: f64| -> Vec<f64> {
        let factor = if s > 0.0 { s / (s + t * epsilon) } else { 0.0 };
        low.iter().zip(high).map(|(low, high)| low.max((high - t).max(0.0) * factor)).collect()
    };
    let norm = |at: &[f64]| at.iter().map(|at| at * at).sum::<f64>().sqrt();
    let free = norm(&high.iter().map(|high| (high - t).max(0.0)).collect::<Vec<_>>()) - t * epsilon;
    // without the lower bounds the norm is known
    let found = of(free.max(0.0));
    if found.iter().zip(low).all(|(found, low)| found > low || *low == 0.0) {
        return found;
    }
    let (mut below, mut above) = (norm(low), norm(high));
    for _ in 0..200 {
        let s = f64::midpoint(below, above);
        if norm(&of(s)) > s { below = s } else { above = s }
    }
    of(above)
}

/// FASJEM with groups of ∞-norms for one entry over all contexts: min ‖ω‖₁ + ε‖ω‖∞ with ‖ω − b‖∞ ≤ λ and ‖ω − b‖₁ ≤ ελ.
///
/// Entries can come nearer to 0 by at most λ each and ελ together, and all of that is best spent. It goes first to the
/// largest entries, whose maximum it lowers; what is left then, where λ lets the maximum fall no more, may go to any,
/// and goes to the smallest, so that most of them become 0.
pub fn fasjem_infinity(b: &[f64], epsilon: f64, lambda: f64) -> Vec<f64> {
    let sizes: Vec<f64> = b.iter().map(|b| b.abs()).collect();
    let budget = epsilon * lambda;
    let largest = sizes.iter().copied().fold(0.0, f64::max);
    let mut descending = sizes.clone();
    descending.sort_unstable_by(|a, b| b.total_cmp(a));
    // the level that the budget allows: the largest i entries fall to it
    let (mut sum, mut level) = (0.0, 0.0);
    for (at, size) in descending.iter().enumerate() {
        sum += size;
        let candidate = (sum - budget) / (at + 1) as f64;
        level = f64::max(level, candidate);
    }
    let level = level.max(largest - lambda);
    let mut at: Vec<f64> = sizes.iter().map(|size| size.min(level)).collect();
    let mut left = budget - sizes.iter().zip(&at).map(|(size, at)| size - at).sum::<f64>();
    let mut ascending: Vec<usize> = (0..b.len()).collect();
    ascending.sort_by(|&one, &other| sizes[one].total_cmp(&sizes[other]));
    for entry in ascending {
        let spent = left.min(at[entry] - (sizes[entry] - lambda).max(0.0)).max(0.0);
        at[entry] -= spent;
        left -= spent;
    }
    at.iter().zip(b).map(|(size, sign)| size.copysign(*sign)).collect()
}

/// kDiffNet (Sekhon, Wang and Qi 2021) for the entries of one group: min Σ w|e| + ε‖g‖₂ over Δ = e + g with |Δ − b| ≤ λw for
/// each and ‖Δ − b‖₂ ≤ ελ.
///
/// Δ is b less its projection onto the set that both bounds allow: that projection, divided by λ, is a point at which
/// the dual norm of the objective is attained, which proves it. It is b / (1 + ν), cut off at λw, with the one ν ≥ 0 that
/// puts it into the ball.
pub fn kdiffnet(b: &[f64], weights: &[f64], epsilon: f64, lambda: f64) -> Vec<f64> {
    let cut = |factor: f64| -> Vec<f64> {
        b.iter().zip(weights).map(|(b, w)| (b * factor).clamp(-lambda * w, lambda * w)).collect()
    };
    let norm = |at: &[f64]| at.iter().map(|at| at * at).sum::<f64>().sqrt();
    let mut nearest = cut(1.0);
    if norm(&nearest) > epsilon * lambda {
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..200 {
            let factor = f64::midpoint(low, high);
            if norm(&cut(factor)) > epsilon * lambda { high = factor } else { low = factor }
        }
        nearest = cut(low);
    }
    b.iter().zip(nearest).map(|(b, near)| b - near).collect()
}
