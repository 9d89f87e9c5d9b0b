"""Training: one method a file over one trainer, and the recipe of the starter model."""
