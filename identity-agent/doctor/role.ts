import { type Check, ok, remark, wrong } from './check.ts';

const authority = 'The Registration Authority assigns the person to a position.';

/** Refusals that are about the person. */
const refusals = ['person_unknown', 'person_disabled', 'no_role'];

export const role: Check = {
  name: 'role',
  run({ agent }) {
    if (!agent) return [];
    const { problem, refusal, reason, person, roles, role: chosen } = agent.status;
    if (problem === 'no_role' || refusals.includes(refusal ?? ''))
      return [wrong(reason ?? 'The person has no role.', authority)];
    if (!person) return [];
    if (roles.length === 0) return [remark('The person who is signed in has no role.', authority)];
    if (!chosen && agent.configuration.generation === 'hscn')
      return [remark('The person has not chosen a role yet.', 'Choose it at the page that asks.')];
    return [
      ok(chosen ? `${chosen.roleName} at ${chosen.orgCode}` : `${roles.length} roles; CIS2 asks for one.`),
    ];
  },
};
