import { OutboundError } from '@alongside/kernel/outbound';
import type { PlatformRegistration } from '../../oauth/applications.ts';
import { type KeySource, publishedAddress, signedBy } from '../../oauth/key-source.ts';
import { errors } from '../errors.ts';
import type { AtBase } from '../parts.ts';
import type { WithAssertion } from './assertion.ts';
import { findClient, type WithClient } from './client.ts';

export async function identifyByAssertion({
  server: { base, parts },
  assertion,
}: AtBase<'applications'> & WithAssertion): Promise<WithClient> {
  const client = await findClient(parts.applications, base, assertion.clientId);
  if (!client)
    throw errors.assertionSubject(`no application at ${base.path} has the client id ${assertion.clientId}`);
  return { client };
}

/** Returns the key source of a client. Throws if none is registered. */
function keysOf(registration: PlatformRegistration): KeySource {
  if (registration.jwks) return registration;
  const address = registration.jwksUrl ?? publishedAddress(registration);
  if (!address) throw errors.assertionNoKey('neither a key set nor the address of one is registered');
  return { jwks: null, jwksUrl: address };
}

/** Verifies the signature with the registered key that the assertion names (RFC 7523 section 3). */
export async function checkAssertionSignature({
  server: { parts },
  assertion,
  client,
}: AtBase<'clientKeys'> & WithAssertion & WithClient): Promise<void> {
  const { kid, jwt } = assertion;
  const source = keysOf(client.registration);
  const signed = await signedBy(source, jwt, 'RS512', parts.clientKeys).catch((error: unknown) => {
    if (error instanceof OutboundError)
      throw errors.assertionKeysUnreachable(`${source.jwksUrl}: ${error.message}`, {}, error);
    throw error;
  });
  if (signed === 'unknown key') throw errors.assertionKid(`no registered key has the kid ${kid}`);
  if (signed === 'wrong kind of key')
    throw errors.signatureInvalid(`the key ${kid} is not an RSA key of 2048 bits or more`);
  if (signed === 'no') throw errors.signatureInvalid(`the signature does not match the key ${kid}`);
}
