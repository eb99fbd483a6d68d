"""Editions and Subscribers to Messages to Deliveries."""
