import type { Expansion } from '../migration.ts';
import { announcing } from './0017-announced-changes.ts';

/** Tables of keys, which every process may cache. */
export const announcedKeys: readonly string[] = ['signing_key'];

/** Signing keys are read again after each write of another process. They are cached now, so this asks the server no more. */
export const announcedKeyChanges: Expansion = { adds: announcedKeys.map(announcing) };
