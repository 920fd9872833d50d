import { FapiParty, refused } from '../../fapi-party.ts';
import { type KeyPair, newKeyPair } from '../../keys.ts';
import type { Module } from '../../module.ts';
import type { Reply } from '../../reply.ts';
import { now } from '../../time.ts';
import type { Trial } from '../../trial.ts';
import { fapi2 } from './name.ts';

type Claims = Record<string, unknown>;

/** Returns a request object with the whole request; omits undefined claims. */
const objectOf = (party: FapiParty, claims: Claims = {}, key?: KeyPair): Promise<string> =>
  party.sign({ ...party.parameters(), ...claims }, key);

/** Pushes only a request object. */
const pushObject = (party: FapiParty, request: string): Promise<Reply> =>
  party.pushForm({ client_id: party.rp.registered.clientId, request });

async function succeeds(trial: Trial, claims: (party: FapiParty) => Claims): Promise<void> {
  const party = await FapiParty.register(trial);
  const uri = party.requestUriOf(await pushObject(party, await objectOf(party, claims(party))));
  party.rp.tokensOf(await party.redeem(party.rp.codeOf(await party.rp.goOn(await party.begin(uri)))));
}

const taken = (name: string, claims: (party: FapiParty) => Claims): Module => ({
  id: fapi2(name),
  run: (trial) => succeeds(trial, claims),
});

const refuses = (name: string, claims: (party: FapiParty) => Claims): Module => ({
  id: fapi2(name),
  async run(trial) {
    const party = await FapiParty.register(trial);
    party.requestUriOf(await pushObject(party, await objectOf(party)));
    const answer = await pushObject(party, await objectOf(party, claims(party)));
    refused(answer, 'invalid_request_object', 'invalid_request');
  },
});

/** Signed requests (FAPI 2.0 Message Signing section 5.3.1, RFC 9101). */
export const signedRequests: readonly Module[] = [
  taken('ensure-request-object-with-multiple-aud-succeeds', ({ rp }) => ({
    aud: [rp.issuer, 'https://other.example'],
  })),
  taken('ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted', () => ({ nbf: now() + 8 })),
  refuses('ensure-request-object-without-exp-fails', () => ({ exp: undefined })),
  refuses('ensure-request-object-without-nbf-fails', () => ({ nbf: undefined })),
  refuses('ensure-expired-request-object-fails', () => ({ nbf: now() - 400, exp: now() - 300 })),
  refuses('ensure-request-object-with-bad-aud-fails', () => ({ aud: 'https://other.example' })),
  refuses('ensure-request-object-with-exp-over-60-fails', () => ({ exp: now() + 70 * 60 })),
  refuses('ensure-request-object-with-nbf-over-60-fails', () => ({ nbf: now() - 70 * 60 })),
  {
    id: fapi2('ensure-signed-request-object-with-RS256-fails'),
    async run(trial) {
      const [strong, weak] = [await newKeyPair('ES256', 'strong'), await newKeyPair('RS256', 'weak')];
      const party = await FapiParty.register(trial, { jwks: { keys: [strong.publicJwk, weak.publicJwk] } });
      const push = async (key: KeyPair) => {
        const request = await objectOf(party, {}, key);
        const client_assertion = party.asserts ? await party.rp.assertion({}, strong) : undefined;
        return party.pushForm({ request, client_id: party.rp.registered.clientId, client_assertion });
      };
      party.requestUriOf(await push(strong));
      refused(await push(weak), 'invalid_request_object', 'invalid_request');
    },
  },
  {
    id: fapi2('ensure-request-object-signature-algorithm-is-not-none'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const [, claims] = (await objectOf(party)).split('.');
      const header = Buffer.from('{"alg":"none","typ":"oauth-authz-req+jwt"}').toString('base64url');
      refused(await pushObject(party, `${header}.${claims}.`), 'invalid_request_object', 'invalid_request');
    },
  },
  {
    id: fapi2('ensure-request-object-with-invalid-signature-fails'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const damaged = `${(await objectOf(party)).slice(0, -8)}AAAAAAAA`;
      refused(await pushObject(party, damaged), 'invalid_request_object', 'invalid_request');
    },
  },
  {
    id: fapi2('ensure-matching-key-in-authorization-request'),
    async run(trial) {
      const [party, other] = [await FapiParty.register(trial), await FapiParty.register(trial)];
      const request = await objectOf(party, {}, other.rp.key);
      refused(await pushObject(party, request), 'invalid_request_object', 'invalid_request');
    },
  },
  {
    id: fapi2('ensure-unsigned-request-at-par-endpoint-fails'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      refused(await party.pushForm(party.parameters()), 'invalid_request', 'invalid_request_object');
    },
  },
  {
    id: fapi2('par-authorization-request-containing-request_uri'),
    async run(trial) {
      const party = await FapiParty.register(trial);
      const request_uri = 'urn:ietf:params:oauth:request_uri:another';
      const answer = await pushObject(party, await objectOf(party, { request_uri }));
      refused(answer, 'invalid_request_object', 'invalid_request', 'request_uri_not_supported');
    },
  },
];
