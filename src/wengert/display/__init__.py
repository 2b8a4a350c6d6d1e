"""What a person reads: printed graphs."""
