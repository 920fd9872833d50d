import { counted } from '@alongside/kernel/operator';
import { ok, wrong } from '../../../identity-agent/doctor/report.ts';
import type { ListedApi } from '../../gateway/protocol.ts';
import { ask, type Check } from './subject.ts';

/** Names each API by definition that is open unconfirmed, that no application can call, or whose secret is missing. */
export const apis: Check = {
  name: 'apis',
  async run({ console, origin, stateFile }) {
    if (!console) return [];
    const token = stateFile && 'state' in stateFile ? stateFile.state.operator?.token : undefined;
    const { status, body, problem } = await ask(`${origin}/api/v1/apis`, token);
    const { apis: listed } = (body ?? {}) as { apis?: ListedApi[] };
    if (status !== 200 || !Array.isArray(listed))
      return [wrong(`The APIs were not listed: ${problem ?? `status ${status}`}.`, 'See the log.')];
    const noticed = listed.flatMap(({ name, notice }) => (notice === null ? [] : [{ name, notice }]));
    if (noticed.length === 0) return [ok(`${counted(listed.length, 'API')} without a notice.`)];
    return noticed.map(({ name, notice }) => wrong(notice, `See alongside api show ${name}.`, name));
  },
};
