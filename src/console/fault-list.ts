import type { JourneySummary } from '../journeys/model.ts';
import { type FaultState, faultOf } from '../storage/faults.ts';
import type { ConsoleContext } from './dependencies.ts';

/** A fault with its state and the latest journeys that it hit. */
export interface ListedFault {
  name: string;
  summary: string;
  topic: string;
  /** Null while it is off. */
  state: FaultState | null;
  journeys: Pick<JourneySummary, 'id' | 'headline' | 'outcome' | 'startedAt'>[];
}

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
  const [on, latest] = await Promise.all([faults.on(), journeys?.list()]);
  const hits = (name: string): ListedFault['journeys'] =>
    (latest?.journeys ?? [])
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
