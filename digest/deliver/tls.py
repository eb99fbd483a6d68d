"""What proves a mail server's certificate: the system's authorities, or one of a file.  ~ world"""

from __future__ import annotations

import ssl


def verifying(ca_file: str = "") -> ssl.SSLContext:
    """TLS 1.2 or newer, and the certificate is verified.

    ``ca_file``: PEM; empty: the system's authorities. Raises OSError where it cannot be used.
    """
    context = ssl.create_default_context(cafile=ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # From Python 3.13 on it is the default, and refuses an authority that ``openssl req -x509``
    # made, which says nothing of what its key is for. Who signed is verified without it, too.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
