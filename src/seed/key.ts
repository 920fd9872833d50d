import { createPublicKey } from 'node:crypto';
import type { JsonWebKey } from '@alongside/kernel/jws';

/** The kid of the demo key in the seeded applications. */
export const demoKeyId = 'demo-1';

/**
 * FOR DEVELOPMENT ONLY, and public: the private key with which the sample and the examples sign client assertions. Only
 * seeded applications have its public key, and only development is seeded.
 */
export const demoPrivateKeyPem = `
-----BEGIN PRIVATE KEY-----
MIIEvwIBADANBgkqhkiG9w0BAQEFAASCBKkwggSlAgEAAoIBAQCjGidKxDXuuddA
8B0t50JvH5mi3xZNZZJWFOf/RGGRmgGXOD/gQ5UAuvTh0VfsMYtGXKAdfpS33jJp
rXINJALHF8uUsOEa+mFvpDzGvKZUaqamgj0JEZ7Xv6bRQqjqG/cBXihr4wK/w706
Gylr2iJdS20ZGHxgOT9bEqJEgcBGVi5U2kilwYvY5Oay8juVAf+K8W+l+EqRoNZD
bMPCTqRKDBsLewUWVlq3CFuLosbF0U0pGk4+SR89QqJ7w6gqZCHGbHalGGNAfURd
MQ9u0VM5Yw5yvDxGqvPZ1+Jt0r0e09lPt0vqJg/xVCqadf768YlpcjnPlyRzgUOy
8eoSk+K9AgMBAAECggEAD5XjtE7MkovaqF9pgmXrYMAFx90Gfg3bLnOf+bIYmre7
OC6NWApNNj0nQl7lRnIzi101hav/XRST/6ot0FilFU5OS16dnBzZ67engRwszrtE
QnwGhhPTeG1dbPiwOHLEpzJOrYSLUjTLo75NtnspNn4LJk9DL1S5G6RLsj0t2Oqj
NUNc6qgDLTNRFqV3LKqMnlTRZsYjMsqZkkAspdaZsLXzBkB3z+2OTRhL+HrGEQFe
lfCtVSF4nqMiJvjVIgnPV98yyo29KPwN1M1mL3WiCVRIeDJpttSlRN+4nAjSiTYv
TCE5PLrdpJs/dVoOf5iswgESRLnDXHsM7FzwYuD6gQKBgQDX4Ji64Jn8x1hpGdlE
yfsUo27Oyf9qhpavGlY6M6C2QWC/WPCCw2BirH9v11vDmZVki4A3PP8avILB4TXL
hb/eX6qDc7o9gV7mrmUylgCo67Ydia4llvp25Z/KobpbYHx+AGQn/xFl05o/B5OW
CR3Fi9mObU4xjC5rQ3pZjiQ1wQKBgQDBaoYuVs5988oqAOfV8ShDOgaNqcWn5lbY
nnr1ebLf+r6fZ212ZFGrfY/tvKCDb/OSJT7hHWvf/oWDB3RUQhYnqHe6liwajqYR
nUAKBe6BrAeoeZW57HCxiwT0d86dOFAZtTaCska0Zevz2Pg0REq/R6l1k3XPJUc4
MjywjYmD/QKBgQCRPcXkLYrM/F3qUH7SfkZUa2T48gTLagPliYWsIOIm3TO3aaJf
iA3INaCD4dQWdLWDcSvxfjNwjJY41Un5RWKCvcCeMnWCPhFYiMsDTtLg072yf9hP
6BVZe0KX9VnJctAvghngowbUiJqFf5Z3YmjKaT4VSktKoLL2be7aY/zOwQKBgQC5
vu1hryfbObbao8gBY/mApkcI4RPa7JBWs8vt1pP8GbfbKd6rpifwg0Mn0tBrqaXG
olJCqpigorPhY9VJ3bWdHGLvI6zzTC8cF2IavhuRGH66QxmRVgnb12BIzo3z2tLB
/Y998GuKb58rrSCgQT1veQi6y4SGDIza4RP7kdGQmQKBgQCHW0DxV16le+zFZStR
UfiSXXp3CuwGLIZm7/7RrwgT2EzAGO5Ja1FyaKR0Een+IttbD9D02PH8vwh/gsjl
qGraJRtACs5X40/XloVPHlQtoucxWAJscC5fAh6mFla6lsmBUJdWqO+Cg5qFKDk+
wfWZe3c6mJAKYoYq5pUzt9aQUw==
-----END PRIVATE KEY-----
`.trimStart();

/** Returns the public key, as registered by the seeded applications. */
export const demoKeySet = (): { keys: JsonWebKey[] } => {
  const { kty, n, e } = createPublicKey(demoPrivateKeyPem).export({ format: 'jwk' });
  return { keys: [{ kty, n, e, kid: demoKeyId, use: 'sig', alg: 'RS512' }] };
};
