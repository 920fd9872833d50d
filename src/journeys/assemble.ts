import type { JourneyEvent } from '@alongside/kernel/events';
import type { Kept } from './captured.ts';
import { idOfEvent, type StoredMessage } from './line.ts';
import type { Message } from './model.ts';
import { wordingOfForwarding } from './words.ts';

/** The data of a message besides its line. */
export interface Surroundings {
  readonly application: (id: string) => Message['application'];
  readonly person: (uid: string) => Message['person'];
  readonly captured: (id: string) => Kept | undefined;
  /** Why nothing was captured of a message of this time, in milliseconds since the epoch. */
  readonly notCaptured: (at: number) => string;
  readonly now: number;
}

/** Events that describe the redirect with which a request was answered, not its arrival. */
const departing = new Set(['authorisation.to-cis2', 'authorisation.code', 'cis2.hand-off', 'cis2.code']);

/** Milliseconds in which a redirect arrives. */
const arrivesWithin = 10_000;

/** A message in the making. */
interface Drawn {
  message: StoredMessage;
  outcome: Message['outcome'];
  from: Message['from'];
  /** The message whose answer sent the browser here. */
  sender: Drawn | undefined;
  isArrived: boolean;
  /** The message whose answer this redirect is, if its arrival is not seen. */
  sent?: string;
  events: Message['events'][number][];
}

/** Whether a message is the return of the browser from another provider. The messages of that provider are not visible here. */
const isProviderReturn = ({ name }: StoredMessage): boolean => name === 'cis2.federated';
const isOutside = (lane: string | undefined): boolean => lane?.startsWith('outside:') === true;

/** Joins each arrival of the browser with the message that sent it. */
function joinRedirects(drawn: readonly Drawn[]): void {
  const open: Drawn[] = [];
  for (const each of drawn) {
    const { message } = each;
    if (isProviderReturn(message)) {
      const visited = open.findLast(({ message: { departs } }) => isOutside(departs?.to));
      each.from = visited?.message.departs?.to ?? each.from;
    } else if (message.kind === 'redirect') {
      const index = open.findLastIndex(({ message: { departs } }) => departs?.to === message.to);
      const [sender] = index === -1 ? [] : open.splice(index, 1);
      if (sender) {
        each.sender = sender;
        each.from = sender.message.to;
        sender.isArrived = true;
      }
    }
    if (message.departs) open.push(each);
  }
}

/** A redirect to the application, which arrives outside this installation, or one that never arrived. */
function departed(each: Drawn, now: number): Drawn[] {
  const { message } = each;
  const { departs } = message;
  if (!departs || each.isArrived) return [];
  const sentAt = message.at + message.ms;
  const isLost = departs.to !== 'application' && !isOutside(departs.to);
  if (isLost && now - sentAt < arrivesWithin) return [];
  const { application, person } = message;
  return [
    {
      message: {
        id: `${message.id}.sent`,
        kind: 'redirect',
        from: message.to,
        to: departs.to,
        name: departs.name,
        words: departs.words,
        at: sentAt,
        ms: 0,
        method: 'GET',
        route: departs.route,
        ...(application ? { application } : {}),
        ...(person ? { person } : {}),
      },
      outcome: isLost ? 'lost' : 'succeeded',
      from: message.to,
      sender: each,
      sent: message.id,
      isArrived: false,
      events: [],
    },
  ];
}

/** The call of an API to its back end, which receives it outside this installation. */
function forwarded({ message }: Drawn): Drawn[] {
  const { id, to: from, method = 'GET', route, forwards } = message;
  if (!forwards) return [];
  const { to, at, ms, status } = forwards;
  const { kind, name, words } = wordingOfForwarding();
  const reached = status !== undefined && status >= 500 ? 'failed' : 'succeeded';
  const call = {
    id: `${id}.forwarded`,
    parent: id,
    kind,
    from,
    to,
    name,
    words,
    at,
    ms,
    method,
    ...(route === undefined ? {} : { route }),
  };
  return [
    {
      message: status === undefined ? call : { ...call, status },
      outcome: status === undefined ? 'lost' : reached,
      from,
      sender: undefined,
      isArrived: false,
      events: [],
    },
  ];
}

