import { z } from 'zod';
import { type Journey, journey, type Lane } from './model.ts';

/** The version of the format. It changes when an older Alongside cannot show a file. */
const formatVersion = 1;

const maxMessages = 5_000;
const maxLanes = 50;
/** Calls inside calls. A row draws a bar for each call around it, so the page grows with the square. */
const maxDepth = 50;
const lane =
  /^(?:person|browser|application|authorisation|cis2|identity-agent|cis|console|(?:api|mock|outside):[^\s:][^\s]{0,199})$/;

/** Returns what keeps a journey from being shown, beyond its schema; undefined for nothing. */
function problemOf({ messages }: Journey): string | undefined {
  if (messages.length > maxMessages) return `must have at most ${maxMessages} messages`;
  const lanes = new Set<Lane>(messages.flatMap(({ from, to }) => [from, to]));
  const unknown = [...lanes].find((one) => !lane.test(one));
  if (unknown !== undefined) return `has a party that is none: ${unknown.slice(0, 60)}`;
  if (lanes.size > maxLanes) return `must have at most ${maxLanes} parties`;
  const isUnique = (values: readonly unknown[]) => new Set(values).size === values.length;
  if (!isUnique(messages.map(({ id }) => id)) || !isUnique(messages.map(({ number }) => number)))
    return 'has the same message twice';
  const parents = new Map(messages.map(({ id, parent }) => [id, parent]));
  const isDeep = messages.some(({ parent }) => {
    let depth = 0;
    for (let at = parent; at !== null && depth <= maxDepth; depth++) at = parents.get(at) ?? null;
    return depth > maxDepth;
  });
  if (isDeep) return `has messages inside each other, or more than ${maxDepth} deep`;
  return undefined;
}

/** A journey as a file, to be opened at the console of another installation. */
export const journeyFile = z.strictObject({
  alongsideJourney: z
    .literal(
      formatVersion,
      `must be ${formatVersion}: this version of Alongside opens no other. Is it the file of a journey?`,
    )
    .describe('Version of the format'),
  program: z.string().max(100).describe('Version of the Alongside that wrote it'),
  journey: journey.superRefine((value, { addIssue }) => {
    const problem = problemOf(value);
    if (problem) addIssue({ code: 'custom', message: problem });
  }),
});
export type JourneyFile = z.output<typeof journeyFile>;

/** Returns the file of a journey. Links to other journeys lead nowhere elsewhere. */
export const journeyFileOf = (value: Journey, program: string): JourneyFile => ({
  alongsideJourney: formatVersion,
  program,
  journey: { ...value, links: [] },
});

const prefix = 'file-';

/** Returns the id of a journey that was opened from a file. */
export const openedId = (random: string): string => `${prefix}${random}`;

/** Whether a journey was opened from a file: it did not happen here, and whoever wrote the file chose every value. */
export const isFromFile = ({ id }: Pick<Journey, 'id'>): boolean => id.startsWith(prefix);
