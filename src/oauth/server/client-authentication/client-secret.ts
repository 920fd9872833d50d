import { secretFacts, secretFits } from '../../applications.ts';
import type { ClientAuthenticationMethod, Credentials } from './method.ts';

const basicForm = /^basic +([A-Za-z0-9+/]+={0,2})$/i;

function formDecode(part: string): string | undefined {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/** Reads HTTP Basic credentials strictly: canonical base64, UTF-8, a colon, both parts form-encoded (RFC 6749 section 2.3.1). */
export function readBasic(header: string | undefined): { clientId: string; secret: string } | undefined {
  const encoded = basicForm.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded) return undefined;
  let pair: string;
  try {
    pair = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
  const colon = pair.indexOf(':');
  if (colon < 1) return undefined;
  const clientId = formDecode(pair.slice(0, colon));
  const secret = formDecode(pair.slice(colon + 1));
  return clientId === undefined || secret === undefined ? undefined : { clientId, secret };
}

/** Returns credentials with a secret, which the method has read. */
const secretCredentials = (clientId: string | undefined, secret: string): Credentials => ({
  clientId,
  verify: ({ registration }, { clock }) =>
    secretFits(registration, secret, clock.now())
      ? undefined
      : {
          reason: 'the secret is not the client’s, or has expired',
          facts: secretFacts('the client', registration, secret, clock.now()),
        },
});

const secretMethods: readonly string[] = ['client_secret_post', 'client_secret_basic'];

/** Returns the methods that a client may use: libraries choose between header and form on their own (RFC 6749 section 2.3.1). */
export const acceptedFor = (registered: string): readonly string[] =>
  secretMethods.includes(registered) ? secretMethods : [registered];

/** `client_secret_post` (RFC 6749 section 2.3.1). */
export const secretPost: ClientAuthenticationMethod = {
  ids: ['client_secret_post'],
  place: 'secret',
  failure: 'clientUnauthenticated',
  isUsed: ({ parameters }) => parameters.has('client_secret'),
  read: ({ parameters }) =>
    secretCredentials(parameters.get('client_id'), parameters.get('client_secret') ?? ''),
};

/** `client_secret_basic` (RFC 6749 section 2.3.1). */
export const secretBasic: ClientAuthenticationMethod = {
  ids: ['client_secret_basic'],
  place: 'header',
  failure: 'clientUnauthenticated',
  isUsed: ({ request }) => request.headers.authorization !== undefined,
  read({ request }) {
    const { clientId, secret = '' } = readBasic(request.headers.authorization) ?? {};
    return secretCredentials(clientId, secret);
  },
};
