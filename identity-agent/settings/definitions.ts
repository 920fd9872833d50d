import { isOrigin } from '@alongside/kernel/origin';
import type { Generation } from '../../src/cis/protocol.ts';
import { transports } from '../card/transports.ts';
import { defaultTimers, timerLimits } from '../session/modes.ts';

/** Each includes those after it. */
const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** A type of value, parsed from a flag, a variable or a file. */
interface Kind<T> {
  /** Description to follow "must be". */
  readonly rule: string;
  /** Returns the value, or undefined if it does not have this type. Flags and variables are text. */
  read(raw: unknown): T | undefined;
  /** Whether it needs no value on the command line. */
  readonly isFlag?: true;
  /** Whether its flag may be given several times. */
  readonly isList?: true;
}

const text: Kind<string> = {
  rule: 'text',
  read: (raw) => (typeof raw === 'string' && raw !== '' && raw.length <= 4_096 ? raw : undefined),
};

const url: Kind<string> = {
  rule: 'an http or https address',
  read: (raw) =>
    typeof raw === 'string' && raw.length <= 2_048 && URL.canParse(raw) && /^https?:/.test(raw)
      ? raw.replace(/\/$/, '')
      : undefined,
};

const words = new Map<unknown, boolean>([
  [true, true],
  [false, false],
  ['true', true],
  ['1', true],
  ['yes', true],
  ['false', false],
  ['0', false],
  ['no', false],
]);

const flag: Kind<boolean> = { rule: 'true or false', read: (raw) => words.get(raw), isFlag: true };

const origins: Kind<readonly string[]> = {
  rule: 'origins such as https://app.example.org, separated by commas',
  isList: true,
  read(raw) {
    const texts: unknown[] = [raw].flat();
    if (!texts.every((each) => typeof each === 'string')) return undefined;
    const values = texts.flatMap((each) => String(each).split(','));
    return values.length <= 1_000 && values.every(isOrigin) ? values : undefined;
  },
};

function whole(least: number, most: number): Kind<number> {
  return {
    rule: `a whole number from ${least} to ${most}`,
    read(raw) {
      const value = typeof raw === 'string' && /^[0-9]{1,9}$/.test(raw) ? Number(raw) : raw;
      return Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most
        ? Number(value)
        : undefined;
    },
  };
}

function oneOf<W extends string>(...allowed: readonly W[]): Kind<W> {
  return {
    rule: `one of ${allowed.join(', ')}`,
    read: (raw) => allowed.find((word) => word === raw),
  };
}

/** Settings of an agent that runs alone. */
export interface Settings {
  cis: string;
  cis2Issuer: string;
  cis2Jwks: string | undefined;
  cis2Exchange: string | undefined;
  generation: Generation;
  mobility: boolean;
  sessionLockPersistence: boolean;
  enhancedNormal: boolean;
  pinAgainAfter: number;
  lockedFor: number;
  requireRole: boolean;
  reader: string;
  cardReader: string | undefined;
  pcscModule: string | undefined;
  pkcs11Module: string | undefined;
  pkcs11Token: string | undefined;
  cardTimeout: number;
  agentPort: number;
  agentData: string | undefined;
  agentSocket: string | undefined;
  checkPeerUser: boolean;
  strictNavigation: boolean;
  confirmSignIn: boolean;
  fetchTransport: boolean;
  credentialManagement: boolean;
  credentialManagementOrigin: readonly string[] | undefined;
  legacyTickets: boolean;
  development: boolean;
  cardIssuerSecret: string | undefined;
  logLevel: (typeof logLevels)[number];
  otlpEndpoint: string | undefined;
}

export type SettingName = keyof Settings;

interface Definition {
  readonly kind: Kind<unknown>;
  /** Description for the help. */
  readonly about: string;
  readonly fallback?: unknown;
  /** Whether it is required, without a default. */
  readonly needed?: true;
}

