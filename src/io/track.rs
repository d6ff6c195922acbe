//! Tracks for the genome browser: BED, bedGraph, bigWig, bigBed, TSV.
