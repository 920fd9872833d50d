import { parseArgs } from 'node:util';
import { type Browser, manualBrowser, systemBrowser } from '../browser/browser.ts';
import { findBrowser, panelBrowser, separateBrowser } from '../browser/chromium.ts';
import { environmentVariable } from '../environment.ts';
import { ClientError } from '../errors.ts';

/** A command: what it does, and the flags that it takes. */
export interface NativeCommand {
  about: string;
  flags: readonly Flag[];
}

type Flag = keyof typeof FLAGS;

/** All flags: the value that they take (none for a switch) and their explanation. */
export const FLAGS = {
  issuer: [
    'URL',
    'the authorisation server, as it writes its own address; with --pattern separate that of CIS2',
  ],
  client: ['ID', 'the client id of the native application'],
  pattern: ['P', 'combined (the default), or separate: sign in at CIS2, and print its ID token to exchange'],
  'secret-file': [
    'FILE',
    "with separate: the file with the client's secret at CIS2, unless it is a public client",
  ],
  'exchange-url': [
    'URL',
    'with separate: exchange the ID token at this token endpoint, and print the tokens of the platform',
  ],
  'exchange-client': ['ID', 'the client id there'],
  'exchange-audience': ['URL', 'the audience of its assertion; by default that token endpoint'],
  'key-file': ['FILE', 'its private key, PEM or JWK, which signs with RS512'],
  'key-id': ['KID', 'the registered id of its public key; by default that of the JWK'],
  scope: ['S', 'scopes with spaces between them, such as that of an API'],
  'acr-values': ['V', 'how to authenticate, such as AAL3_ANY'],
  browser: [
    'B',
    'window (a separate browser, the default), panel (without an address bar), system, or manual (prints the address)',
  ],
  executable: ['PATH', 'path of the browser for window and panel; found by default'],
  'browser-flag': ['F', 'one more flag for that browser; repeatable'],
  timeout: ['SECONDS', 'time limit of the sign-in; 60 by default'],
  watch: [undefined, 'go on, and print the new tokens each time that they are renewed'],
  'end-with-input': [
    undefined,
    'with --watch: end when standard input ends, so that no program is left behind',
  ],
  revoke: [undefined, 'with --watch: revoke the tokens at the end'],
  json: [undefined, 'print errors as one JSON line on standard output, and with token all members'],
} as const satisfies Record<string, readonly [value: string | undefined, about: string]>;

const SERVER = ['issuer', 'client'] as const;
const SEPARATE = [
  ...(['secret-file', 'exchange-url', 'exchange-client', 'exchange-audience'] as const),
  ...(['key-file', 'key-id'] as const),
];
const SIGN_IN = [
  ...(['pattern', 'scope', 'acr-values', 'browser', 'executable', 'browser-flag', 'timeout'] as const),
  ...SEPARATE,
];

/** The commands of the native journey. */
export const NATIVE_COMMANDS = {
  'sign-in': {
    about: 'sign a user in with a browser and print the tokens as one JSON line',
    flags: [...SERVER, ...SIGN_IN, 'json'],
  },
  token: {
    about: 'sign in and print the access token; with --watch one JSON line for each renewal',
    flags: [...SERVER, ...SIGN_IN, 'watch', 'end-with-input', 'revoke', 'json'],
  },
  refresh: {
    about: 'renew the tokens on standard input, one JSON line of sign-in, and print the new ones',
    flags: [...SERVER, 'json'],
  },
  revoke: { about: 'revoke the tokens on standard input', flags: [...SERVER, 'json'] },
} as const satisfies Record<string, NativeCommand>;

export type NativeCommandName = keyof typeof NATIVE_COMMANDS;

/** The values of the flags of a call. */
export type FlagValues = Partial<Record<Flag, string | boolean | string[]>>;

export function isNativeCommand(word: string | undefined): word is NativeCommandName {
  return word !== undefined && Object.hasOwn(NATIVE_COMMANDS, word);
}

