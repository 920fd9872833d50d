/**
 * FOR DEVELOPMENT ONLY, and public to the whole world: the key of the seeded tablet. Only development is seeded with its
 * public half, and no other instance takes a key that is marked as shared.
 */
export const demoTablet = {
  persona: 'locum',
  jwk: {
    kty: 'EC',
    crv: 'P-256',
    x: '2KGlnXmejS2q8diTEBOepbEIpkD-nBthXSeZC-fQk14',
    y: '0zmXkXciJcBFeGNjBh-aUkRMFAyQAYN-HWFy9gUCsXM',
    d: '09LWwjViIoXBAoHFidxj4Y7CF6h466Jogm8Uri-hFU0',
  },
} as const;
