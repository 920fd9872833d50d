import { counted, nearest, OperatorError } from '@alongside/kernel/operator';
import type { AgentStatus } from '../../identity-agent/protocol.ts';
import { type ConsoleApi, RefusedCall } from './console-api.ts';

/** A virtual card of the local agent. */
export interface DeskCard {
  serial: string;
  persona: string | null;
  uid: string;
  name: string;
  profile: string;
  locked: boolean;
}

const wordsOf = (name: string): string[] => name.toLowerCase().split(/\s+/).filter(Boolean);

/** Returns the cards whose holder has all words of a name, in any order: "Harriet Quillfeather" is "Quillfeather Harriet Dr". */
const cardsOfName = (cards: readonly DeskCard[], who: string): DeskCard[] =>
  cards.filter(({ name }) => wordsOf(who).every((word) => wordsOf(name).includes(word)));

/**
 * Returns the name by which the console knows a card: its persona, uid or serial; for the name of its holder, its serial.
 * @throws OperatorError with the names of the cards if none matches
 */
export async function findCard(api: ConsoleApi, who: string): Promise<string> {
  const { cards } = await api.must('GET', '/cards');
  if (cards.some(({ serial, persona, uid }) => [serial, persona, uid].includes(who))) return who;
  const named = who.trim() === '' ? [] : cardsOfName(cards, who);
  const [only] = named;
  if (only && named.length === 1) return only.serial;
  throw new OperatorError(noCard(who, cards, named));
}

/** Puts a card into the reader, by persona, uid, name or serial. */
export const insertCard = async (api: ConsoleApi, who: string): Promise<{ card: DeskCard | null }> =>
  api.must('PUT', '/readers/0/card', { body: { card: await findCard(api, who) } });

function noCard(who: string, cards: readonly DeskCard[], named: readonly DeskCard[]): string {
  if (named.length > 0)
    return `There are ${named.length} cards of ${who}. Name one by its serial: ${named.map(({ serial, name }) => `${serial} (${name})`).join(', ')}.`;
  const personas = cards.flatMap(({ persona }) => persona ?? []);
  return `No card has the serial, persona, uid or name ${who}.${nearest(who, personas)} There are cards of ${personas.join(', ')}.`;
}

const states: Record<AgentStatus['state'], string> = {
  noCard: 'No card is in the reader.',
  pinRequested: 'A card is in the reader. Enter its PIN.',
  roleRequested: 'Signed in. Select a role.',
  signedIn: 'Signed in.',
  locked: 'Locked: insert the card again and enter the PIN.',
  blocked: 'The PIN of this card is blocked.',
  cardRejected: 'The card was refused.',
};

const locked = {
  card: states.locked,
  screen: 'Locked with the screen: unlock the screen and enter the PIN.',
  time: 'Locked: the PIN is too old. Enter it again.',
};

/** Describes the state of the agent in one sentence. */
export const stateText = (status: AgentStatus): string => {
  if (asksLater(status))
    return 'A card is in the reader. The agent asks for its PIN when an application signs in.';
  const { state, lock } = status;
  return state === 'locked' && lock ? locked[lock.reason] : states[state];
};

/** Whether there is a card but no PIN prompt, as in the newer generation. */
const asksLater = ({ state, card }: AgentStatus): boolean => state === 'noCard' && card !== null;

type Role = Pick<AgentStatus['roles'][number], 'roleId' | 'roleCode' | 'orgCode'>;

/** Returns whether a role matches: by its id, or by the last part of its code (R8001). */
const isRole = (role: Role | undefined, asked: string): boolean =>
  role?.roleId === asked || role?.roleCode.split(':').at(-1) === asked;

function roleIn(roles: readonly Role[], asked: string): Role {
  const found = roles.find((role) => isRole(role, asked));
  const list = roles.map(
    ({ roleId, roleCode, orgCode }) => `${roleId} (${roleCode.split(':').at(-1)} at ${orgCode})`,
  );
  if (!found) throw new OperatorError(`The person has no role ${asked}. There are: ${list.join(', ')}.`);
  return found;
}

/** Returns the id of a role of the person at the desk, by its id or code. */
export async function roleIdAtDesk(api: ConsoleApi, asked: string): Promise<string> {
  return roleIn((await api.must('GET', '/agent')).roles, asked).roleId;
}

/** Refuses a role that the holder of the inserted card does not have, before the agent asks for one. */
async function checkRoleOfCard(api: ConsoleApi, { card }: AgentStatus, asked: string): Promise<void> {
  const { cards } = await api.must('GET', '/cards');
  const uid = cards.find(({ serial }) => serial === card?.serial)?.uid ?? '';
  roleIn((await api.must('GET', '/people/{uid}', { path: { uid } })).roles, asked);
}

/** Enters the PIN. `pinChecked` is false if a user was already signed in. */
async function enterPin(
  api: ConsoleApi,
  pin: string | undefined,
): Promise<{ state: AgentStatus; pinChecked: boolean }> {
  const answer = await api.call<AgentStatus>('POST', '/agent/pin', { pin: pin ?? '123456' });
  if (answer.status === 409) {
    const state = await api.must('GET', '/agent');
    if (state.state !== 'signedIn' && state.state !== 'roleRequested' && !asksLater(state))
      throw new OperatorError(state.reason ?? stateText(state));
    return { state, pinChecked: false };
  }
  if (answer.status === 403 && answer.body.error === 'wrong_pin') {
    const left = Number(answer.body.attemptsLeft);
    throw new OperatorError(`Wrong PIN: ${counted(left, 'attempt')} left.`);
  }
  if (answer.status === 423)
    throw new OperatorError(
      'The PIN of this card is blocked. Restore its attempts with "alongside card unblock CARD".',
    );
  if (answer.status >= 300) throw new RefusedCall(answer);
  const state = answer.body;
  if (state.state === 'cardRejected' || state.state === 'blocked')
    throw new OperatorError(state.reason ?? states[state.state]);
  return { state, pinChecked: true };
}

export interface SignIn {
  readonly state: AgentStatus;
  /** False if the PIN was not entered: a user was signed in, or the agent asks when an application signs in. */
  readonly pinChecked: boolean;
  /** Whether the first of several roles was selected, because none was named. */
  readonly tookFirstRole: boolean;
}

/** Enters the PIN of the inserted card (123456 by default) and selects a role, by id or code; the first by default. */
export async function signInAtDesk(
  api: ConsoleApi,
  { pin, role }: { pin?: string | undefined; role?: string | undefined } = {},
): Promise<SignIn> {
  const { state: before, pinChecked } = await enterPin(api, pin);
  if (role !== undefined && asksLater(before)) await checkRoleOfCard(api, before, role);
  const asks = before.question === 'role';
  // Without a user or a role there are no roles to choose from. The error below names this.
  const chosen =
    role === undefined || before.roles.length === 0 ? before.roles[0] : roleIn(before.roles, role);
  const state = asks
    ? await api.must('POST', '/agent/role', { body: { roleId: chosen?.roleId ?? '' } })
    : before;
  const held = state.roles.find(({ roleId }) => roleId === state.role?.roleId);
  if (role !== undefined && !isRole(held, role) && !asksLater(state))
    throw new OperatorError(
      held
        ? `The session has the role ${held.roleId} and keeps it. Sign out first to choose another.`
        : 'The session has no role.',
    );
  return { state, pinChecked, tookFirstRole: asks && role === undefined };
}
