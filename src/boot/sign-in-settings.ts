import { ConfigurationError } from '@alongside/kernel/operator';
import { type TrustedProxies, trustedProxies } from '@alongside/kernel/peer';
import { type FederatedProvider, readProviders } from '../cis2/authenticators/federated/provider.ts';
import type { WebAuthnSettings } from '../cis2/authenticators/webauthn/policy.ts';
import type { Config } from '../config.ts';
import { textIn } from './tls.ts';

const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function readRoots(file: string): string[] {
  const roots = textIn(file, 'file of attestation roots').match(certificate);
  if (!roots)
    throw new ConfigurationError(
      `${file} has no root of WebAuthn attestation: PEM certificates were expected.`,
    );
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

function networksOf(entries: readonly string[]): TrustedProxies {
  try {
    return trustedProxies(entries);
  } catch {
    throw new ConfigurationError(
      `--tablet-networks "${entries.join(',')}" is invalid. Write each network as 10.1.0.0/16; a range has 8 bits or more.`,
    );
  }
}

/** Returns the configuration of authenticators besides smartcard and WebAuthn. Throws ConfigurationError. */
export const signInSettings = ({
  signInProviders,
  tabletNetworks,
}: Pick<Config, 'signInProviders' | 'tabletNetworks'>): {
  providers: readonly FederatedProvider[];
  tabletNetworks: TrustedProxies;
} => ({
  providers:
    signInProviders === undefined ? [] : readProviders(textIn(signInProviders, 'file of sign-in providers')),
  tabletNetworks: networksOf(tabletNetworks),
});
