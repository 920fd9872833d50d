// Agents that say that they are there.

/** Body of `POST /agents/presence`: the agent is there, signed in or not. Its id is the thumbprint of its own key. */
export interface PresenceRequest {
  sessionId: string | null;
}

/** Seconds: how often agents say that they are there, and for how long that counts. */
export const presence = { every: 120, counts: 240 } as const;

/** `GET /agents/presence?address=A` for CIS2: agents heard from that address lately. */
export interface PresenceAnswer {
  agents: { agentId: string; seenAt: string; sessionId: string | null }[];
}
