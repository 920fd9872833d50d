import { z } from 'zod';
import type { Settings } from '../../storage/settings.ts';
import type { NamedFault } from './registry.ts';

/** When a fault happens. */
export const faultShape = z.strictObject({
  probability: z
    .number('must be a number')
    .min(0, 'must be 0 to 1')
    .max(1, 'must be 0 to 1')
    .optional()
    .describe('Of each time, 0 to 1'),
  next: z
    .int('must be a whole number')
    .min(0, 'must be 0 or more')
    .max(1_000_000)
    .optional()
    .describe('So many of the next times'),
  after: z
    .int('must be a whole number')
    .min(0, 'must be 0 or more')
    .max(1_000_000)
    .optional()
    .describe('Only after so many times'),
});

export type FaultState = z.infer<typeof faultShape>;

/** The faults that are switched on, in the settings that all processes share. */
export class StoredFaults {
  readonly #settings: Settings;
  readonly #known: readonly NamedFault[];

  constructor(settings: Settings, known: readonly NamedFault[]) {
    const names = known.map(({ name }) => name);
    if (new Set(names).size !== names.length) throw new Error('Two faults have the same name.');
    this.#settings = settings;
    this.#known = known;
  }

  knows(name: string): boolean {
    return this.#known.some((fault) => fault.name === name);
  }

  /** All that exist, with their state; null when it is off. */
  list(): Promise<(NamedFault & { state: FaultState | null })[]> {
    return Promise.all(
      this.#known.map(async (fault) => {
        const stored = await this.#settings.get(`fault.${fault.name}`);
        return { ...fault, state: stored ? (JSON.parse(stored) as FaultState) : null };
      }),
    );
  }

  /** @param state null switches it off */
  async set(name: string, state: FaultState | null): Promise<void> {
    await this.#settings.set(`fault.${name}`, state === null ? '' : JSON.stringify(state));
  }

  async clear(): Promise<void> {
    for (const { name } of this.#known) await this.set(name, null);
  }
}
