"""One folder a protocol: `codec` (sans-I/O), `analysis` (bytes → operations), `adapter` (codec ⇄ pipeline ⇄
upstream), modules or packages. `base.py` is the contract, `registry.py` the only place that knows their names."""
