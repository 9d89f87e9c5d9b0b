"""Pictures: looked at, compared, painted on, collected."""
