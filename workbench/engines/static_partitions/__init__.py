"""Every team has machines of its own."""
