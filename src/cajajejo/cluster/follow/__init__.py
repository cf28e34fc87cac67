"""Jobs looked at and waited for: what is seen of them, their phases, and what their end means."""
