"""The sample world and the servers that serve it; outside the layers."""
