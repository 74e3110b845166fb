"""Count who uses each framework, from the Hub and from dated facts."""
