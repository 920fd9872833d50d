import { readFileSync } from 'node:fs';
import { reasonOf } from '@alongside/kernel/errors';
import { OperatorError } from '@alongside/kernel/operator';
import { type TrustedProxies, trustedProxies } from '@alongside/kernel/peer';
import { type FederatedProvider, readProviders } from '../cis2/authenticators/federated/provider.ts';
import type { Config } from '../config.ts';

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(`The file of sign-in providers cannot be read: ${reasonOf(error)}.`);
  }
}

function networksOf(entries: readonly string[]): TrustedProxies {
  try {
    return trustedProxies(entries);
  } catch {
    throw new OperatorError(
      `"${entries.join(',')}" are no networks of desks and tablets. Write each as 10.1.0.0/16; a range has 8 bits or more.`,
    );
  }
}

/** Returns the configuration of authenticators besides smartcard and WebAuthn. Throws OperatorError. */
export const signInSettings = (
  config: Pick<Config, 'signInProviders' | 'tabletNetworks'>,
): { providers: readonly FederatedProvider[]; tabletNetworks: TrustedProxies } => ({
  providers: config.signInProviders === undefined ? [] : readProviders(readFile(config.signInProviders)),
  tabletNetworks: networksOf(config.tabletNetworks),
});
