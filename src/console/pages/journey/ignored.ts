import type { Message } from '../../../journeys/model.ts';

/** A level of `acr_values` that CIS2 does not offer and therefore ignored: the sign-in succeeds at another one. */
export interface IgnoredLevel {
  readonly asked: string;
  /** Number of the step that asked for it. */
  readonly step: number;
}

/** Returns the level that a message asked for in vain. */
export const ignoredLevel = ({
  events,
  number,
}: Pick<Message, 'events' | 'number'>): IgnoredLevel | undefined => {
  const asked = events.find(({ detail }) => detail.ignoredAcr !== undefined)?.detail.ignoredAcr;
  return asked === undefined ? undefined : { asked: String(asked), step: number };
};

/** Returns the levels that a journey asked for in vain. */
export const ignoredLevels = ({ messages }: { messages: readonly Message[] }): IgnoredLevel[] =>
  messages.flatMap((message) => ignoredLevel(message) ?? []);
