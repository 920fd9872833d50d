import type { Cis2, Cis2Settings } from './cis2.ts';
import { createCis2 } from './cis2.ts';
import type { Clock } from './clock.ts';
import type { Exchange, ExchangeSettings } from './exchange.ts';
import { createExchange } from './exchange.ts';
import type { Fetch } from './http.ts';

/** The settings of the separate pattern: two registrations, one at CIS2 and one at the API platform. */
export interface SeparateSettings {
  cis2: Omit<Cis2Settings, 'fetch' | 'clock'>;
  platform: Omit<ExchangeSettings, 'fetch' | 'clock'>;
  fetch?: Fetch;
  clock?: Clock;
}

/** The separate pattern: sign in at CIS2, then exchange the ID token for the platform's tokens. */
export interface Separate extends Cis2, Exchange {}

/**
 * Creates a client for the separate pattern: `begin` and `finish` sign the user in at CIS2, `exchange(signIn.tokens.idToken)`
 * returns the platform's tokens, `refresh` renews those. Throws `settings_invalid` with the name of the setting.
 */
export function createSeparate(settings: SeparateSettings): Separate {
  const { fetch, clock } = settings;
  return {
    ...createCis2({ ...settings.cis2, fetch, clock }),
    ...createExchange({ ...settings.platform, fetch, clock }),
  };
}
