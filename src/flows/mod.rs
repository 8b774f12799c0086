//! One file for each flow family: forward, inverse and log-determinant.
