"""Certificates, time-stamps and signatures: who signed a document, when, and whether it holds today.

provider    where certificates and time-stamps come from: the development authority, or licensed ones by settings
authority   the development certification authority, labelled as such
tsa         the development time-stamping authority
timestamp   RFC 3161 tokens checked point by point
standing    what a revocation does to signatures made before it, in its window, and after it
signing     PAdES B-T: notary's signature, office's signature with visible seal, time-stamp
validation  the verdict on a signed document
sm2         SM2 with SM3 over a document's bytes, with certificates of the same kind
"""
