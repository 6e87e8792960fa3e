"""One folder a protocol: `codec.py` (sans-I/O), `analysis.py` (bytes → operations), `adapter.py` (codec ⇄ pipeline ⇄
upstream). `base.py` is the contract, `registry.py` the only place that knows their names."""
