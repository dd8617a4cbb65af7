"""What tests stand on: a database each, a clock, real servers, a real browser."""
