import { UsageError } from '@alongside/kernel/operator';
import type { SessionMode } from '../../src/cis/protocol.ts';
import { modeOf } from '../session/modes.ts';
import { definitions, type SettingName, type Settings, settingNames } from './definitions.ts';
import {
  type Layer,
  readArguments,
  readPolicy,
  readSettingsFile,
  readVariables,
  SettingsError,
} from './layers.ts';
import { type SettingFiles, settingFiles } from './places.ts';

/** All settings, and the name of the layer that each one comes from. */
export interface LoadedSettings {
  settings: Settings;
  from: Readonly<Record<SettingName, string>>;
  /** Words of the command line that are no flags. */
  words: string[];
}

/**
 * Settings as group policies have them, the first that says something counts: the machine's policy, the command line, the
 * environment, the user's file, the machine's recommended defaults, our own. A wrong value is refused with where it
 * stands, in whatever layer, so that no policy is lost by a misspelling.
 * @throws UsageError, SettingsError in one sentence
 */
export function loadSettings(argv: readonly string[], files: SettingFiles = settingFiles()): LoadedSettings {
  const { flags, words } = readArguments(argv);
  const layers: Layer[] = [
    readPolicy(files.policy),
    flags,
    readVariables(),
    readSettingsFile('user', files.user),
    readSettingsFile('defaults', files.defaults),
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

/** Whether what goes there can be read and changed on the way: keys and proofs are trusted by the name of their server. */
function isOpenToAll(address: string | undefined): boolean {
  if (address === undefined) return false;
  const { protocol, hostname } = new URL(address);
  return protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** What is wrong with an address that would be trusted over plain HTTP; undefined when none would. */
export function addressProblem(settings: Settings): string | undefined {
  const open = settings.development ? undefined : addresses.find((name) => isOpenToAll(settings[name]));
  return (
    open &&
    `${open}: must be https, because ${settings[open]} is not on this machine ("development" lets it be http).`
  );
}

/** What an agent cannot start without, and what it must not start with. @throws SettingsError */
export function checkUsable(settings: Settings, { policy, user }: SettingFiles = settingFiles()): void {
  const problem = addressProblem(settings);
  if (problem !== undefined) throw new SettingsError(problem);
  const missing = settingNames.find((name) => definitions[name].needed && settings[name] === undefined);
  if (missing !== undefined)
    throw new SettingsError(
      `${missing}: is needed. Give it on the command line, or in ${user} or ${policy}. See --help.`,
    );
}

/** The session mode of those that are switched on. */
export function sessionMode(settings: Settings): SessionMode {
  const switches = ['mobility', 'sessionLockPersistence', 'enhancedNormal'] as const;
  return modeOf(switches.filter((name) => settings[name]));
}
