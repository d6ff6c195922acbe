use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// Shards of genes whose three values are all the gene's number; the label is its lowest bit.
#[derive(Debug)]
struct Numbered {
    n_genes: Vec<usize>,
    broken: Option<usize>,
    read: AtomicUsize,
}

impl Numbered {
    fn new(n_genes: &[usize]) -> Arc<Self> {
        Arc::new(Numbered { n_genes: n_genes.to_vec(), broken: None, read: AtomicUsize::new(0) })
    }
}

impl Shards for Numbered {
    fn n_genes(&self) -> &[usize] {
        &self.n_genes
    }

    fn read(&self, shard: usize) -> Result<GeneSet, ShardError> {
        if self.broken == Some(shard) {
            return Err(ShardError("shard is gone".into()));
        }
        let first: usize = self.n_genes[..shard].iter().sum();
        let mut genes = GeneSet::default();
        for gene in first..first + self.n_genes[shard] {
            genes.push(&[gene as f32; 3], (gene % 2) as f32);
        }
        self.read.fetch_add(genes.len(), Ordering::SeqCst);
        Ok(genes)
    }
}

fn stream(shards: Arc<Numbered>, window: usize) -> Stream {
    let labels = (0..shards.n_genes.iter().sum()).map(|gene: usize| (gene % 2) as f32).collect();
    Stream::new(shards, labels, window)
}

fn streamed(n_genes: &[usize], window: usize) -> Stream {
    stream(Numbered::new(n_genes), window)
}

/// The next up to 16 genes.
fn batch(flow: &mut Shuffled) -> Result<GeneSet, ShardError> {
    let mut batch = GeneSet::default();
    while batch.len() < 16 && flow.push_next(&mut batch)? {}
    Ok(batch)
}

/// The genes of an epoch in order, after checking that values and labels stayed together.
fn genes(stream: &Stream, seed: u64, epoch: u32) -> Vec<usize> {
    genes_of(stream.shuffled(seed, epoch))
}

fn genes_of(mut flow: Shuffled) -> Vec<usize> {
    let mut genes = Vec::new();
    loop {
        let batch = batch(&mut flow).unwrap();
        for at in 0..batch.len() {
            let gene = batch.gene(at)[0];
            assert!(batch.gene(at) == [gene; 3] && batch.labels[at] == gene % 2.0);
            genes.push(gene as usize);
        }
        if batch.len() < 16 {
            return genes;
        }
    }
}

#[test]
fn every_gene_comes_once_an_epoch_whatever_the_window() {
    for sizes in [&[7usize, 1, 30, 0, 12, 50][..], &[100], &[1; 100]] {
        for window in [0, 1, 16, 33, 100, 1000] {
            let mut order = genes(&streamed(sizes, window), 1, 0);
            order.sort_unstable();
            assert_eq!(order, (0..100).collect::<Vec<_>>(), "{sizes:?} {window}");
        }
    }
    assert!(genes(&streamed(&[], 5), 1, 0).is_empty());
}

#[test]
fn seed_and_epoch_decide_the_order_and_nothing_else_does() {
    let source = streamed(&[10; 30], 64);
    let order = genes(&source, 1, 3);
    // what was read before, as by a training that was not interrupted, leaves no trace
    assert_eq!(order, genes(&source, 1, 3));
    assert_eq!(order, genes(&streamed(&[10; 30], 64), 1, 3));
    assert_ne!(order, genes(&source, 2, 3));
    assert_ne!(order, genes(&source, 1, 4));
    assert_ne!(order, genes(&streamed(&[10; 30], 65), 1, 3));
}

#[test]
fn the_order_is_the_documented_one() {
    // a window of one gene changes nothing: the shards, each in file order, in a permutation of their own
    let shards = random::gene_order(9, 2, 5);
    let expected: Vec<usize> = shards.iter().flat_map(|shard| shard * 4..shard * 4 + 4).collect();
    assert_eq!(genes(&streamed(&[4; 5], 1), 9, 2), expected);
    // a window of w: the n-th gene out is one of the first n + w in
    let window = 6;
    let order = genes(&streamed(&[4; 5], window), 9, 2);
    for (out, gene) in order.iter().enumerate() {
        let came = expected.iter().position(|other| other == gene).unwrap();
        assert!(came < out + window, "gene {gene} came as {came}, left as {out}");
    }
    assert_ne!(order, expected);
}

#[test]
fn a_window_of_all_genes_makes_every_order_alike() {
    // where gene 0 of 5 comes, over many seeds
    let source = streamed(&[2, 3], 5);
    let mut places = [0; 5];
    for seed in 0..2000 {
        places[genes(&source, seed, 0).iter().position(|&gene| gene == 0).unwrap()] += 1;
    }
    assert!(places.iter().all(|&count| (320..480).contains(&count)), "{places:?}");
}

#[test]
fn no_more_than_the_window_and_three_shards_are_held() {
    let shards = Numbered::new(&[20; 200]);
    let (mut flow, mut used) = (stream(shards.clone(), 100).shuffled(1, 0), 0);
    while used < 4000 {
        let held = shards.read.load(Ordering::SeqCst) - used;
        assert!(held <= 100 + 3 * 20, "{held} genes are held");
        used += batch(&mut flow).unwrap().len();
        std::thread::yield_now();
    }
    assert!(batch(&mut flow).unwrap().is_empty());
}

#[test]
fn in_order_genes_come_as_they_lie() {
    let shards: Vec<usize> = streamed(&[3, 0, 2], 1).in_order().map(|shard| shard.unwrap().len()).collect();
    assert_eq!(shards, [3, 0, 2]);
    assert_eq!(genes_of(streamed(&[30, 0, 2], 64).unshuffled()), (0..32).collect::<Vec<_>>());
}

#[test]
fn a_shard_that_cannot_be_read_ends_the_epoch_with_its_error() {
    let shards = Numbered { broken: Some(3), ..Arc::into_inner(Numbered::new(&[10; 6])).unwrap() };
    let stream = stream(Arc::new(shards), 5);
    let mut flow = stream.shuffled(1, 0);
    let error = (0..5).find_map(|_| batch(&mut flow).err()).unwrap();
    assert_eq!(error.to_string(), "shard is gone");
    assert!(stream.in_order().any(|shard| shard.is_err()));
}
