"""The sample company: a made-up brand, its systems' files, and the truth behind them."""
