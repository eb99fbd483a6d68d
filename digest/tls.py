"""What proves a server's certificate: the system's authorities, or those of a file.  ~ world"""

from __future__ import annotations

import ssl

# What OpenSSL calls X509_V_ERR_CERT_HAS_EXPIRED, _HOSTNAME_MISMATCH and _IP_ADDRESS_MISMATCH.
EXPIRED = 10
ANOTHERS = (62, 64)


def verifying(ca_file: str = "") -> ssl.SSLContext:
    """TLS 1.2 or newer, and the certificate is verified, alike on every Python.

    ``ca_file``: PEM; empty: the system's authorities, which SSL_CERT_FILE and SSL_CERT_DIR may
    name. They are read now. Raises OSError where the file cannot be used.
    """
    context = ssl.create_default_context(cafile=ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # From Python 3.13 on both are the default. The first refuses an authority that
    # ``openssl req -x509`` made, which says nothing of what its key is for; who signed is verified
    # without it, too. The second trusts what the file names, though another signed that.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def browsing() -> ssl.SSLContext:
    """The same for a page or a feed: ``verifying()`` by the system, over HTTP/1.1."""
    context = verifying()
    context.set_alpn_protocols(["http/1.1"])
    return context


def distrusted(error: ssl.SSLError) -> str:
    """In a clause, why TLS with a server came to nothing, and the cure where it is ours."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        # One that Python itself made has no reason.
        return f"no TLS can be agreed on ({getattr(error, 'reason', None) or error})"
    if error.verify_code == EXPIRED:
        return "its certificate has expired; whoever runs it must renew it"
    if error.verify_code in ANOTHERS:
        return "its certificate is for another name"
    return (
        f"nobody we trust signed its certificate ({error.verify_message}); where that was you, "
        "add your authority to those of this machine or to the file that SSL_CERT_FILE names"
    )
