//! Signal files: bigWig, BAM, CRAM, bedGraph and reads as BED/tagAlign.
