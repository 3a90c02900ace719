"""The sample company: a made-up consumer goods brand, its systems' files and the truth behind them."""
