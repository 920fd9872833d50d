import { X509Certificate } from 'node:crypto';

/** What signs attestations in Chromium's virtual authenticator: known to everybody, so trusted in development alone. */
export const developmentRoot = `-----BEGIN CERTIFICATE-----
MIIB1DCCAXqgAwIBAgIBATAKBggqhkjOPQQDAjBgMQswCQYDVQQGEwJVUzERMA8G
A1UECgwIQ2hyb21pdW0xIjAgBgNVBAsMGUF1dGhlbnRpY2F0b3IgQXR0ZXN0YXRp
b24xGjAYBgNVBAMMEUJhdGNoIENlcnRpZmljYXRlMB4XDTE3MDcxNDAyNDAwMFoX
DTQ2MTExOTE5NDQyMFowYDELMAkGA1UEBhMCVVMxETAPBgNVBAoMCENocm9taXVt
MSIwIAYDVQQLDBlBdXRoZW50aWNhdG9yIEF0dGVzdGF0aW9uMRowGAYDVQQDDBFC
YXRjaCBDZXJ0aWZpY2F0ZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABI1hfmXJ
UI5kvMVnOsgqZ5naPBRGaCwljEY//99Y39L6Pmw3i1PXlcSk3/tBme3Xhi8jq68C
A7S4kRugVpmU4QGjJTAjMAwGA1UdEwEB/wQCMAAwEwYLKwYBBAGC5RwCAQEEBAMC
BSAwCgYIKoZIzj0EAwIDSAAwRQIhAO4K3DCVIHAXwH0doguEPI4usQ6TDvmWFk3R
6AlyUHOoAiBrDSP1M+/UKWzVsHAVoZhzPQLdq1BVVNITFNmuLUWDFQ==
-----END CERTIFICATE-----`;

/** The model that it claims to be. */
export const developmentAaguid = '01020304-0506-0708-0102-030405060708';

/** Its fingerprint (SHA-256), by which credentials remember their root. */
export const developmentFingerprint = new X509Certificate(developmentRoot).fingerprint256;
