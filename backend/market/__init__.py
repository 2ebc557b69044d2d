"""The exchange's book: signed orders taken in, matched by price and time, journaled before they are acknowledged.

The books live in one thread (`sequencer`), are a function of the journal (`replay`, `matching`), and are read through
it. A command is one file: `place`, `cancel`, `funding`, `bust`. The chain is heard through `link`; trades go to
`settlement` through `trades`. INV-04 and INV-08 as far as the book goes: nobody is matched beyond amount or limit.
"""