const of = (kind: Kind<unknown>, about: string, fallback?: unknown): Definition => ({
  kind,
  about,
  fallback,
});
const needed = (kind: Kind<unknown>, about: string): Definition => ({ kind, about, needed: true });

const { pinAgainAfter, lockedFor } = timerLimits;

/** All settings by their name in a file; flags and variables are derived from it. */
export const definitions: Readonly<Record<SettingName, Definition>> = {
  cis: needed(url, 'Address of CIS'),
  cis2Issuer: needed(url, 'Issuer of the one CIS2 that the agent trusts'),
  cis2Jwks: of(url, "Address of CIS2's keys, {issuer}/connect/jwk_uri by default"),
  cis2Exchange: of(url, 'Address of the exchange at CIS2, {origin of CIS2}/agent/exchange by default'),
  generation: of(oneOf('hscn', 'internet'), 'Generation of the agent', 'hscn'),
  mobility: of(
    flag,
    'Mobility: the session continues without the card, and the PIN is needed again after a time',
    false,
  ),
  sessionLockPersistence: of(
    flag,
    'Session Lock Persistence: a removed card locks the session, and the same card unlocks it',
    false,
  ),
  enhancedNormal: of(flag, 'Enhanced Normal: the PIN is needed again after the screen was locked', false),
  pinAgainAfter: of(
    whole(pinAgainAfter.least, pinAgainAfter.most),
    'Mobility: seconds until the PIN must be entered again',
    defaultTimers.pinAgainAfter,
  ),
  lockedFor: of(
    whole(lockedFor.least, lockedFor.most),
    'Seconds after which a locked session ends',
    defaultTimers.lockedFor,
  ),
  requireRole: of(flag, 'Refuse users without a role', false),
  reader: of(oneOf(...transports.map(({ id }) => id)), 'Card transport', 'virtual'),
  cardReader: of(text, 'PC/SC: only readers with this text in their name'),
  pcscModule: of(
    text,
    'PC/SC: path of the main file of pcsc-mini; by default the installed package, else the library of the system',
  ),
  pkcs11Module: of(text, "PKCS#11: path of the module of the cards' maker"),
  pkcs11Token: of(text, 'PKCS#11: label of the token or number of its slot, the first by default'),
  cardTimeout: of(whole(1, 600), 'Seconds that a reader or module may take for one call', 30),
  agentPort: of(whole(1, 65_535), 'Loopback port for the browser', 8403),
  agentData: of(text, "Folder of the agent's key and its virtual cards"),
  agentSocket: of(text, 'Path of the local socket'),
  checkPeerUser: of(flag, 'Serve only browsers of the same local user; switch it off in containers', true),
  strictNavigation: of(flag, 'Require Fetch Metadata; switch it off for browsers that do not send it', true),
  confirmSignIn: of(flag, 'Ask a signed-in user before signing a browser in', false),
  fetchTransport: of(flag, "Also serve calls from CIS2's own page, if a browser policy allows them", false),
  credentialManagement: of(
    flag,
    'Let pages have documents signed by the smartcard, over the published ports of Credential Management',
    false,
  ),
  credentialManagementOrigin: of(
    origins,
    'Origin of a page that may have documents signed; the flag may be repeated',
  ),
  legacyTickets: of(flag, "Give desktop applications tickets of CIS's legacy interface", false),
  development: of(flag, 'Virtual cards, and http to other machines; never on a workstation', false),
  cardIssuerSecret: of(text, 'Secret with which CIS certifies virtual cards'),
  logLevel: of(oneOf(...logLevels), 'Log level', 'info'),
  otlpEndpoint: of(url, 'OpenTelemetry collector that gets the spans (OTLP/HTTP); without it there are none'),
};

export const settingNames = Object.keys(definitions) as SettingName[];

export const isSettingName = (name: string): name is SettingName => Object.hasOwn(definitions, name);
