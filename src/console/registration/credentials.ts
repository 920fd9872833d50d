import { randomToken } from '@alongside/kernel/ids';
import { sha256 } from '@alongside/kernel/secrets';
import type { SecretRecord } from '../../oauth/applications.ts';
import type { Cis2RegistrationBody, PlatformRegistrationBody } from './shape.ts';

/** A client id of 32 letters and digits, as the published platform makes them. */
export function newClientId(): string {
  let id = '';
  while (id.length < 32) id += randomToken(32).replaceAll(/[^A-Za-z0-9]/g, '');
  return id.slice(0, 32);
}

/** A secret of 43 URL-safe characters, and its record without it. Times in milliseconds. */
export function newSecret(
  now: number,
  expiresAt: number | null = null,
  secret = randomToken(32),
): { secret: string; record: SecretRecord } {
  return { secret, record: { hash: sha256(secret), createdAt: now, expiresAt } };
}

const bySecret: readonly string[] = ['client_secret_post', 'client_secret_basic'];

/** Whether a client has a secret. In the published profile every API key of the platform has one, for the grants that want it. */
export const hasSecret = (
  half: PlatformRegistrationBody | Cis2RegistrationBody,
  at: 'platform' | 'cis2',
): boolean =>
  bySecret.includes(half.tokenEndpointAuthMethod) || (at === 'platform' && half.profile === 'nhs');
