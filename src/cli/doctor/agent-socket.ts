import { reasonOf } from '@alongside/kernel/errors';
import { type Finding, ok, wrong } from '../../../identity-agent/doctor/report.ts';
import { type AgentStatus, methods } from '../../../identity-agent/protocol.ts';
import { AgentConnection } from '../../../identity-agent/socket/client.ts';
import type { Check } from './check.ts';

const patience = 5_000;

async function judge(path: string): Promise<Finding> {
  let connection: AgentConnection | undefined;
  try {
    connection = await AgentConnection.open(path);
    const late = setTimeout(() => connection?.close(), patience);
    const { state, version } = await connection
      .call<AgentStatus>(methods.status)
      .finally(() => clearTimeout(late));
    return ok(`${path}: version ${version}, state ${state}`);
  } catch (error) {
    return wrong(
      reasonOf(error),
      'Start the instance again on this machine, as this user. The socket is a file: do not delete it.',
    );
  } finally {
    connection?.close();
  }
}

export const agentSocket: Check = {
  name: 'agent-socket',
  async run({ stateFile, console }) {
    if (!console || !stateFile || !('state' in stateFile)) return [];
    const { agentSocket: path } = stateFile.state;
    return path === null
      ? [{ outcome: 'remark', detail: 'This instance runs no Identity Agent.' }]
      : [await judge(path)];
  },
};
