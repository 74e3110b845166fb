"""Score predictions: metrics, calibration, slices, robustness, significance and the verdict."""
