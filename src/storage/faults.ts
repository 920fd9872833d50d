import { chance } from '@alongside/kernel/ids';
import type { Statement } from './database.ts';
import type { Settings } from './settings.ts';

/** A fault that a developer can switch on by name, to see what an application makes of it. */
export interface NamedFault {
  /** As in `PUT /faults/{name}`; its state is the setting `fault.NAME`. */
  readonly name: string;
  readonly summary: string;
}

/** When a fault that is on happens; every time unless told. */
export interface FaultState {
  /** Of each time, 0 to 1. */
  readonly probability?: number | undefined;
  /** Happens so many times more, then it is off. */
  readonly next?: number | undefined;
  /** Only after so many times. */
  readonly after?: number | undefined;
}

const prefix = 'fault.';

/** What a time makes of a state: whether the fault happens, and the state afterwards; null when it is off then. */
function turn(state: FaultState): { happens: boolean; after: FaultState | null } {
  const { probability = 1, next, after = 0 } = state;
  if (after > 0) return { happens: false, after: { ...state, after: after - 1 } };
  if (next === 0) return { happens: false, after: null };
  if (!chance(probability)) return { happens: false, after: state };
  if (next === undefined) return { happens: true, after: state };
  return { happens: true, after: next > 1 ? { ...state, next: next - 1 } : null };
}

/** The faults that are switched on, in the settings that all processes share. Development only. */
export class Faults {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** The state of each fault that is on, by name. */
  async on(): Promise<Map<string, FaultState>> {
    const stored = await this.#settings.under(prefix);
    return new Map(
      [...stored]
        .filter(([, text]) => text !== '')
        .map(([name, text]) => [name.slice(prefix.length), JSON.parse(text) as FaultState]),
    );
  }

  /**
   * @param state null switches it off
   * @param others writes of the same act, such as its audit record
   */
  async set(name: string, state: FaultState | null, ...others: Statement[]): Promise<void> {
    await this.#settings.set(prefix + name, state === null ? '' : JSON.stringify(state), ...others);
  }

  /** Switches every fault off. */
  async clear(): Promise<void> {
    for (const name of (await this.on()).keys()) await this.set(name, null);
  }

  /** Those of these faults that happen this time. Each time counts once among all processes. */
  async happening<F extends NamedFault>(faults: readonly F[]): Promise<F[]> {
    const on = await this.#settings.anyOf(faults.map(({ name }) => prefix + name));
    const happening: F[] = [];
    for (const fault of faults)
      if (on.includes(prefix + fault.name) && (await this.#happens(fault.name))) happening.push(fault);
    return happening;
  }

  async #happens(name: string): Promise<boolean> {
    for (;;) {
      const text = await this.#settings.get(prefix + name);
      if (!text) return false;
      const { happens, after } = turn(JSON.parse(text) as FaultState);
      const next = after === null ? '' : JSON.stringify(after);
      if (next === text || (await this.#settings.swap(prefix + name, text, next))) return happens;
    }
  }
}
