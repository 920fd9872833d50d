import type { Person } from '../protocol.ts';
import type { GpParameter } from './gp-object.ts';

/** What the published answers call these, and their fixed values. */
const fixed = { version: '5.2.7', maxTime: '600', time: '600', keepAlive: 'false' };

/** The parameters of the answer to a sign-in, in the published order. */
export function validated(
  form: { log_session_id: string; auth_method: string; app_url: string; service: string },
  person: Person,
  ticket: string,
  origin: string,
): GpParameter[] {
  const { hostname } = new URL(origin);
  const roles = person.roles.map(({ roleId, orgCode, orgName, roleName }, index) => ({
    name: `nhsjobrole${index}`,
    value: `${orgName}, ${roleName}`,
    attributes: { id: roleId, orgcode: orgCode },
  }));
  return [
    { name: 'log_session_id', value: form.log_session_id },
    { name: 'error_url', value: `${origin}/login/error` },
    { name: 'server_ip', value: hostname },
    { name: 'cn', value: person.displayName },
    ...roles,
    { name: 'gas_version', value: fixed.version },
    { name: 'sso_ticket', value: ticket },
    { name: 'sso_domain', value: hostname },
    { name: 'sso_session_url', value: `${origin}/sessionmanager/session/update` },
    { name: 'sso_max_session_time', value: fixed.maxTime },
    { name: 'sso_keep_alive', value: fixed.keepAlive },
    { name: 'sso_session_time', value: fixed.time },
    { name: 'sso_logout_url', value: `${origin}/login/authlogout` },
    { name: 'auth_method', value: form.auth_method },
    { name: 'app_url', value: form.app_url },
    { name: 'service', value: form.service },
  ];
}
