import { systemClock } from '@alongside/kernel/clock';
import { notRun } from './check.ts';
import type { Reaction, Trial } from './trial.ts';

/** Milliseconds between two sign-ins. */
const interval = 5_000;

/**
 * Changes CIS2's signing key and signs in without a fault until one sign-in succeeds, within the application's time limit.
 * `after` is in milliseconds.
 */
export async function changeKey(trial: Trial): Promise<{ last: Reaction; after: number }> {
  await trial.changeKey();
  const from = systemClock.now();
  for (;;) {
    const last = await trial.signIn();
    const after = systemClock.now() - from;
    if (last.signedIn || after + interval > trial.patience) return { last, after };
    await trial.pause(interval);
  }
}

/** Does the same for a check that needs an application with the new key; returns whether it has it. */
export async function learnsNewKey(trial: Trial): Promise<boolean> {
  return (await changeKey(trial)).last.signedIn;
}

export const unlearned = notRun('It did not take up a new key of CIS2 in time; --patience gives it longer.');
