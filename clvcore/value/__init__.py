"""Money, spend and behaviour become lifetime value: LTV, CAC, lifetime, CLV and their forecast."""
