"""One dated number: drafted from the selection, kept as a file an editor can read and change,
merged with the next build, approved by a hash over what will leave."""
