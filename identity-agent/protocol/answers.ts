// The responses of the agent on its socket, as schemas. Only the console loads them: the agent does not need Zod.
import { z } from 'zod';

/** `status` on the local socket. */
export const agentStatus = z
  .strictObject({
    version: z.string(),
    /**
     * `noCard`: no user is signed in and no prompt is open; in the newer generation a card may still be inserted.
     */
    state: z.enum([
      'noCard',
      'pinRequested',
      'roleRequested',
      'signedIn',
      'locked',
      'blocked',
      'cardRejected',
    ]),
    mode: z.string(),
    generation: z.string(),
    agentId: z.string(),
    /** The card in the reader, and the expiry of its certificate (ISO time; null if unreadable). */
    card: z
      .strictObject({
        serial: z.string(),
        persona: z.string().nullable(),
        name: z.string(),
        certificateEnds: z.string().nullable(),
        /** Whether the certificate expires within 90 days and can be renewed. */
        renewalDue: z.boolean(),
      })
      .nullable(),
    person: z.strictObject({ uid: z.string(), displayName: z.string() }).nullable(),
    role: z.strictObject({ roleId: z.string(), roleName: z.string(), orgCode: z.string() }).nullable(),
    roles: z.array(
      z.strictObject({
        roleId: z.string(),
        roleName: z.string(),
        roleCode: z.string(),
        orgCode: z.string(),
        orgName: z.string(),
      }),
    ),
    attemptsLeft: z.number().nullable(),
    /** The open prompt: `pin`, `role`, or none. */
    question: z.enum(['pin', 'role']).nullable(),
    /** Why the session waits for the PIN (`card`: it was removed; `screen`; `time`: the last PIN is too old), and until when. */
    lock: z.strictObject({ reason: z.enum(['card', 'screen', 'time']), endsAt: z.string() }).nullable(),
    /** ISO time at which the session locks unless the user enters the PIN before; null if a PIN does not expire. */
    pinAgainAt: z.string().nullable(),
    /** Why a card was rejected or is blocked, in a sentence for the user. */
    reason: z.string().nullable(),
    /** The same as a code for programs. */
    problem: z.enum(['card_blocked', 'card_rejected', 'no_role']).nullable(),
    /** The exact reason for a rejected card: the error of CIS, such as `certificate_expired`, or of the card itself. */
    refusal: z.string().nullable(),
  })
  .meta({ id: 'AgentStatus' });
export type AgentStatus = z.output<typeof agentStatus>;
export type AgentState = AgentStatus['state'];

/** A virtual card, as `listCards` and the calls that change cards return it. */
export const socketCard = z
  .strictObject({
    serial: z.string(),
    persona: z.string().nullable(),
    uid: z.string(),
    name: z.string(),
    series: z.string(),
    keyType: z.string(),
    profile: z.string(),
    pinTriesLeft: z.number(),
    pukTriesLeft: z.number(),
    /** Whether no PIN attempts are left. */
    locked: z.boolean(),
    /** Whether it is in the reader. */
    inserted: z.boolean(),
  })
  .meta({ id: 'VirtualCard' });
export type SocketCard = z.output<typeof socketCard>;
