"""Documents people hold: typed content → PDF/A with an embedded Chinese font, the same bytes every time.

contents    what each kind of document says, as plain values
figures     money, rates, days and instants in the words of Chinese legal papers
render      content → template → PDF, and where the seal goes
templates/  the papers (Typst); content reaches them as values, never as markup
"""
