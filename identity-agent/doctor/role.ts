import { type Check, ok, remark, wrong } from './check.ts';

const authority = 'The Registration Authority assigns the person to a position.';

/** User errors with their fixes. */
const refusals: Readonly<Record<string, string>> = {
  person_unknown: 'Ask the Registration Authority to add the person to the directory of CIS.',
  person_disabled: 'The Registration Authority enables the account again.',
  no_role: authority,
};

export const role: Check = {
  name: 'role',
  run({ agent }) {
    if (!agent) return [];
    const { problem, refusal, reason, person, roles, role: chosen } = agent.status;
    const mend = refusals[problem === 'no_role' ? 'no_role' : (refusal ?? '')];
    if (mend !== undefined) return [wrong(reason ?? 'The person has no role.', mend)];
    if (!person) return [];
    if (roles.length === 0) return [remark('The person who is signed in has no role.', authority)];
    if (!chosen && agent.configuration.generation === 'hscn')
      return [remark('The person has not chosen a role yet.', 'Choose it at the page that asks.')];
    return [
      ok(chosen ? `${chosen.roleName} at ${chosen.orgCode}` : `${roles.length} roles; CIS2 asks for one.`),
    ];
  },
};
