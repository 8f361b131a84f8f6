"""Captions of pictures: the store that the gallery writes, and the search that everyone else reads with.

`store.Captions` writes; `search.CaptionSearch` finds; `exchange` carries captions between machines.
"""
