import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { Log } from '@alongside/kernel/log';
import type { Applications } from '../oauth/applications.ts';
import type { Developers } from '../oauth/developers.ts';
import type { ProofNonces } from '../oauth/dpop-nonce.ts';
import type { NetworkLimits } from '../oauth/network-limit.ts';
import type { Products, RateLimits } from '../oauth/products.ts';
import type { Tokens } from '../oauth/tokens.ts';
import type { Urls } from '../service.ts';
import type { AuditLog } from '../storage/audit.ts';
import type { Database } from '../storage/database.ts';
import type { Faults } from '../storage/faults.ts';
import type { PatientRecord } from './apis/pds/patient.ts';
import type { PeopleNow } from './people.ts';

export interface GatewayOptions {
  /** The published rule: a valid token without any of the API's scopes is application-restricted. Off by default. */
  legacyDefaultMode: boolean;
  /** Whether an application needs the attribute `asid` where an API asks for one. */
  requireAsid: boolean;
  /** Whether the pages of public clients may call the APIs; off by default. */
  cors?: boolean;
  /** Limits of an API for all its clients together, by the API's name; none by default. */
  apiLimits?: Readonly<Record<string, RateLimits>>;
}

/** What the gateway is made of. */
export interface Dependencies {
  clock: Clock;
  database: Database;
  applications: Applications;
  products: Products;
  developers: Developers;
  tokens: Tokens;
  recorder: Recorder;
  audit: AuditLog;
  log: Log;
  urls: Urls;
  development: boolean;
  /** Patients that the PDS is to hold once the gateway starts, where their numbers are free. */
  patients?: Iterable<PatientRecord>;
  /** Where roles and accounts are looked up during a session; without it those of sign-in hold. */
  people?: PeopleNow;
  /** Origin at which clients show a certificate, where there is one: a proof may name it as well. */
  mutualTlsUrl?: string | undefined;
  /** Nonces that DPoP proofs must carry; without them they need none (RFC 9449 section 9). */
  proofNonces?: ProofNonces;
  /** Header `apikey` of `/_status`; else one that is made once and kept in storage. */
  statusApiKey?: string | undefined;
  /** Faults that a developer switched on; undefined in production. */
  faults?: Faults | undefined;
  /** Limits of unproven requests by network; the usual ones unless given. */
  networkLimits?: NetworkLimits | undefined;
  options: GatewayOptions;
}
