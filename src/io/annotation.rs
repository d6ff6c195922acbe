//! Gene annotations: GTF, GFF3 and BED, reduced to one TSS a gene.
