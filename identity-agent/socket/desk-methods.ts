import { type AgentConfiguration, methods, notifications } from '../protocol.ts';
import type { RecentRefusals } from '../recent-refusals.ts';
import type { Agent } from '../session/agent.ts';
import { RpcError, rpcCodes } from './json-rpc.ts';
import { aText, need, only, refusedCode, type SocketMethod } from './method.ts';

type Notification = (typeof notifications)[number];

const isNotification = (value: unknown): value is Notification =>
  (notifications as readonly unknown[]).includes(value);

/** State and events of the workstation for programs of the same user, and the calls of the screen watcher. */
export function deskMethods(
  agent: Agent,
  configuration: () => AgentConfiguration,
  refusals: RecentRefusals | undefined,
): Record<string, SocketMethod> {
  const screen =
    (locked: boolean): SocketMethod =>
    async (params) => {
      only(params);
      agent.screen(locked);
      await agent.settled();
      return agent.status();
    };
  return {
    [methods.status]: async (params) => {
      only(params, 'application', 'instance');
      agent.runTimers();
      return agent.status();
    },
    [methods.subscribe]: async (params, caller) => {
      only(params, 'events');
      const { events } = params;
      if (!Array.isArray(events) || events.length > notifications.length || !events.every(isNotification))
        throw new RpcError(
          rpcCodes.invalidParams,
          `The parameter "events" must be a list of: ${notifications.join(', ')}.`,
        );
      caller.events = new Set(events);
      return { events: [...caller.events] };
    },
    [methods.screenLocked]: screen(true),
    [methods.screenUnlocked]: screen(false),
    [methods.configuration]: async (params) => {
      only(params);
      return configuration();
    },
    ...(refusals && {
      [methods.explain]: async (params) => {
        only(params, 'id');
        const found = refusals.find(need(params, 'id', aText));
        if (!found)
          throw new RpcError(refusedCode, 'No recent refusal has this id.', { error: 'unknown_message' });
        return found;
      },
    }),
  };
}