/** Gives each event to its message. */
function placeEvents(drawn: readonly Drawn[], events: readonly JourneyEvent[]): void {
  const byId = new Map(drawn.map((each) => [each.message.id, each]));
  const next = new Map(
    drawn.flatMap((each) => (each.sender ? [[each.sender.message.id, each] as const] : [])),
  );
  for (const event of events) {
    const { name, outcome, detail, message = idOfEvent(event) } = event;
    const holder = (departing.has(name) ? next.get(message) : undefined) ?? byId.get(message);
    holder?.events.push({ name, outcome, detail });
  }
}

const keptOf = (kept: Kept | undefined): Kept | undefined =>
  kept?.sent && { request: kept.sent, response: null };

/** Puts calls after the message during which they were made, so that the numbers are in the order of the page. */
function nested(all: readonly Drawn[]): Drawn[] {
  const calls = new Map<string | undefined, Drawn[]>();
  const ids = new Set(all.map(({ message: { id } }) => id));
  for (const each of all) {
    const { parent, id } = each.message;
    const around = parent !== undefined && parent !== id && ids.has(parent) ? parent : undefined;
    calls.set(around, [...(calls.get(around) ?? []), each]);
  }
  const placed = new Set<Drawn>();
  const place = (list: readonly Drawn[]): Drawn[] =>
    list.flatMap((each) => {
      placed.add(each);
      const inner = calls.get(each.message.id) ?? [];
      calls.delete(each.message.id);
      return [each, ...place(inner)];
    });
  const inOrder = place(calls.get(undefined) ?? []);
  // Stored data may be damaged: parents that are each other's.
  return [...inOrder, ...all.filter((each) => !placed.has(each))];
}

/** Returns the messages of a journey in order, each redirect as one. */
export function assemble(
  stored: readonly StoredMessage[],
  events: readonly JourneyEvent[],
  journey: string,
  surroundings: Surroundings,
): Message[] {
  const drawn: Drawn[] = stored
    .toSorted(
      (one, other) =>
        one.at - other.at || Number(other.parent === undefined) - Number(one.parent === undefined),
    )
    .map((message) => ({
      message,
      outcome: message.outcome ?? 'succeeded',
      from: message.from,
      sender: undefined,
      isArrived: false,
      events: [],
    }));
  joinRedirects(drawn);
  const all = nested(
    drawn
      .flatMap((each) => [each, ...departed(each, surroundings.now), ...forwarded(each)])
      .toSorted((one, other) => one.message.at - other.message.at),
  );
  placeEvents(all, events);
  const began = all[0]?.message.at ?? 0;
  const parents = new Set(all.map(({ message: { id } }) => id));
  return all.map(({ message, outcome, from, sent, events: recorded }, index) => {
    const captured =
      sent === undefined ? surroundings.captured(message.id) : keptOf(surroundings.captured(sent));
    return {
      id: message.id,
      journey,
      parent: message.parent !== undefined && parents.has(message.parent) ? message.parent : null,
      number: index + 1,
      kind: message.kind,
      from,
      to: message.to,
      name: message.name,
      words: message.words,
      startedAt: new Date(message.at).toISOString(),
      offsetMs: Math.max(0, Math.round((message.at - began) * 10) / 10),
      durationMs: message.ms,
      method: message.method ?? null,
      route: message.route ?? null,
      status: message.status ?? null,
      outcome,
      application: message.application === undefined ? null : surroundings.application(message.application),
      person: message.person === undefined ? null : surroundings.person(message.person),
      requestId: message.requestId ?? null,
      correlationId: message.correlationId ?? null,
      refusal: message.refusal ?? null,
      faults: [...(message.faults ?? [])],
      request: captured?.request ?? null,
      response: captured?.response ?? null,
      notCaptured: captured ? null : surroundings.notCaptured(message.at),
      events: recorded,
    };
  });
}
