//! DeepChrome's CSV layout: gene, bin, one column a mark, label; no header.
