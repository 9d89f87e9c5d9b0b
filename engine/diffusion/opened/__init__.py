"""The denoise loop taken apart into values and steps."""
