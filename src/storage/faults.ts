import { channel } from 'node:diagnostics_channel';
import { activity } from '@alongside/kernel/activity';
import { chance } from '@alongside/kernel/ids';
import { z } from 'zod';
import type { Statement } from './database.ts';
import { storedJson, storedObject } from './row.ts';
import type { Settings } from './settings.ts';

/** A fault that developers can switch on by name, to test an application. */
export interface NamedFault {
  /** As in `PUT /faults/{name}`; its state is the setting `fault.NAME`. */
  readonly name: string;
  readonly summary: string;
}

const stateShape = storedObject({
  /** Probability of each time, 0 to 1. */
  probability: z.number().optional(),
  /** Number of times that it still occurs; then it is off. */
  next: z.number().optional(),
  /** Number of times before it occurs. */
  after: z.number().optional(),
  /** NHS number of the only patient with whom it occurs, for faults of the PDS. */
  patient: z.string().optional(),
  /** Duration of a delay. */
  seconds: z.number().optional(),
});
/** When an active fault occurs; every time by default. */
export type FaultState = Readonly<z.infer<typeof stateShape>>;

/** Published when the state of a fault changes because it occurred, or was skipped. */
export const faultTurns = channel('alongside.fault-turns');

const prefix = 'fault.';

const stateOf = (text: string): FaultState => storedJson(stateShape, text, 'setting fault');

/** Returns whether the fault occurs this time, and the state afterwards; null if it is then off. */
function turn(state: FaultState): { happens: boolean; after: FaultState | null } {
  const { probability = 1, next, after = 0 } = state;
  if (after > 0) return { happens: false, after: { ...state, after: after - 1 } };
  if (next === 0) return { happens: false, after: null };
  if (!chance(probability)) return { happens: false, after: state };
  if (next === undefined) return { happens: true, after: state };
  return { happens: true, after: next > 1 ? { ...state, next: next - 1 } : null };
}

/** A call that a fault may be limited to. */
export interface FaultedCall {
  /** Its NHS number, if it names one. */
  readonly patient: string | undefined;
  /** The client's own id of the call, which begins with the name of its run of tests. */
  readonly run: string;
}

/** Divides the name of a fault from that of the run of tests that it is for. */
const runMark = '@';

/** Returns the fault and the run of tests of a name such as `pds-slow@run-7`. */
export function faultOf(name: string): { fault: string; run: string | undefined } {
  const at = name.indexOf(runMark);
  return at < 0 ? { fault: name, run: undefined } : { fault: name.slice(0, at), run: name.slice(at + 1) };
}

/** Form of the name of a run of tests. */
export const runForm = /^[A-Za-z0-9_-]{1,40}$/;

/** The states while all faults are off. */
export const noFaults: ReadonlyMap<string, FaultState> = new Map();

/** The result while all faults are off. */
export const noFault: readonly never[] = [];

/** Whether an id is the name of a run, or begins with it and a separator. */
const isOfRun = (id: string, run: string): boolean =>
  id.startsWith(run) && !/^[A-Za-z0-9_-]/.test(id.slice(run.length));

/** The active faults, in the settings that all processes share. Development only. */
export class Faults {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Returns the state of each active fault by name. */
  async on(): Promise<Map<string, FaultState>> {
    const stored = await this.#settings.under(prefix);
    return new Map(
      [...stored]
        .filter(([, text]) => text !== '')
        .map(([name, text]) => [name.slice(prefix.length), stateOf(text)]),
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

  /**
   * Returns those of these faults that occur this time. Each time counts once among all processes. Returns `noFault` without a promise
   * while all faults are known to be off.
   */
  happening<F extends NamedFault>(faults: readonly F[]): readonly F[] | Promise<readonly F[]> {
    const on = this.#settings.namesUnder(prefix);
    if (!(on instanceof Promise)) return on.length === 0 ? noFault : this.#among(faults, on);
    return on.then((names) => this.#among(faults, names));
  }

  async #among<F extends NamedFault>(faults: readonly F[], on: readonly string[]): Promise<readonly F[]> {
    const happening: F[] = [];
    for (const fault of faults)
      if (on.includes(prefix + fault.name) && (await this.#happens(fault.name))) happening.push(fault);
    return happening;
  }

  /**
   * Returns those of these faults that occur this time in a call, with their states: also the ones for its run of tests, and none for
   * another patient. Counts only calls to which a fault applies. Returns `noFaults` without a promise while all faults are known to be off.
   */
  happeningAt(
    faults: readonly NamedFault[],
    call: FaultedCall,
  ): ReadonlyMap<string, FaultState> | Promise<ReadonlyMap<string, FaultState>> {
    const on = this.#settings.namesUnder(prefix);
    if (!(on instanceof Promise)) return on.length === 0 ? noFaults : this.#amongAt(faults, call, on);
    return on.then((names) => this.#amongAt(faults, call, names));
  }

  async #amongAt(
    faults: readonly NamedFault[],
    { patient, run }: FaultedCall,
    on: readonly string[],
  ): Promise<ReadonlyMap<string, FaultState>> {
    const happening = new Map<string, FaultState>();
    for (const setting of on) {
      const name = setting.slice(prefix.length);
      const { fault, run: of } = faultOf(name);
      if (!faults.some((known) => known.name === fault) || (of !== undefined && !isOfRun(run, of))) continue;
      const text = await this.#settings.get(setting);
      const state = text ? stateOf(text) : undefined;
      if (!state || (state.patient !== undefined && state.patient !== patient)) continue;
      if (await this.#happens(name)) happening.set(fault, state);
    }
    return happening;
  }

  async #happens(name: string): Promise<boolean> {
    for (;;) {
      const text = await this.#settings.get(prefix + name);
      if (!text) return false;
      const { happens, after } = turn(stateOf(text));
      const next = after === null ? '' : JSON.stringify(after);
      if (next !== text) {
        if (!(await this.#settings.swap(prefix + name, text, next))) continue;
        faultTurns.publish(name);
      }
      if (happens) activity()?.noteFault(name);
      return happens;
    }
  }
}
