//! Nothing: this package exists to pin a dependency.
