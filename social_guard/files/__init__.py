"""Comments and models in and out: tables, frames, streams that survive a kill, the folder of a model."""
