import { systemClock } from '@alongside/kernel/clock';
import { notRun } from './check.ts';
import type { Reaction, Trial } from './trial.ts';

/** Milliseconds between two sign-ins. */
const interval = 5_000;

/** CIS2 changes its signing key, then sign-ins without any fault until one succeeds, for as long as an application may take. `after` in milliseconds. */
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

/** The same for a check that needs an application which knows the new key: whether it does. */
export async function learnsNewKey(trial: Trial): Promise<boolean> {
  return (await changeKey(trial)).last.signedIn;
}

export const unlearned = notRun('It did not take up a new key of CIS2 in time; --patience gives it longer.');
