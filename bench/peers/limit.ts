import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { assertion, privateKey as clientKey, publicKey } from './client-key.ts';

const server = createPrivateKey(
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).privateKey,
);

const serverPublic = createPublicKey(server);

/** Returns the processor time of one call in microseconds, the median of several series. */
function cost(work: () => unknown): number {
  const series = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    for (let n = 0; n < 200; n++) work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 200;
  });
  return series.sort((a, b) => a - b)[2] ?? 0;
}

/** Returns the cost of each scenario's cryptography alone in microseconds: no server can take less. */
export function limits(): Record<string, number> {
  const input = Buffer.from(assertion({ clientId: 'limit', audience: 'limit' }));
  const signature = sign('sha512', input, clientKey);
  const checked = cost(() => verify('sha512', input, publicKey, signature));
  const signed = cost(() => sign('sha256', input, server));
  // The request, the proof and the card's signature, each signed and verified once, with P-256.
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const handOffSignature = sign('sha256', input, ec.privateKey);
  const handOffChecked = () => verify('sha256', input, ec.publicKey, handOffSignature);
  const idToken = sign('sha256', input, server);
  const handOff = 3 * (cost(() => sign('sha256', input, ec.privateKey)) + cost(handOffChecked));
  const idTokenChecked = cost(() => verify('sha256', input, serverPublic, idToken));
  return {
    opaque: checked,
    jwt: checked + signed,
    code: checked + signed,
    refresh: checked + signed,
    exchange: checked + idTokenChecked,
    hop: checked + signed + handOff,
    'sign-on': signed + idTokenChecked + handOff,
  };
}
