"""Configurations of models in single files: from shapes where they tell, else published values."""
