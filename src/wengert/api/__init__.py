"""What users call: argument handling and trees around the transforms."""
