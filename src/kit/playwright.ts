import {
  test as base,
  type PlaywrightTestArgs,
  type PlaywrightTestOptions,
  type PlaywrightWorkerArgs,
  type PlaywrightWorkerOptions,
  type TestInfo,
  type TestType,
} from '@playwright/test';
import { SharedInstance } from './fixture.ts';
import type { AgentState, Alongside, DeskOptions, FixtureOptions } from './types.ts';

export { expect } from '@playwright/test';

/** A person at the desk: persona, uid or name; or with another PIN or a role. */
export type PersonOption = string | ({ readonly who: string } & DeskOptions);

export interface TestFixtures {
  /** Option: the person of `desk`; `gp` by default. */
  person: PersonOption;
  /** Signs the person in at the desk, for one test. */
  desk: AgentState;
}

export interface WorkerFixtures {
  /** Option: how the instance starts. */
  alongsideOptions: FixtureOptions;
  /** The instance of this worker. */
  alongside: Alongside;
}

const shared = new SharedInstance();
/** Milliseconds for a start on a loaded machine. */
const startTimeout = 90_000;

/** Playwright's `test` with an instance for each worker. A failed test has a report of the instance as attachment. */
export const test: TestType<
  PlaywrightTestArgs & PlaywrightTestOptions & TestFixtures,
  PlaywrightWorkerArgs & PlaywrightWorkerOptions & WorkerFixtures
> = base.extend<TestFixtures, WorkerFixtures>({
  alongsideOptions: [{}, { option: true, scope: 'worker' }],
  alongside: [
    (
      { alongsideOptions }: Pick<WorkerFixtures, 'alongsideOptions'>,
      use: (instance: Alongside) => Promise<void>,
    ) => shared.provide(alongsideOptions, use),
    { scope: 'worker', timeout: startTimeout },
  ],
  person: ['gp', { option: true }],
  desk: async (
    { alongside, person }: Pick<TestFixtures, 'person'> & Pick<WorkerFixtures, 'alongside'>,
    use: (state: AgentState) => Promise<void>,
  ) => {
    const { who, ...answers } = typeof person === 'string' ? { who: person } : person;
    await use(await alongside.desk(who, answers));
    await alongside.card.remove();
  },
  alongsideReport: [
    // Playwright reads the names of the fixtures here: none, so that a test without Alongside starts no instance.
    // biome-ignore lint/correctness/noEmptyPattern: see above
    async ({}, use: () => Promise<void>, info: TestInfo) => {
      await shared.tidy();
      await use();
      if (info.status === info.expectedStatus) return;
      const body = await shared.report();
      if (body !== undefined) await info.attach('alongside', { body, contentType: 'text/plain' });
    },
    { auto: true },
  ],
});
