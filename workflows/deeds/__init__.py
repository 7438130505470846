"""Rules of enforceable deeds (赋强公证) that need no chain: what a document must say, who may make it, and how."""
