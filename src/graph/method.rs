//! The estimators. This list is what flags, schemas, docs and tests read.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::inverse::BackwardMap;

/// How graphs are estimated
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "GraphMethod")]
pub enum Method {
    /// Partial correlations above --lambda, of each context alone
    #[default]
    Partial,
    /// The graphical lasso, of each context alone
    Glasso,
    /// SIMULE: a shared and an own part, by constrained l1 minimisation
    Simule,
    /// W-SIMULE: SIMULE with a weight for each edge
    Wsimule,
    /// JEEK: a shared and an own part in closed form, with weights
    Jeek,
    /// FASJEM: contexts alike by a 2-norm over them
    Fasjem,
    /// FASJEM: contexts alike by an infinity-norm over them
    FasjemInfinity,
    /// DIFFEE: what differs between each two contexts
    Diffee,
    /// kDiffNet: what differs, with weights of edges and groups of nodes
    Kdiffnet,
}

/// What a method is and needs.
#[derive(Clone, Copy, Debug)]
pub struct MethodFacts {
    /// What it solves.
    pub solves: &'static str,
    /// Its paper.
    pub citation: &'static str,
    /// The ε that it has where none is given; `None` of a method without ε.
    pub epsilon: Option<f64>,
    /// Whether it takes weights of edges.
    pub weights: bool,
    /// Whether its graphs are differences of two contexts.
    pub differences: bool,
    /// Fewest contexts.
    pub contexts: usize,
    /// The backward map that it starts from in the original package; `None` of a method that starts from the covariance.
    pub original_map: Option<BackwardMap>,
    /// λ = this × the largest |entry| of what it starts from is the end of the path.
    pub smallest: f64,
}

/// The default ε of SIMULE: a shared entry pays where it serves more than this share of the contexts. (The packages' 1 is
/// a tie: whether an edge of all contexts is then shared or own is chance.)
const SHARED: f64 = 0.75;

impl Method {
    /// All of them.
    pub const ALL: [Method; 9] = [
        Method::Partial,
        Method::Glasso,
        Method::Simule,
        Method::Wsimule,
        Method::Jeek,
        Method::Fasjem,
        Method::FasjemInfinity,
        Method::Diffee,
        Method::Kdiffnet,
    ];

    /// The name used in flags and files.
    pub fn name(self) -> &'static str {
        match self {
            Method::Partial => "partial",
            Method::Glasso => "glasso",
            Method::Simule => "simule",
            Method::Wsimule => "wsimule",
            Method::Jeek => "jeek",
            Method::Fasjem => "fasjem",
            Method::FasjemInfinity => "fasjem-infinity",
            Method::Diffee => "diffee",
            Method::Kdiffnet => "kdiffnet",
        }
    }

    /// What it is and needs.
    pub fn facts(self) -> MethodFacts {
        let each = MethodFacts {
            solves: "",
            citation: "",
            epsilon: None,
            weights: false,
            differences: false,
            contexts: 1,
            original_map: None,
            smallest: 0.02,
        };
        let absolute = Some(BackwardMap::LargestAbsolute);
        let relative = Some(BackwardMap::LargestRelative);
        match self {
            Method::Partial => MethodFacts {
                solves: "the inverse of the correlations, shrunk as far as Ledoit and Wolf find best; an edge is a partial correlation above λ",
                citation: "Ledoit and Wolf, J. Multivariate Anal. 2004",
                ..each
            },
            Method::Glasso => MethodFacts {
                solves: "max log det Θ − tr(ΣΘ) − λ·Σ\\|θ\\| outside of the diagonal",
                citation: "Friedman et al., Biostatistics 2008",
                ..each
            },
            Method::Simule => MethodFacts {
                solves: "min Σₖ\\|Ωₖ\\| + εK·\\|Ω_S\\| with every entry of Σₖ(Ωₖ + Ω_S) − I at most λ; of a pair the smaller entry",
                citation: "Wang et al., Machine Learning 2017",
                epsilon: Some(SHARED),
                contexts: 2,
                ..each
            },
            Method::Wsimule => MethodFacts {
                solves: "as simule, where an entry costs its weight",
                citation: "Singh et al., NIPS workshop 2017",
                epsilon: Some(SHARED),
                weights: true,
                contexts: 2,
                ..each
            },
            Method::Jeek => MethodFacts {
                solves: "of every entry, min w·(Σₖ\\|xₖ\\| + \\|x_S\\|) with \\|xₖ + x_S − bₖ\\| ≤ λw, in closed form",
                citation: "Wang et al., ICML 2018",
                weights: true,
                contexts: 2,
                original_map: absolute,
                ..each
            },
            Method::Fasjem | Method::FasjemInfinity => MethodFacts {
                solves: "of every entry over contexts, min ‖ω‖₁ + ε‖ω‖ with ‖ω − b‖∞ ≤ λ and the dual norm of ω − b ≤ ελ; ‖·‖ is the 2-norm (fasjem) or the ∞-norm (fasjem-infinity)",
                citation: "Wang et al., AISTATS 2017",
                epsilon: Some(0.1),
                contexts: 2,
                original_map: absolute,
                ..each
            },
            Method::Diffee => MethodFacts {
                solves: "min ‖Δ‖₁ with \\|Δ − (B₂ − B₁)\\| ≤ λ, in closed form, of each two contexts",
                citation: "Wang et al., AISTATS 2018",
                differences: true,
                contexts: 2,
                original_map: relative,
                ..each
            },
            Method::Kdiffnet => MethodFacts {
                solves: "min Σ w\\|e\\| + ε·Σ‖g‖ over groups, Δ = e + g, with \\|Δ − (B₂ − B₁)\\| ≤ λw and of each group ‖Δ − (B₂ − B₁)‖ ≤ ελ",
                citation: "Sekhon et al., 2021",
                epsilon: Some(1.0),
                weights: true,
                differences: true,
                contexts: 2,
                original_map: relative,
                ..each
            },
        }
    }
}
