"""The commands of `inlet`, a file each: options in, a line or a listing out."""
