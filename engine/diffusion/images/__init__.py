"""Pictures and masks: files, sizes, masks, compositing, edges, histograms, grids, comparison."""