/** Reads the flags of a command. Throws `settings_invalid` for an unknown or missing one. */
export function readFlags(name: NativeCommandName, argv: readonly string[]): FlagValues {
  const { flags }: NativeCommand = NATIVE_COMMANDS[name];
  const options = Object.fromEntries(
    flags.map((flag) => {
      const type = FLAGS[flag][0] === undefined ? ('boolean' as const) : ('string' as const);
      return [flag, { type, multiple: flag === 'browser-flag' }];
    }),
  );
  let values: FlagValues;
  try {
    values = parseArgs({ args: [...argv], options }).values;
  } catch (cause) {
    const message = cause instanceof Error ? (cause.message.split('. ')[0] ?? '') : '';
    throw usage(`${message}.`);
  }
  for (const flag of SERVER) {
    if (typeof values[flag] !== 'string') throw usage(`The flag --${flag} is missing.`);
  }
  checkPattern(values);
  return values;
}

/** Refuses a flag that the pattern would ignore. */
function checkPattern({ pattern = 'combined', ...values }: FlagValues): void {
  if (pattern !== 'combined' && pattern !== 'separate')
    throw usage(`There is no pattern "${String(pattern)}": use combined or separate.`);
  const [used] = SEPARATE.filter((flag) => values[flag] !== undefined);
  if (pattern === 'combined' && used) throw usage(`The flag --${used} needs --pattern separate.`);
  if (pattern === 'separate' && values.watch)
    throw usage('The flag --watch needs the combined pattern: CIS2 issues no refresh token.');
  const exchange = (['exchange-url', 'exchange-client', 'key-file'] as const).filter(
    (flag) => values[flag] !== undefined,
  );
  if (exchange.length !== 0 && exchange.length !== 3)
    throw usage('To exchange the ID token, use --exchange-url, --exchange-client and --key-file together.');
}

/** Returns the lines of a command's help. */
export function helpOf(name: NativeCommandName): string[] {
  const { about, flags }: NativeCommand = NATIVE_COMMANDS[name];
  const rows = flags.map((flag) => {
    const [value, text] = FLAGS[flag];
    return [`  --${flag}${value === undefined ? '' : ` ${value}`}`, text] as const;
  });
  const wide = Math.max(...rows.map(([left]) => left.length)) + 2;
  return [`${name}: ${about}`, '', ...rows.map(([left, text]) => `${left.padEnd(wide)}${text}`)];
}

/** Returns the browser that the flags name. `show` prints an address for the user. */
export function browserOf(values: FlagValues, show: (url: string) => void): Browser {
  const kind = values.browser ?? 'window';
  if (kind === 'system') return systemBrowser();
  if (kind === 'manual') return manualBrowser(show);
  if (kind !== 'window' && kind !== 'panel')
    throw usage(`There is no browser "${String(kind)}": use window, panel, system or manual.`);
  const named = typeof values.executable === 'string' ? values.executable : undefined;
  const executable = named ?? environmentVariable('ALONGSIDE_BROWSER') ?? findBrowser();
  if (executable === undefined)
    throw usage(
      'No browser of the Chromium family was found: name one with --executable, or use --browser system.',
    );
  const flags = Array.isArray(values['browser-flag']) ? values['browser-flag'] : [];
  return kind === 'panel' ? panelBrowser({ executable, flags }) : separateBrowser({ executable, flags });
}

/** Reads the time limit of a sign-in in milliseconds. */
export function timeoutOf(values: FlagValues): number | undefined {
  if (values.timeout === undefined) return undefined;
  const seconds = Number(values.timeout);
  if (Number.isFinite(seconds) && seconds > 0 && seconds <= 3600) return seconds * 1000;
  throw usage('The flag --timeout needs a number of seconds, 3600 at most.');
}

/** Returns the value of a flag that has one. */
export function textOf(value: FlagValues[Flag]): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Returns the error of a wrong call. */
export function usage(message: string): ClientError {
  return new ClientError('settings_invalid', message, { advice: 'See --help.' });
}
