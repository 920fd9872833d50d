import type { Clock } from '@alongside/kernel/clock';
import type { Log } from '@alongside/kernel/log';

/** How the sample application is registered: what a supplier gets from its two registrations. */
export interface SampleSettings {
  clock: Clock;
  log: Log;
  /** Own public address. */
  origin: string;
  /** The API platform. */
  api: string;
  cis2Issuer: string;
  /** Where people without a card are sent. */
  console: string;
  development: boolean;
  combined: { clientId: string; clientSecret: string };
  separate: {
    platform: { clientId: string; clientSecret: string };
    cis2: { clientId: string; clientSecret: string };
    /** Signs the client assertion at the platform; its public half is registered. */
    key: { kid: string; privateKey: string };
  };
}
