"""What staff do to the books: post, reverse, read an entry, note a future item."""
