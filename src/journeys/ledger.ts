import type { Journey, Lane, Message } from './model.ts';
import { hasFailed, inLaneOrder } from './text.ts';

/** Filters of a journey, as in its address. */
export type Shown = 'all' | 'redirects' | 'calls' | 'refused';
/** `one`: an arrow for each redirect. `every`: an arrow to the browser and one from it. */
export type Hops = 'one' | 'every';

export const phases = [
  'At the desk',
  'Ask for a sign-in',
  'Prove who is at the desk',
  'Get tokens',
  'Use the API',
  'Sign out',
] as const;
export type Phase = (typeof phases)[number];

/** The part of the bar of a lane that answers, in one row. */
export interface Span {
  readonly lane: Lane;
  readonly part: 'start' | 'middle' | 'end';
}

/** One row of the ledger: a message, or one hop of a redirect. */
export interface Row {
  readonly message: Message;
  /** `7`; the hops of a redirect are `7.1` and `7.2`. */
  readonly label: string;
  readonly from: Lane;
  readonly to: Lane;
  readonly hop: 'whole' | 'answer' | 'request';
  /** Calls around this one. */
  readonly depth: number;
  readonly spans: readonly Span[];
  /** The phase that begins with this row. */
  readonly phase: Phase | undefined;
  /** Milliseconds without a message before this row, if that is a pause. */
  readonly pause: number | undefined;
}

/** The parties and rows of a journey, in the order of the page. */
export interface Ledger {
  readonly lanes: readonly Lane[];
  readonly rows: readonly Row[];
}

export interface View {
  readonly show: Shown;
  readonly hops: Hops;
}

const filters: Readonly<Record<Shown, (message: Message) => boolean>> = {
  all: () => true,
  redirects: ({ kind }) => kind === 'redirect',
  calls: ({ kind }) => kind === 'call',
  refused: hasFailed,
};

export const shownMessages = ({ messages }: Pick<Journey, 'messages'>, show: Shown): Message[] =>
  messages.filter(filters[show]);

/** A message in the tree of calls. */
interface Node {
  readonly message: Message;
  readonly calls: Node[];
}

/** Returns the shown messages as trees. The parent of a message is the nearest shown one. */
function treesOf(all: readonly Message[], shown: readonly Message[]): Node[] {
  const parents = new Map(all.map(({ id, parent }) => [id, parent]));
  const nodes = new Map(shown.map((message) => [message.id, { message, calls: [] as Node[] }]));
  const roots: Node[] = [];
  for (const node of nodes.values()) {
    const around = nearest(node.message, parents, nodes);
    (around?.calls ?? roots).push(node);
  }
  return roots;
}

/** Stops at a parent that it has seen, because stored data may be damaged. */
function nearest<T>(
  { id, parent }: Message,
  parents: ReadonlyMap<string, string | null>,
  nodes: ReadonlyMap<string, T>,
): T | undefined {
  const seen = new Set([id]);
  for (let at = parent; at !== null && !seen.has(at); at = parents.get(at) ?? null) {
    const node = nodes.get(at);
    if (node) return node;
    seen.add(at);
  }
  return undefined;
}

/** Whether a message belongs to the proof: all acts of a person do, and everything at the agent and at CIS. */
const proves = ({ kind, from, to, name }: Message): boolean =>
  kind === 'act' ||
  [from, to].some((lane) => lane === 'identity-agent' || lane === 'cis') ||
  /^(agent|cis)\b/.test(name);

/** Returns the phase of a message that no other one contains. */
function phaseOf(message: Message, { pattern }: Pick<Journey, 'pattern'>, before: Phase | undefined): Phase {
  const { name, to } = message;
  if (pattern === 'desk') return 'At the desk';
  if (pattern === 'sign-out' || /logout|sign(ed)?-out|session-ended|revoke/.test(name)) return 'Sign out';
  if (to.startsWith('api:')) return 'Use the API';
  if (/\.(authorize|par)$/.test(name)) return 'Ask for a sign-in';
  if (/token|callback|\.code$|userinfo/.test(name) && !proves(message)) return 'Get tokens';
  if (proves(message)) return 'Prove who is at the desk';
  return before ?? (pattern === 'application' || pattern === 'console' ? 'Get tokens' : 'Ask for a sign-in');
}

