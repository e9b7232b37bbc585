"""Big Transfer (BiT): its spec, its cells, its folded kernels."""
