"""Language: sentences, plain text, French typography, dates, words, the letter's own wording.

Pure and usable as a library: no network, no clock, no knowledge of editions. One module a
subject; the two functions that everybody needs are exported here.
"""

from digest.text.segmentation import sentence_spans, sentences

__all__ = ["sentence_spans", "sentences"]
