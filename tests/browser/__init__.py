"""The pages in a real browser, against a real node and a real server with the sample year behind them."""
