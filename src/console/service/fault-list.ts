import { z } from 'zod';
import { journeySummary } from '../../journeys/model.ts';
import { faultOf } from '../../storage/faults.ts';
import type { ConsoleContext } from '../model/dependencies.ts';

const times = (least: number, description: string) =>
  z
    .int('must be a whole number')
    .min(least, `must be ${least} or more`)
    .max(1_000_000, 'must be 1000000 or less')
    .optional()
    .describe(description);

/** When a fault occurs, in a body. */
export const faultShape = z.strictObject({
  probability: z
    .number('must be a number')
    .min(0, 'must be 0 to 1')
    .max(1, 'must be 0 to 1')
    .optional()
    .describe('Probability each time, 0 to 1'),
  next: times(1, 'Switches the fault off after this many times'),
  after: times(0, 'Skips this many times first'),
  patient: z
    .string('must be text')
    .regex(/^\d{10}$/, 'must be ten digits')
    .optional()
    .describe('Occurs only in calls that name this NHS number; faults of the PDS'),
  seconds: z
    .number('must be a number')
    .min(0, 'must be 0 to 60')
    .max(60, 'must be 0 to 60')
    .optional()
    .describe('Duration of the delay; pds-slow'),
});

/** A fault with its state, null while it is off, and the latest journeys that it hit. */
export const listedFault = z
  .strictObject({
    name: z.string(),
    summary: z.string(),
    topic: z.string(),
    state: faultShape.nullable(),
    journeys: z.array(journeySummary.pick({ id: true, headline: true, outcome: true, startedAt: true })),
  })
  .meta({ id: 'Fault' });
export type ListedFault = z.output<typeof listedFault>;

/** Topics by the start of a name, in the order of the list. */
const topics: readonly (readonly [start: string, topic: string])[] = [
  ['id-token-', 'ID tokens'],
  ['userinfo-', 'Userinfo'],
  ['logout-token-', 'Logout tokens'],
  ['discovery-', 'Discovery and keys'],
  ['key-set-', 'Discovery and keys'],
  ['cis2-', 'Endpoints of CIS2'],
  ['platform-', 'Endpoints of the API platform'],
  ['pds-', 'Personal Demographics Service'],
];

const topicOf = (name: string): string => topics.find(([start]) => name.startsWith(start))?.[1] ?? 'Others';

/** Lists all faults by topic, and those for a run of tests after the fault that they are of. */
export async function listFaults({
  faults,
  namedFaults,
  journeys,
}: Pick<ConsoleContext, 'faults' | 'namedFaults' | 'journeys'>): Promise<ListedFault[]> {
  const [on, latest] = await Promise.all([faults.on(), journeys.list()]);
  const hits = (name: string): ListedFault['journeys'] =>
    latest.journeys
      .filter((journey) => journey.faults.includes(name))
      .map(({ id, headline, outcome, startedAt }) => ({ id, headline, outcome, startedAt }));
  const order = [...new Set([...topics.map(([, topic]) => topic), 'Others'])];
  return namedFaults
    .flatMap(({ name, summary }) => {
      const listed = { summary, topic: topicOf(name) };
      return [
        { name, ...listed, state: on.get(name) ?? null, journeys: hits(name) },
        ...[...on]
          .filter(([key]) => key !== name && faultOf(key).fault === name)
          .map(([key, state]) => ({ name: key, ...listed, state, journeys: hits(name) })),
      ];
    })
    .sort((a, b) => order.indexOf(a.topic) - order.indexOf(b.topic));
}
