import assert from 'node:assert/strict';
import type { Ceremony } from '../../../src/cis2/authenticators/webauthn/ceremony.ts';
import { webAuthnPolicy } from '../../../src/cis2/authenticators/webauthn/policy.ts';
import { readAttestation } from '../../../src/cis2/authenticators/webauthn/response.ts';
import { verifyAttestation } from '../../../src/cis2/authenticators/webauthn/verify.ts';
import { softAttestation } from '../../../src/cis2/testing/soft-authenticator.ts';
import { type FuzzTarget, hex } from '../target.ts';

const party = { id: 'cis2.example.test', origin: 'https://cis2.example.test' };
const challenge = 'a-challenge-of-this-page';
const id = Buffer.alloc(32, 7).toString('base64url');
const whole = softAttestation({ ...party, rpId: party.id, challenge, id });
const ceremony = { party, policy: webAuthnPolicy({}, true) } as Ceremony;

/** The attestation object of a registration: CBOR with a key, from an untrusted browser. */
export const target: FuzzTarget = {
  name: 'webauthn-registration',
  corpus: [new Uint8Array(Buffer.from(whole.response.attestationObject, 'base64url'))],
  words: [
    hex('a3'),
    hex('bf'),
    hex('ff'),
    hex('9f'),
    hex('5bffffffffffffffff'),
    hex('667061636b6564'),
    hex('63783563'),
  ],
  async run(bytes) {
    const attestationObject = Buffer.from(bytes).toString('base64url');
    const given = { ...whole, response: { ...whole.response, attestationObject } };
    const attestation = readAttestation(JSON.stringify(given));
    if (!attestation) return;
    const verified = await verifyAttestation(ceremony, attestation, challenge, 3);
    if ('refused' in verified) {
      assert.doesNotMatch(verified.refused, /call stack|memory|allocation/i);
      return;
    }
    // A changed object never has a trusted root.
    assert.equal(verified.body.root, null);
    assert.equal(attestation.id, id);
  },
};
