"""What people start: the command line, and the parts that every front end shares."""
