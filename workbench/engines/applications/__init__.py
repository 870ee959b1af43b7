"""What runs inside tasks and keeps data: part of the World, the same under every control plane."""
