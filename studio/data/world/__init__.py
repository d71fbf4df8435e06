"""*World*: an embedded data set of conversations and texts about a small valley, written by the program itself.

Text ``index`` of ``seed`` is a pure function of the two. What is known of the people of a seed is the same in all of
its texts, so that a model can be asked about them, and a checker knows what is right.
"""
