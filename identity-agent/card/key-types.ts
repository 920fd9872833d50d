import { ecP256 } from './key-ec-p256.ts';
import { rsa2048 } from './key-rsa-2048.ts';

/** The registry of key types. */
export const keyTypes = { 'EC-P256': ecP256, 'RSA-2048': rsa2048 } as const;

export type CardKeyTypeId = keyof typeof keyTypes;

export const isKeyTypeId = (value: unknown): value is CardKeyTypeId =>
  typeof value === 'string' && Object.hasOwn(keyTypes, value);
