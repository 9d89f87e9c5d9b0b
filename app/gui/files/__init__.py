"""What the editor keeps on disk besides workflows: unsaved work, and where the window left off."""
