import { createPrivateKey, type KeyObject } from 'node:crypto';
import { parseJsonObject } from '@alongside/kernel/json';
import { ConfigurationError } from '@alongside/kernel/operator';
import { z } from 'zod';

/** An OpenID provider of another organisation, such as a hospital or a mail service. */
export interface FederatedProvider {
  /** Id of the authenticator, and part of its redirect address: `federated` or `federated-…`. */
  id: string;
  /** Name for users. */
  label: string;
  /** Compared byte for byte. */
  issuer: string;
  clientId: string;
  /** Client authentication: a secret (client_secret_basic) or a key (private_key_jwt). */
  authentication: { secret: string } | { kid: string; key: KeyObject };
  scope: string;
  /** Accepted values of `acr`, which mean level 2. Empty if every sign-in there has two factors. */
  acr: readonly string[];
  /** The claim with the account's name, which only its owner sees. It never identifies the account. */
  nameClaim: string;
}

const text = (most: number) => z.string().min(1).max(most);

const shape = z.strictObject({
  id: z
    .string()
    .regex(/^federated(-[a-z0-9][a-z0-9-]{0,30})?$/, 'must be federated, or begin with federated-')
    .default('federated'),
  label: text(60),
  issuer: z.url({ protocol: /^https?$/ }).max(500),
  clientId: text(200),
  clientSecret: text(500).optional(),
  privateKey: z.strictObject({ kid: text(200), pem: text(20_000) }).optional(),
  scope: z
    .string()
    .regex(/^openid( [\x21-\x7e]+)*$/, 'must begin with openid')
    .default('openid profile email'),
  acr: z.array(text(300)).max(20).default([]),
  nameClaim: text(100).default('email'),
});

const fileShape = z.strictObject({ providers: z.array(shape).max(20) });

function authenticationOf({ label, clientSecret, privateKey }: z.infer<typeof shape>) {
  if ((clientSecret === undefined) === (privateKey === undefined))
    throw new ConfigurationError(`The provider ${label} needs either a clientSecret or a privateKey.`);
  if (privateKey === undefined) return { secret: clientSecret ?? '' };
  try {
    return { kid: privateKey.kid, key: createPrivateKey(privateKey.pem) };
  } catch {
    throw new ConfigurationError(`The privateKey of the provider ${label} is not a private key in PEM.`);
  }
}

/** Reads the file of providers. Throws ConfigurationError. */
export function readProviders(file: string): FederatedProvider[] {
  let value: unknown;
  try {
    value = parseJsonObject(file);
  } catch {
    throw new ConfigurationError('The file of providers is not a JSON object.');
  }
  const { success, data, error } = fileShape.safeParse(value);
  if (!success) {
    const [issue] = error.issues;
    throw new ConfigurationError(`The file of providers: ${issue?.path.join('.')}: ${issue?.message}.`);
  }
  const ids = new Set(data.providers.map(({ id }) => id));
  if (ids.size !== data.providers.length) throw new ConfigurationError('Two providers have the same id.');
  return data.providers.map((provider) => {
    const { id, label, issuer, clientId, scope, acr, nameClaim } = provider;
    return { id, label, issuer, clientId, scope, acr, nameClaim, authentication: authenticationOf(provider) };
  });
}