const maxShortGap = 250;

/** Returns the length above which a time without messages is a pause: 250 ms, and ten times the median duration. */
function pauseLimit(messages: readonly Message[]): number {
  const sorted = messages.flatMap(({ durationMs }) => durationMs ?? []).sort((a, b) => a - b);
  return Math.max(maxShortGap, 10 * (sorted[Math.floor(sorted.length / 2)] ?? 0));
}

const endOf = ({ offsetMs, durationMs }: Message): number => offsetMs + (durationMs ?? 0);

interface Placed {
  readonly message: Message;
  readonly depth: number;
  /** Lanes that answer around this message, and whether it is the last one in each. */
  readonly around: readonly { lane: Lane; isLast: boolean }[];
  readonly answersCalls: boolean;
}

function place({ message, calls }: Node, depth: number, around: Placed['around']): Placed[] {
  const inner = calls.flatMap((call, index) => {
    const isLast = index === calls.length - 1;
    return place(call, depth + 1, [
      ...around.map((span) => ({ ...span, isLast: span.isLast && isLast })),
      { lane: message.to, isLast },
    ]);
  });
  const own = calls.length === 0 ? around : around.map((span) => ({ ...span, isLast: false }));
  return [{ message, depth, around: own, answersCalls: calls.length > 0 }, ...inner];
}

/** Returns the rows of one message: one, or the two hops of a redirect. */
function rowsOf(placed: Placed, hops: Hops, first: Pick<Row, 'phase' | 'pause'>): Row[] {
  const { message, depth, around, answersCalls } = placed;
  const start: Span[] = answersCalls ? [{ lane: message.to, part: 'start' }] : [];
  const spans = (isLastRow: boolean): Span[] =>
    around.map(({ lane, isLast }) => ({ lane, part: isLast && isLastRow ? 'end' : 'middle' }));
  const { from, to, number, kind } = message;
  const row = { message, depth };
  if (hops === 'one' || kind !== 'redirect' || from === 'browser' || to === 'browser')
    return [
      { ...row, ...first, label: String(number), from, to, hop: 'whole', spans: [...spans(true), ...start] },
    ];
  const label = (hop: number) => `${number}.${hop}`;
  return [
    { ...row, ...first, label: label(1), from, to: 'browser', hop: 'answer', spans: spans(false) },
    {
      ...row,
      phase: undefined,
      pause: undefined,
      label: label(2),
      from: 'browser',
      to,
      hop: 'request',
      spans: [...spans(true), ...start],
    },
  ];
}

/** Lays a journey out: rows in order, calls inside the message during which they were made. */
export function ledgerOf(journey: Journey, { show, hops }: View): Ledger {
  const shown = shownMessages(journey, show);
  const limit = pauseLimit(journey.messages);
  const rows: Row[] = [];
  let phase: Phase | undefined;
  let end: number | undefined;
  for (const root of treesOf(journey.messages, shown)) {
    const next = phaseOf(root.message, journey, phase);
    const gap = end === undefined || show !== 'all' ? 0 : root.message.offsetMs - end;
    const placed = place(root, 0, []);
    placed.forEach((one, index) => {
      const first = index === 0;
      rows.push(
        ...rowsOf(one, hops, {
          phase: first && next !== phase ? next : undefined,
          pause: first && gap > limit ? gap : undefined,
        }),
      );
    });
    phase = next;
    end = Math.max(end ?? 0, ...placed.map(({ message }) => endOf(message)));
  }
  return { lanes: inLaneOrder(rows.flatMap(({ from, to }) => [from, to])), rows };
}
