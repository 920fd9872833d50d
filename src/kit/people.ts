import { OperatorError } from '@alongside/kernel/operator';
import type { ConsoleApi } from './console-api.ts';
import type { NewPerson, Person } from './types.ts';

interface Role {
  roleCode: string;
  roleName: string;
}

/** The seeded practice, to which a role belongs by default. */
const practice = 'A9A5A';

/** Returns the job role of a code or name: `S8000:G8000:R8001` is R8001, `"Clinical":"Clinical Provision":"Nurse Access Role"` its last part. */
const jobCode = ({ roleCode }: Role): string => roleCode.split(':').at(-1) ?? '';
const jobName = ({ roleName }: Role): string => roleName.split(':').at(-1)?.replaceAll('"', '') ?? '';

/** Finds a role by its code or name among the roles that people of the directory have. */
async function findRole(api: ConsoleApi, wanted: string): Promise<Role> {
  const known = new Map<string, Role>();
  for (let after = ''; ; ) {
    const page = await api.must('GET', '/people', { query: { after } });
    for (const { roles } of page.people) for (const role of roles) known.set(jobCode(role), role);
    if (!page.next) break;
    after = page.next;
  }
  const same = (text: string) => text.toLowerCase() === wanted.toLowerCase();
  const found = [...known.values()].find((role) => same(jobCode(role)) || same(jobName(role)));
  if (found) return { roleCode: found.roleCode, roleName: found.roleName };
  const list = [...known.values()].map((role) => `${jobCode(role)} (${jobName(role)})`);
  throw new OperatorError(
    `No one has the role ${wanted}. Use one of ${list.join(', ')}, or "roles" with code and name.`,
  );
}

/** Adds a person with a card. */
export async function addPerson(api: ConsoleApi, person: NewPerson): Promise<Person> {
  const { role, orgCode = practice, card = true, ...members } = person;
  const roles =
    role === undefined
      ? {}
      : { roles: [...(members.roles ?? []), { ...(await findRole(api, role)), orgCode }] };
  const added = await api.must('POST', '/people', { body: { ...members, ...roles } });
  if (card) await api.must('POST', '/cards', { body: { person: added.uid } });
  return added;
}
