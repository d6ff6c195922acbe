//! Expression tables: gene ids and one column a sample.
