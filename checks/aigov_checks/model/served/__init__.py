"""A model that a server answers for: asked by the Open Inference Protocol, version 2, over HTTP."""
