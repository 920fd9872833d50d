import { SignJWT } from 'jose';
import { FapiParty, refused } from '../../fapi-party.ts';
import { type KeyPair, newKeyPair } from '../../keys.ts';
import type { Module } from '../../module.ts';
import type { Change, Reply } from '../../reply.ts';
import { now } from '../../time.ts';
import type { Trial } from '../../trial.ts';

const messages = (name: string): string => `fapi2-message-signing-final-${name}`;

type Claims = Record<string, unknown>;

/** Registers a client for signed requests. */
const register = (trial: Trial, more: { jwks?: { keys: KeyPair['publicJwk'][] } } = {}): Promise<FapiParty> =>
  FapiParty.register(trial, { signedRequests: true, ...more });

/** Returns a request object with the whole request; omits undefined claims. */
async function objectOf(party: FapiParty, claims: Claims = {}, key: KeyPair = party.rp.key): Promise<string> {
  const { clientId } = party.rp.registered;
  const usual = { iss: clientId, aud: party.rp.issuer, nbf: now(), exp: now() + 300, ...party.parameters() };
  const kept = JSON.parse(JSON.stringify({ ...usual, ...claims })) as Claims;
  return new SignJWT(kept)
    .setProtectedHeader({ alg: key.algorithm, kid: key.publicJwk.kid, typ: 'oauth-authz-req+jwt' })
    .sign(key.privateKey);
}

/** Pushes only a request object. */
const pushObject = (party: FapiParty, request: string): Promise<Reply> =>
  party.rp.send(party.rp.endpoint('pushed_authorization_request_endpoint'), {
    client_id: party.rp.registered.clientId,
    request,
  } satisfies Change);

async function succeeds(trial: Trial, claims: (party: FapiParty) => Claims): Promise<void> {
  const party = await register(trial);
  const uri = party.requestUriOf(await pushObject(party, await objectOf(party, claims(party))));
  party.rp.tokensOf(await party.redeem(party.rp.codeOf(await party.rp.goOn(await party.begin(uri)))));
}

const taken = (name: string, claims: (party: FapiParty) => Claims): Module => ({
  id: messages(name),
  run: (trial) => succeeds(trial, claims),
});

const refuses = (name: string, claims: (party: FapiParty) => Claims): Module => ({
  id: messages(name),
  async run(trial) {
    const party = await register(trial);
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
    id: messages('ensure-signed-request-object-with-RS256-fails'),
    async run(trial) {
      const [strong, weak] = [await newKeyPair('ES256', 'strong'), await newKeyPair('RS256', 'weak')];
      const party = await register(trial, { jwks: { keys: [strong.publicJwk, weak.publicJwk] } });
      const push = async (key: KeyPair) => {
        const request = await objectOf(party, {}, key);
        const assertion = await party.rp.assertion({}, strong);
        return party.rp.send(party.rp.endpoint('pushed_authorization_request_endpoint'), {
          request,
          client_id: party.rp.registered.clientId,
          client_assertion: assertion,
        });
      };
      party.requestUriOf(await push(strong));
      refused(await push(weak), 'invalid_request_object', 'invalid_request');
    },
  },
  {
    id: messages('ensure-request-object-signature-algorithm-is-not-none'),
    async run(trial) {
      const party = await register(trial);
      const [, claims] = (await objectOf(party)).split('.');
      const header = Buffer.from('{"alg":"none","typ":"oauth-authz-req+jwt"}').toString('base64url');
      refused(await pushObject(party, `${header}.${claims}.`), 'invalid_request_object', 'invalid_request');
    },
  },
  {
    id: messages('ensure-request-object-with-invalid-signature-fails'),
    async run(trial) {
      const party = await register(trial);
      const damaged = `${(await objectOf(party)).slice(0, -8)}AAAAAAAA`;
      refused(await pushObject(party, damaged), 'invalid_request_object', 'invalid_request');
    },
  },
  {
    id: messages('ensure-matching-key-in-authorization-request'),
    async run(trial) {
      const [party, other] = [await register(trial), await register(trial)];
      const request = await objectOf(party, {}, other.rp.key);
      refused(await pushObject(party, request), 'invalid_request_object', 'invalid_request');
    },
  },
  {
    id: messages('ensure-unsigned-request-at-par-endpoint-fails'),
    async run(trial) {
      const party = await register(trial);
      refused(await party.push(), 'invalid_request', 'invalid_request_object');
    },
  },
  {
    id: messages('par-authorization-request-containing-request_uri'),
    async run(trial) {
      const party = await register(trial);
      const request_uri = 'urn:ietf:params:oauth:request_uri:another';
      const answer = await pushObject(party, await objectOf(party, { request_uri }));
      refused(answer, 'invalid_request_object', 'invalid_request', 'request_uri_not_supported');
    },
  },
];
