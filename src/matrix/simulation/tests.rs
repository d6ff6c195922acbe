//! Tests of the simulation as a whole.
use super::*;

fn design() -> Design {
    Design { seed: 1, n_genes: 300, n_samples: 2, n_chroms: 3, depth: 1.0 }
}

#[test]
fn the_same_seed_gives_the_same_fragments_and_another_does_not() {
    let (one, two) = (Simulation::new(design()), Simulation::new(design()));
    let mark = SimulatedMark::H3K4me3;
    assert_eq!(one.fragments(0, mark), two.fragments(0, mark));
    assert_ne!(one.fragments(0, mark), one.fragments(1, mark));
    assert_ne!(one.fragments(0, mark), Simulation::new(Design { seed: 2, ..design() }).fragments(0, mark));
}
