import { readFileSync } from 'node:fs';
import { reasonOf } from '@alongside/kernel/errors';
import { OperatorError } from '@alongside/kernel/operator';
import type { WebAuthnSettings } from '../cis2/authenticators/webauthn/policy.ts';
import type { Config } from '../config.ts';

const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function readRoots(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(`The roots of WebAuthn attestation cannot be read: ${reasonOf(error)}.`);
  }
  const roots = text.match(certificate);
  if (!roots)
    throw new OperatorError(`${file} holds no root of WebAuthn attestation: PEM certificates were expected.`);
  return roots;
}

/** Returns the WebAuthn configuration; unset values are left to CIS2. */
export const webAuthnSettings = (
  config: Pick<Config, 'webauthnRoots' | 'webauthnModels' | 'webauthnPasskeyLevel'>,
): WebAuthnSettings => ({
  passkeyLevel: config.webauthnPasskeyLevel,
  ...(config.webauthnRoots === undefined ? {} : { roots: readRoots(config.webauthnRoots) }),
  ...(config.webauthnModels === undefined ? {} : { aaguids: config.webauthnModels }),
});
