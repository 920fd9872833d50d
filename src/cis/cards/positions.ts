import { jobRoleOf } from '../../storage/person-keys.ts';
import { errors } from '../errors.ts';
import type { CardAct, Person, RoleProfile } from '../protocol.ts';

/** Positions in the registration authority, by its national policy. */
export type Position =
  | 'manager'
  | 'agentAdvanced'
  | 'agent'
  | 'sponsor'
  | 'idChecker'
  | 'localSmartcardAdministrator';

/** An action of the registration authority. */
export type Act = 'order' | CardAct;

const issuers = ['manager', 'agentAdvanced', 'agent'] as const;

/** The positions that allow each act. Sponsors approve positions and ID checkers check documents, so neither may act on cards. */
const allowed: Readonly<Record<Act, readonly Position[]>> = {
  order: issuers,
  revoke: issuers,
  replace: issuers,
  renew: issuers,
  unblock: [...issuers, 'localSmartcardAdministrator'],
};

/** RBAC codes of job roles (`R5080`) and activities (`B0000`) that give a person a position. */
export type PositionCodes = Readonly<Record<Position, readonly string[]>>;

/** The codes of the two positions that are public. An installation configures the others. */
export const publishedPositions: PositionCodes = {
  manager: ['R5080'],
  agentAdvanced: [],
  agent: ['R5090'],
  sponsor: [],
  idChecker: [],
  localSmartcardAdministrator: [],
};

/** The members of a person that decide about positions. */
interface Actor extends Pick<Person, 'uid' | 'disabled'> {
  roles: readonly Pick<RoleProfile, 'roleCode' | 'activities'>[];
}

/**
 * Returns the codes that give a person a position, each with the organisation of its role; none for a disabled or absent person. The
 * organisation does not limit the position, but the role there is what keeps it.
 */
export function positionGrantsOf(
  person: Pick<Person, 'disabled' | 'roles'> | undefined,
  codes: PositionCodes,
): Set<string> {
  if (!person || person.disabled) return new Set();
  const giving = new Set(Object.values(codes).flat());
  return new Set(
    person.roles.flatMap(({ orgCode, roleCode, activities }) =>
      [jobRoleOf(roleCode), ...activities.map(({ code }) => code)]
        .filter((code) => giving.has(code))
        .map((code) => `${orgCode} ${code}`),
    ),
  );
}

const codesOf = ({ roles }: Actor): Set<string> =>
  new Set(
    roles.flatMap(({ roleCode, activities }) => [jobRoleOf(roleCode), ...activities.map(({ code }) => code)]),
  );

/** Returns the position of a person that allows this act. @throws Refusal `act_not_allowed` */
export function positionFor(act: Act, person: Actor | undefined, codes: PositionCodes): Position {
  if (!person || person.disabled) throw errors.actNotAllowed('the acting person is unknown or disabled');
  const held = codesOf(person);
  const position = allowed[act].find((name) => codes[name].some((code) => held.has(code)));
  if (!position) throw errors.actNotAllowed(`${person.uid} may not ${act}`);
  return position;
}
