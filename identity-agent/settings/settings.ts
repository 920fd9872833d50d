import { posix, win32 } from 'node:path';
import { environment, UsageError } from '@alongside/kernel/operator';
import type { SessionMode } from '../../src/cis/protocol.ts';
import { modeOf } from '../session/modes.ts';
import { definitions, type SettingName, type Settings, settingNames } from './definitions.ts';
import {
  type Layer,
  readArguments,
  readMachineFile,
  readSettingsFile,
  readVariables,
  SettingsError,
} from './layers.ts';
import { machineFileProblem } from './machine-file.ts';

export interface SettingFiles {
  /** The machine's binding policy, which overrides everything. */
  policy: string;
  user: string;
  /** The machine's recommended defaults, which everything else overrides. */
  defaults: string;
}

/**
 * Returns the paths of the files. No flag or variable of the agent changes them: users must not be able to move a policy. (The
 * user's own folders follow the system's variables.)
 */
export function settingFiles(platform: NodeJS.Platform = process.platform): SettingFiles {
  const { HOME: home = '.', XDG_CONFIG_HOME: xdg, APPDATA: roaming } = environment();
  const { join } = platform === 'win32' ? win32 : posix;
  const machine: Partial<Record<NodeJS.Platform, string>> = {
    win32: 'C:\\ProgramData\\Alongside\\identity-agent',
    darwin: '/Library/Application Support/Alongside/identity-agent',
  };
  const own: Partial<Record<NodeJS.Platform, string>> = {
    win32: join(roaming ?? home, 'Alongside'),
    darwin: join(home, 'Library', 'Application Support', 'Alongside'),
  };
  const ofMachine = machine[platform] ?? '/etc/alongside/identity-agent';
  return {
    policy: join(ofMachine, 'policy.json'),
    user: join(own[platform] ?? join(xdg ?? join(home, '.config'), 'alongside'), 'identity-agent.json'),
    defaults: join(ofMachine, 'defaults.json'),
  };
}

/** All settings with the name of each one's source. */
export interface LoadedSettings {
  settings: Settings;
  from: Readonly<Record<SettingName, string>>;
  /** Words of the command line that are not flags. */
  words: string[];
}

/**
 * Loads the settings. The first source with a value wins: the machine's policy, the command line, the environment, the user's
 * file, the machine's recommended defaults, built-in values. A wrong value in any source is refused with its location, so that a
 * misspelling never disables a policy.
 * @throws UsageError, SettingsError in one sentence
 */
export function loadSettings(
  argv: readonly string[],
  files: SettingFiles = settingFiles(),
  problemOf = machineFileProblem,
): LoadedSettings {
  const { flags, words } = readArguments(argv);
  const layers: Layer[] = [
    readMachineFile('policy', files.policy, problemOf),
    flags,
    readVariables(),
    readSettingsFile('user', files.user),
    readMachineFile('defaults', files.defaults, problemOf),
  ];
  const values: Partial<Record<SettingName, unknown>> = {};
  const from: Partial<Record<SettingName, string>> = {};
  for (const name of settingNames) {
    const given = layers.filter((layer) => layer.values[name] !== undefined);
    const read = given.map((layer) => valueIn(layer, name, layer === flags));
    values[name] = given.length > 0 ? read[0] : definitions[name].fallback;
    from[name] = given[0]?.name ?? 'built in';
  }
  return { settings: values as Settings, from: from as Record<SettingName, string>, words };
}

function valueIn(layer: Layer, name: SettingName, isFlag: boolean): unknown {
  const { kind } = definitions[name];
  const value = kind.read(layer.values[name]);
  if (value !== undefined) return value;
  const sentence = `${layer.place(name)}: must be ${kind.rule}.`;
  throw isFlag ? new UsageError(sentence) : new SettingsError(sentence);
}

const addresses = ['cis', 'cis2Issuer', 'cis2Jwks', 'cis2Exchange'] as const;

/** Returns whether traffic to an address can be read and changed on the way. */
function isOpenToAll(address: string | undefined): boolean {
  if (address === undefined) return false;
  const { protocol, hostname } = new URL(address);
  return protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** Returns the problem with an address that plain HTTP would make untrustworthy; undefined for a safe address. */
export function addressProblem(settings: Settings): string | undefined {
  const open = settings.development ? undefined : addresses.find((name) => isOpenToAll(settings[name]));
  return (
    open &&
    `${open}: must be https, because ${settings[open]} is not on this machine ("development" lets it be http).`
  );
}

/** Checks required and forbidden settings. @throws SettingsError */
export function checkUsable(settings: Settings, { policy, user }: SettingFiles = settingFiles()): void {
  const problem = addressProblem(settings);
  if (problem !== undefined) throw new SettingsError(problem);
  const missing = settingNames.find((name) => definitions[name].needed && settings[name] === undefined);
  if (missing !== undefined)
    throw new SettingsError(
      `${missing}: is needed. Give it on the command line, or in ${user} or ${policy}. See --help.`,
    );
}

/** Returns the session mode that applies. */
export function sessionMode(settings: Settings): SessionMode {
  const switches = ['mobility', 'sessionLockPersistence', 'enhancedNormal'] as const;
  return modeOf(switches.filter((name) => settings[name]));
}
