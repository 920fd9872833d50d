import { errors } from '../errors.ts';
import type { CardAct, Person } from '../protocol.ts';

/** Positions of the registration authority, as its national policy names them. */
export type Position =
  | 'manager'
  | 'agentAdvanced'
  | 'agent'
  | 'sponsor'
  | 'idChecker'
  | 'localSmartcardAdministrator';

/** What positions do with cards. */
type Act = 'order' | CardAct;

/** Who may do what. A sponsor approves positions and an ID checker looks at documents: neither touches a card. */
const allowed: Readonly<Record<Act, readonly Position[]>> = {
  order: ['manager', 'agentAdvanced', 'agent'],
  revoke: ['manager', 'agentAdvanced', 'agent'],
  replace: ['manager', 'agentAdvanced', 'agent'],
  renew: ['manager', 'agentAdvanced', 'agent'],
  unblock: ['manager', 'agentAdvanced', 'agent', 'localSmartcardAdministrator'],
};

/** RBAC codes of job roles (`R5080`) and activities (`B0000`) by which a person holds a position. */
export type PositionCodes = Readonly<Record<Position, readonly string[]>>;

/** The two positions whose codes are public; an installation names those of the others. */
export const publishedPositions: PositionCodes = {
  manager: ['R5080'],
  agentAdvanced: [],
  agent: ['R5090'],
  sponsor: [],
  idChecker: [],
  localSmartcardAdministrator: [],
};

const codesOf = (person: Person): Set<string> =>
  new Set(
    person.roles.flatMap(({ roleCode, activities }) => [
      roleCode.split(':').at(-1) ?? '',
      ...activities.map(({ code }) => code),
    ]),
  );

/** The position in which a person may do this. Throws `act_not_allowed` when there is none. */
export function positionFor(act: Act, person: Person | undefined, codes: PositionCodes): Position {
  if (!person || person.disabled) throw errors.actNotAllowed('the acting person is unknown or disabled');
  const held = codesOf(person);
  const position = allowed[act].find((name) => codes[name].some((code) => held.has(code)));
  if (!position) throw errors.actNotAllowed(`${person.uid} may not ${act}`);
  return position;
}
