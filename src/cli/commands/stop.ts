import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError, UsageError } from '@alongside/kernel/operator';
import { isAlive, listens, type StateFile } from '../../state-file.ts';
import { command, type Result, text } from '../command.ts';
import { dataFolderOf, type InstanceSelection, instanceFlags, placeOf, readStateFile } from '../instance.ts';
import { askToStop, withdrawStop } from '../stop-request.ts';

/** Seconds that an instance may take: its own limit is 50, after its drain. */
const defaultTimeout = '60';
/** Milliseconds between two looks. */
const pause = 100;

const nothing = (stateFile: string): Result => ({
  json: { stopped: false },
  lines: [`No instance runs with the state file ${stateFile}.`],
});

/** Returns the state file of the selected instance; by default that of this folder. A port names none. */
function stateFileOf(selection: InstanceSelection): string {
  if (selection.portBase !== undefined)
    throw new UsageError(
      'Select the instance by its data folder or its state file: --data DIR or --state FILE.',
    );
  return placeOf(selection).stateFile ?? join(dataFolderOf(selection), 'state.json');
}

function refuseForeign(stateFile: string): void {
  const own = process.getuid?.();
  const { uid } = statSync(stateFile);
  if (own !== undefined && uid !== own)
    throw new OperatorError(
      `The instance of ${stateFile} belongs to another user (${uid}): stop it as that user.`,
    );
}

/** Waits until the process has ended. Returns whether it has. */
async function hasEnded({ pid }: StateFile, seconds: number): Promise<boolean> {
  for (let left = (seconds * 1000) / pause; left > 0; left -= 1) {
    if (!isAlive(pid)) return true;
    await sleep(pause);
  }
  return !isAlive(pid);
}

export const stop = command({
  name: 'stop',
  base: instanceFlags,
  flags: { timeout: text },
  open: (selection) => ({ selection: selection as InstanceSelection }),
  actions: {
    '': {
      help: [
        ['', 'stop the instance in order, and wait until its process has ended'],
        ['--timeout SECONDS', `how long to wait (default ${defaultTimeout}); then exit code 1`],
      ],
      async run({ selection, flags: { timeout = defaultTimeout } }) {
        if (!/^\d{1,5}$/.test(timeout))
          throw new UsageError(`--timeout is a number of seconds, not "${timeout}".`);
        const stateFile = stateFileOf(selection);
        if (!existsSync(stateFile)) return nothing(stateFile);
        refuseForeign(stateFile);
        const state = { ...readStateFile(stateFile), stateFile };
        if (!isAlive(state.pid)) return nothing(stateFile);
        askToStop(state);
        if (!(await hasEnded(state, Number(timeout)))) {
          withdrawStop(stateFile);
          const hint = (await listens(state.portBase))
            ? 'Its log may name the reason.'
            : `Nothing answers at its port ${state.portBase}: it is still ending, or the process is another program by now. Then delete ${stateFile}.`;
          throw new OperatorError(
            `The instance (process ${state.pid}) has not ended in ${timeout} s. ${hint}`,
          );
        }
        withdrawStop(stateFile);
        return {
          json: { stopped: true, pid: state.pid },
          lines: [`The instance (process ${state.pid}) has stopped.`],
        };
      },
    },
  },
  examples: ['alongside stop', 'alongside stop --data /data --timeout 120'],
});
